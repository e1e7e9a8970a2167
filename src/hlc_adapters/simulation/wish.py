"""What is to be simulated, and how it is written down: options, and the line that repeats a run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from attrs import evolve, field, fields, frozen

from hlc_adapters.gateways.simulator import BARE, FENCING, KEYED, Faults
from hlc_core.kernel.errors import Fault, Invalid
from hlc_core.kernel.time import zone
from hlc_core.organizations.api import BillingSettings, FinalFailure, MissedPeriods, RecoverySettings
from hlc_core.payments.api import Capabilities

CLASSES: Mapping[str, Capabilities] = {"fencing": FENCING, "keyed": KEYED, "bare": BARE}
"""What a gateway can do, by the name of its class. Source: design/charge-protocol, Gateways that cannot fence."""

PRESETS: Mapping[str, Faults] = {
    "calm": Faults(soft_decline=0.02),
    "usual": Faults(
        lost_answer=0.003,
        lost_request=0.002,
        zombie=0.001,
        outage=0.003,
        server_error=0.002,
        soft_decline=0.03,
        lag=0.002,
    ),
    "rough": Faults(
        lost_answer=0.03,
        lost_request=0.02,
        zombie=0.01,
        outage=0.03,
        server_error=0.02,
        soft_decline=0.06,
        lag=0.03,
    ),
}
"""Misbehaviour of the bank, by name; the rates are those of `Faults`."""

RATES = ("lost_answer", "lost_request", "zombie", "outage", "server_error", "soft_decline", "lag")


@frozen(kw_only=True)
class Policy:
    """How the simulated clinic is set up: the parts of its settings that change what billing and recovery do."""

    missed: MissedPeriods = MissedPeriods.BILL_ALL
    final: FinalFailure = FinalFailure.CANCEL
    delays: tuple[int, ...] = (1, 3, 5)
    most: int = 3

    @property
    def recovery(self) -> RecoverySettings:
        """The clinic's settings of recovery."""
        return RecoverySettings(
            max_retry_count=self.most, retry_delays_days=self.delays, final_failure=self.final, network_budget=15
        )

    @property
    def billing(self) -> BillingSettings:
        """The clinic's settings of billing."""
        return BillingSettings(missed_periods=self.missed)

    def __str__(self) -> str:
        days = ",".join(map(str, self.delays))
        return f"missed={self.missed},final={self.final},delays={days},max={self.most}"


@frozen(kw_only=True)
class Wish:
    """One simulation. Refuses: Invalid, all faults at once.

    `crashes` is the chance, each day, that the process dies at one of its effect points; `runners` billing processes
    run at once, in an order drawn from the seed.
    """

    seed: int = 1
    years: int = 3
    subscriptions: int = 1000
    faults: str = "usual"
    gateway_class: str = "fencing"
    policy: Policy = field(factory=Policy)
    zone: str = "America/New_York"
    crashes: float = 0.02
    runners: int = 1

    def __attrs_post_init__(self) -> None:
        checks = (
            (0 <= self.seed < 2**63, "seed", "0 or more"),
            (1 <= self.years <= 200, "years", "1 to 200"),
            (1 <= self.subscriptions <= 1_000_000, "subscriptions", "1 to 1000000"),
            (self.gateway_class in CLASSES, "gateway-class", f"one of: {', '.join(CLASSES)}"),
            (0 <= self.crashes <= 1, "crashes", "0 to 1: the chance of a crash each day"),
            (1 <= self.runners <= 4, "runners", "1 to 4"),
        )
        faults = [Fault(name, message) for holds, name, message in checks if not holds]
        for check in (lambda: faults_of(self.faults, self.seed), lambda: zone(self.zone)):
            try:
                check()
            except Invalid as refusal:
                faults += refusal.faults or (Fault("zone", refusal.detail),)
        if faults:
            raise Invalid("That cannot be simulated.", *faults)

    @property
    def command(self) -> str:
        """The line that repeats the run exactly."""
        return (
            f"hlc simulate --seed {self.seed} --years {self.years} --subscriptions {self.subscriptions}"
            f" --gateway-faults {self.faults} --gateway-class {self.gateway_class} --policy {self.policy}"
            f" --zone {self.zone} --crashes {self.crashes:g} --runners {self.runners}"
        )

    def written(self) -> dict[str, Any]:
        """The wish as plain values, for a report; `read` understands them."""
        plain = {camel(one.name): getattr(self, one.name) for one in fields(Wish)}
        return {**plain, "policy": str(self.policy)}


