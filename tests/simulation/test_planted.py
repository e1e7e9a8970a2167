"""Defects that are planted on purpose: an oracle that cannot fail proves nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from attrs import evolve

from hlc_adapters import composition
from hlc_adapters.gateways.simulator import SimulatorGateway
from hlc_adapters.services import Services
from hlc_adapters.settings import MEMORY, Settings
from hlc_adapters.simulation.clinic import Parts, assembled
from hlc_adapters.simulation.findings import Wrong
from hlc_adapters.simulation.run import simulate
from hlc_adapters.simulation.wish import Wish
from hlc_core import registry
from hlc_core.application import Application, Reaction
from hlc_core.billing import api as billing
from hlc_core.invoicing import api as invoicing
from hlc_core.payments.api import Answer, ChargeRequest
from hlc_core.recovery import api as recovery
from hlc_core.subscriptions import api as subscriptions

SMALL = Wish(seed=3, years=1, subscriptions=40, crashes=0.0)


class Doubling:
    """A gateway that sends every tenth charge twice: what a retrying proxy does to one that has no keys."""

    def __init__(self, bank: SimulatorGateway) -> None:
        self._bank = bank
        self._sent = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._bank, name)

    def confirm(self, object_id: str, request: ChargeRequest) -> Answer:
        """Send it, and sometimes once more."""
        self._sent += 1
        if self._sent % 10 == 0:
            self._bank.confirm(object_id, request)
        return self._bank.confirm(object_id, request)


def doubling(parts: Parts) -> Services:
    """The installation behind such a gateway."""
    return composition.build(
        Settings(database_url=MEMORY, fingerprint_key="simulation"),
        clock=parts.clock,
        ids=parts.ids,
        backend=parts.backend,
        gateways=[Doubling(parts.bank)],
        mailer=parts.mailer,
        probe=parts.probe,
    )


def without(*dropped: Callable[..., None]) -> Callable[[Parts], Services]:
    """The installation without these reactions."""

    def assemble(parts: Parts) -> Services:
        services = assembled(parts)
        kept: tuple[Reaction[Any], ...] = tuple(row for row in registry.REACTIONS if row.run not in dropped)
        lame = Application(services.units, registry.USE_CASES, registry.QUESTIONS, kept)
        driver = evolve(services.driver, application=lame)
        return evolve(services, application=lame, driver=driver, till=evolve(services.till, driver=driver))

    return assemble


def test_a_charge_that_is_sent_twice_is_found() -> None:
    """The bank's own books show it, whatever the clinic believes; the report says how to repeat it."""
    report = simulate(evolve(SMALL, gateway_class="bare"), assemble=doubling)

    assert not report.sound
    assert report.wrong[Wrong.DOUBLE_CHARGE] > 5
    assert report.wrong[Wrong.LOST_MONEY] > 0
    assert "hlc simulate --seed 3 --years 1" in report.text()


@pytest.mark.parametrize(
    ("dropped", "kinds"),
    [
        ((billing.renewals_paid,), {Wrong.INVARIANT}),
        ((invoicing.on_payments_paid,), {Wrong.LOST_MONEY}),
        ((invoicing.on_payments_refunded,), {Wrong.LOST_MONEY}),
        ((subscriptions.changes_paid,), {Wrong.STUCK}),
        (
            (recovery.renewals_declined, recovery.renewals_closed),
            {Wrong.SKIPPED_PERIOD, Wrong.INVARIANT},
        ),  # each stands in for the other
    ],
    ids=["renewals paid", "payments paid", "payments refunded", "changes paid", "renewals declined and closed"],
)
def test_a_reaction_that_is_forgotten_is_found(dropped: tuple[Callable[..., None], ...], kinds: set[Wrong]) -> None:
    """Each of them leaves money, a period or a subscription behind, and the oracles name it."""
    report = simulate(evolve(SMALL, faults="soft_decline=0.05", subscriptions=80), assemble=without(*dropped))

    found = {wrong for wrong in Wrong if report.wrong[wrong]}
    assert kinds <= found, report.findings[:10]
