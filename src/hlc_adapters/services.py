"""What an installation consists of, once built: what entry points and embedders hold in their hands."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

from attrs import frozen

from hlc_adapters.gateways.registry import GatewayRegistry
from hlc_adapters.settings import Settings
from hlc_adapters.storage.deliveries import StoredDeliveries
from hlc_adapters.storage.directory import StoredDirectory
from hlc_adapters.storage.session import Backend
from hlc_adapters.storage.units import StoredUnits
from hlc_core.application import Application
from hlc_core.billing.api import BillingRun, Join, Ports, RunWish, run_billing
from hlc_core.kernel.commands import Envelope
from hlc_core.kernel.ids import Ids
from hlc_core.kernel.time import Clock
from hlc_core.payments.api import (
    Charge,
    Driver,
    DueAttempts,
    DueRefunds,
    Finding,
    PaymentAttempt,
    Reconcile,
    Refund,
    collect,
    give_back,
    resolve,
)
from hlc_core.relay import Effect, relay_once


@frozen(kw_only=True)
class Services:
    """The application with everything that it needs to move: charge driver, relay, directory."""

    settings: Settings
    clock: Clock
    ids: Ids
    backend: Backend
    units: StoredUnits
    gateways: GatewayRegistry
    application: Application
    driver: Driver
    directory: StoredDirectory
    deliveries: StoredDeliveries
    effects: Mapping[str, Sequence[Effect]]
    start_collecting: Callable[[Sequence[PaymentAttempt], Envelope], Join]
    close: Callable[[], None]

    def collect(self, attempts: Sequence[PaymentAttempt], envelope: Envelope) -> Sequence[PaymentAttempt]:
        """Take attempts that were just opened as far as they go at once."""
        return collect(attempts, self.driver, envelope)

    def resolve_due(self, envelope: Envelope, limit: int = 200) -> int:
        """Look at live attempts and refunds whose time has come; answers how many."""
        attempts = self.application.ask(DueAttempts(limit=limit), envelope)
        if attempts:
            resolve(attempts, self.driver, envelope)
        refunds = self.application.ask(DueRefunds(limit=limit), envelope)
        if refunds:
            give_back(refunds, self.driver, envelope)
        return len(attempts) + len(refunds)

    def resolve(self, attempts: Sequence[PaymentAttempt], envelope: Envelope) -> Sequence[PaymentAttempt]:
        """Look at these attempts now: what a webhook or a returning buyer wakes."""
        return resolve(attempts, self.driver, envelope)

    def give_back(self, refunds: Sequence[Refund], envelope: Envelope) -> Sequence[Refund]:
        """Send refunds that were just requested."""
        return give_back(refunds, self.driver, envelope)

    def run_billing(
        self, wish: RunWish, envelope: Envelope, progress: Callable[[int, int], None] = lambda done, planned: None
    ) -> BillingRun:
        """The billing run. Refuses: RunTooLarge, Unavailable."""
        ports = Ports(
            road=self.application,
            start=lambda attempts: self.start_collecting(attempts, envelope),
            resolve=lambda: self._resolve_all(envelope),
            progress=progress,
            ahead=self.settings.billing_ahead,
        )
        return run_billing(wish, ports, envelope)

    def _resolve_all(self, envelope: Envelope) -> None:
        for _ in range(1000):
            if not self.resolve_due(envelope, 500):
                return

    def reconcile(self, envelope: Envelope, days: int = 2) -> tuple[Finding, ...]:
        """Compare the books of every gateway with ours over the last days, but for the last hour."""
        until = self.clock.now() - timedelta(hours=1)
        since = until - timedelta(days=days)
        findings: list[Finding] = []
        for name, gateway in self.gateways.by_name.items():
            charges: tuple[Charge, ...] = tuple(gateway.charges(since, until))
            command = Reconcile(gateway=name, since=since, until=until, charges=charges)
            findings += self.application.execute(command, envelope)
        return tuple(findings)

    def relay(self, limit: int = 100) -> int:
        """Deliver stored events to their effects once; answers how many were tried."""
        return relay_once(self.deliveries, self.effects, self.clock, limit)