def read(values: Mapping[str, Any]) -> Wish:
    """The wish that a report was made from. Refuses: Invalid."""
    known = {one.name: values[camel(one.name)] for one in fields(Wish) if camel(one.name) in values}
    try:
        return Wish(**{**known, "policy": policy_of(str(known.get("policy", "")))})
    except TypeError:
        raise Invalid("That is no report of a simulation.", Fault("replay", "a file written with --json")) from None


def camel(name: str) -> str:
    """The name of a field as JSON has it."""
    first, *others = name.split("_")
    return first + "".join(part.capitalize() for part in others)


def faults_of(text: str, seed: int) -> Faults:
    """The bank's misbehaviour: a preset, single rates (`lost_answer=0.01,outage=0.02`), or a preset with some changed.

    Refuses: Invalid, naming each part at fault.
    """
    chosen: dict[str, Any] = {}
    wrong = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, given, value = part.partition("=")
        rate = _rate(value)
        if not given and name in PRESETS:
            chosen = {one: getattr(PRESETS[name], one) for one in RATES}
        elif name in RATES and rate is not None:
            chosen[name] = rate
        else:
            wrong.append(part)
    if wrong:
        expected = f"one of {', '.join(PRESETS)}, or rates from 0 to 1 of {', '.join(RATES)}"
        raise Invalid("Those faults are not known.", *(Fault("gateway-faults", f"{one}: {expected}") for one in wrong))
    return Faults(seed=seed, **chosen)


def _rate(text: str) -> float | None:
    try:
        rate = float(text)
    except ValueError:
        return None
    return rate if 0 <= rate <= 1 else None


def policy_of(text: str) -> Policy:
    """`missed=bill_all|bill_current|forgive,final=nothing|pause|cancel,delays=1,3,5,max=3`; what is left out stays.

    Refuses: Invalid, naming each part at fault.
    """
    given: dict[str, list[str]] = {}
    name = ""
    for part in filter(None, (part.strip() for part in text.split(","))):
        key, found, value = part.partition("=")
        name = key if found else name
        given.setdefault(name, []).append(value if found else part)
    chosen, wrong = Policy(), []
    for name, values in given.items():
        try:
            field_name, reads = _POLICY[name]
            chosen = evolve(chosen, **{field_name: reads(values)})
        except (KeyError, ValueError):
            wrong.append(f"{name}={','.join(values)}")
    if wrong:
        expected = "missed=bill_all|bill_current|forgive, final=nothing|pause|cancel, delays=1,3,5 (days), max=0..30"
        raise Invalid("That policy is not known.", *(Fault("policy", f"{one}: {expected}") for one in wrong))
    return chosen


def _only(values: list[str]) -> str:
    (value,) = values
    return value


def _days(values: list[str]) -> tuple[int, ...]:
    days = tuple(map(int, values))
    if not all(1 <= day <= 90 for day in days):
        raise ValueError("days")
    return days


def _most(values: list[str]) -> int:
    most = int(_only(values))
    if not 0 <= most <= 30:
        raise ValueError("max")
    return most


_POLICY: Mapping[str, tuple[str, Callable[[list[str]], Any]]] = {
    "missed": ("missed", lambda values: MissedPeriods(_only(values))),
    "final": ("final", lambda values: FinalFailure(_only(values))),
    "delays": ("delays", _days),
    "max": ("most", _most),
}
