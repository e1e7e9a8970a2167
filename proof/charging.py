"""The charge protocol alone: attempts and refunds over rows in memory, the simulated bank, and staff who rule.

What is paid for (carts, subscriptions) is left out, so that some hundred lives of a charge pass in a second.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from attrs import define, field, frozen

from hlc_adapters.clock import VirtualClock
from hlc_adapters.encryption.hashes import Keyring
from hlc_adapters.encryption.master import open_keys
from hlc_adapters.encryption.ring import KeyRing
from hlc_adapters.gateways.registry import GatewayRegistry, GuardedGateway
from hlc_adapters.gateways.simulator import FENCING, MemoryLedger, SimulatorGateway
from hlc_adapters.ids import SeededIds
from hlc_adapters.memory.rows import MemoryBackend
from hlc_adapters.parallel import Serial
from hlc_adapters.storage.shapes.organizations import ORGANIZATIONS
from hlc_adapters.storage.shapes.payments import PAYMENT_ATTEMPTS, REFUNDS
from hlc_adapters.storage.units import StoredUnits
from hlc_core.application import Application, UseCase
from hlc_core.kernel.commands import Command, system
from hlc_core.kernel.ids import ObligationId, OrganizationId, PatientId
from hlc_core.kernel.money import Money
from hlc_core.organizations.api import Organization
from hlc_core.payments import api as payments
from hlc_core.registry import QUESTIONS, USE_CASES

START = datetime(2026, 1, 1, 12, tzinfo=UTC)
ORGANIZATION = OrganizationId("org_1")
SYSTEM = system(ORGANIZATION)
CLINIC = Organization(
    id=ORGANIZATION, organization=ORGANIZATION, slug="c", name="C", zone="UTC", currency="USD", version=1
)


class Crash(BaseException):
    """The process died here; no handler can swallow it."""


@frozen(kw_only=True)
class Charge(Command[payments.PaymentAttempt]):
    """What checkout and recovery do when they want money: one attempt, or the one that stands."""

    payment: payments.Payment


def charge(command: Charge, env: payments.Env) -> payments.PaymentAttempt:
    """The attempt that now stands at the obligation."""
    return payments.open_payments([command.payment], env)[0]


_USE_CASES = (
    UseCase(Charge, charge, None, audited=False),
    *(row for row in USE_CASES if row.command.__module__.startswith("hlc_core.payments")),
)
_QUESTIONS = tuple(row for row in QUESTIONS if row.query.__module__.startswith("hlc_core.payments"))


@define
class Counter:
    """Rows, a bank, and a process between them that can die; `probe` hears of the effect points."""

    capabilities: payments.Capabilities = FENCING
    clock: VirtualClock = field(factory=lambda: VirtualClock(START))
    ids: SeededIds = field(factory=lambda: SeededIds(0))
    probe: Callable[[str], None] = field(default=lambda _point: None)
    backend: MemoryBackend = field(factory=MemoryBackend, init=False)
    ledger: MemoryLedger = field(factory=MemoryLedger, init=False)
    bank: SimulatorGateway = field(init=False)
    application: Application = field(init=False)
    driver: payments.Driver = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.bank = SimulatorGateway(
            clock=self.clock, ledger=self.ledger, capabilities=self.capabilities, sleep=lambda _seconds: None
        )
        session = self.backend.begin(write=True)
        session.insert(ORGANIZATIONS, [CLINIC])
        session.commit()
        self.restart()

    def restart(self) -> None:
        """New objects over the same rows and the same bank, as after a crash."""
        units: StoredUnits

        def probed(point: str) -> None:
            self.probe(point)

        guarded = GuardedGateway(self.bank, lambda: units.inside, probed)
        registry = GatewayRegistry({"simulator": guarded})
        keyring = Keyring(KeyRing(open_keys(""), self.clock))
        units = StoredUnits(self.backend, self.clock, self.ids, keyring, registry, probe=probed)
        self.application = Application(units, _USE_CASES, _QUESTIONS, ())
        self.driver = payments.Driver(
            application=self.application, gateways=registry, clock=self.clock, parallel=Serial()
        )

    def advance(self, seconds: float) -> None:
        """Time passes."""
        self.clock.advance(timedelta(seconds=seconds))

    # the rows, read without a transaction

    def attempts(self) -> list[payments.PaymentAttempt]:
        """Every attempt, oldest first."""
        return self._rows(PAYMENT_ATTEMPTS)

    def refunds(self) -> list[payments.Refund]:
        """Every refund, oldest first."""
        return self._rows(REFUNDS)

    def _rows(self, shape: Any) -> list[Any]:
        return [row for part in self.backend.table(shape).parts.values() for row in part.rows.values()]

    # what processes do

    def opened(self, obligation: str, token: str, amount: int, off_session: bool) -> payments.PaymentAttempt:
        """Somebody wants the money of the obligation: the attempt that stands now, driven by nobody yet."""
        wanted = payments.Payment(
            obligation=ObligationId(obligation),
            purpose=payments.Purpose.RENEWAL if off_session else payments.Purpose.CHECKOUT,
            subject=obligation,
            patient=PatientId("pat_1"),
            amount=Money(amount, "USD"),
            instrument=payments.Instrument(token=token),
            gateway="simulator",
            off_session=off_session,
            keep_method=False,
        )
        return self.application.execute(Charge(payment=wanted), SYSTEM)

    def pay(self, obligation: str, token: str, amount: int, off_session: bool) -> None:
        """Open and drive, or look at what stands in the way."""
        driver = self.driver
        stands = self.opened(obligation, token, amount, off_session)
        if stands.state is payments.AttemptState.OPEN:
            payments.collect([stands], driver, SYSTEM)
        elif stands.live:
            payments.resolve([stands], driver, SYSTEM)

    def resolve_due(self) -> int:
        """The resolver's turn; answers how much it looked at."""
        driver = self.driver
        due = self.application.ask(payments.DueAttempts(), SYSTEM)
        if due:
            payments.resolve(due, driver, SYSTEM)
        back = self.application.ask(payments.DueRefunds(), SYSTEM) if self.refunds() else ()
        if back:
            payments.give_back(back, driver, SYSTEM)
        return len(due) + len(back)

    def wake(self, attempt: payments.PaymentAttempt) -> None:
        """A webhook or a returning buyer: look at that attempt as it stands."""
        stands = self.application.ask(payments.GetAttempt(attempt=attempt.id), SYSTEM)
        if stands.live:
            payments.resolve([stands], self.driver, SYSTEM)

    def give_back(self, attempt: payments.PaymentAttempt, amount: int) -> None:
        """Staff refund that much of a paid attempt; refused where it is too much."""
        command = payments.RequestRefund(attempt=attempt.id, amount=Money(amount, "USD"), reason="asked for")
        driver = self.driver
        try:
            opened = self.application.execute(command, SYSTEM)
        except payments.RefundTooLarge:
            return
        payments.give_back([opened], driver, SYSTEM)

    def rule(self) -> int:
        """Staff rule on what is in quarantine, by the bank's books; answers on how much."""
        ruled = 0
        self.bank.tick()
        for attempt in self.attempts():
            if attempt.state is payments.AttemptState.QUARANTINE:
                paid = bool(self.bank.audit.charges(attempt.id))
                self.application.execute(
                    payments.RuleAttempt(attempt=attempt.id, paid=paid, evidence="The bank's statement."), SYSTEM
                )
                ruled += 1
        given = {line.reference for line in self.bank.audit.refunds()}
        for refund in self.refunds():
            if refund.state is payments.RefundState.QUARANTINE:
                known = refund.id in given
                self.application.execute(
                    payments.RuleRefund(refund=refund.id, refunded=known, evidence="The bank's statement."), SYSTEM
                )
                ruled += 1
        return ruled
