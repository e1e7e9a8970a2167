"""What an installation consists of, once built: what entry points and embedders hold in their hands."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import TypeVar

from attrs import frozen

from hlc_adapters.doctor import SETTLES, Doctor
from hlc_adapters.encryption.rotation import Rotation
from hlc_adapters.gateways.registry import GatewayRegistry
from hlc_adapters.partners.inbox import Inbox
from hlc_adapters.pharmacies.registry import PharmacyRegistry
from hlc_adapters.repairs import repair
from hlc_adapters.rounds import Rounds
from hlc_adapters.settings import Settings
from hlc_adapters.storage.deliveries import StoredDeliveries
from hlc_adapters.storage.directory import StoredDirectory
from hlc_adapters.storage.session import Backend
from hlc_adapters.storage.units import StoredUnits
from hlc_adapters.till import Till
from hlc_core.access.api import AUDIT
from hlc_core.application import Application
from hlc_core.billing.api import BillingRun, Join, NoteBroken, Ports, RunWish, run_billing
from hlc_core.checkout.api import CheckoutView, SubmitCheckout
from hlc_core.identity.api import Porter
from hlc_core.invariants.api import Finding as Broken
from hlc_core.invariants.api import Repaired
from hlc_core.kernel.commands import Envelope
from hlc_core.kernel.errors import AlreadyExists, Denied, Fault, Unavailable
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import CheckoutId, Ids, InvoiceId, OrganizationId, PatientId, RefillId
from hlc_core.kernel.time import Clock
from hlc_core.organizations.api import OpenOrganization, Organization
from hlc_core.patients.api import IndexPatients
from hlc_core.payments.api import (
    EARLIER,
    AttemptOfObject,
    Charge,
    Driver,
    DueAttempts,
    DueRefunds,
    Finding,
    PaymentAttempt,
    Reconcile,
    Refund,
    SavedMethod,
    collect,
    give_back,
    resolve,
)
from hlc_core.prescriptions.api import Courier, ExpirePrescriptions
from hlc_core.recovery.api import OwnRenewal, PayRenewal
from hlc_core.refills.api import MoveDueRefills
from hlc_core.relay import Effect, relay_once
from hlc_core.subscriptions.api import PayOffOwn, PayOffSubscription, Subscription, SwitchOwn, SwitchSubscription

T = TypeVar("T")


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
    till: Till
    directory: StoredDirectory
    porter: Porter
    deliveries: StoredDeliveries
    inbox: Inbox
    rounds: Rounds
    rotation: Rotation
    effects: Mapping[str, Sequence[Effect]]
    courier: Courier
    pharmacies: PharmacyRegistry
    start_collecting: Callable[[Sequence[PaymentAttempt], Envelope], Join]
    close: Callable[[], None]

    def collect(self, attempts: Sequence[PaymentAttempt], envelope: Envelope) -> Sequence[PaymentAttempt]:
        """Take attempts that were just opened as far as they go at once."""
        return collect(attempts, self.driver, envelope)

    def resolve_due(self, envelope: Envelope, limit: int = 200) -> int:
        """Look at live attempts and refunds whose time has come; answers how many."""
        attempts = self.application.ask(DueAttempts(limit=limit), envelope)
        _apart(lambda some: resolve(some, self.driver, envelope), attempts)
        refunds = self.application.ask(DueRefunds(limit=limit), envelope)
        _apart(lambda some: give_back(some, self.driver, envelope), refunds)
        return len(attempts) + len(refunds)

    def resolve(self, attempts: Sequence[PaymentAttempt], envelope: Envelope) -> Sequence[PaymentAttempt]:
        """Look at these attempts now: what a webhook or a returning buyer wakes."""
        return resolve(attempts, self.driver, envelope)

    def give_back(self, refunds: Sequence[Refund], envelope: Envelope) -> Sequence[Refund]:
        """Send refunds that were just requested."""
        return give_back(refunds, self.driver, envelope)

    def submit_checkout(self, command: SubmitCheckout, envelope: Envelope) -> CheckoutView:
        """Pay a cart: submit, drive the payment, keep the card of a trial. See `Till.submit_checkout`."""
        return self.till.submit_checkout(command, envelope)

    def resume_checkout(self, checkout: CheckoutId, envelope: Envelope) -> CheckoutView:
        """The checkout after another look at its payment. Refuses: Missing."""
        return self.till.resume_checkout(checkout, envelope)

    def add_method(self, patient: PatientId, token: str, envelope: Envelope, return_url: str = "") -> SavedMethod:
        """Keep a card without a charge, and try open debts on it; a repetition answers the method that stands.

        Refuses: Missing, NoPaymentToken, CardRefused (with the gateway's reason), CardNeedsAction (then send the same
        again), StoringInDoubt (send the same again).
        """
        return self.till.add_method(patient, token, envelope, return_url)

    def pay_renewal(self, command: PayRenewal, envelope: Envelope) -> OwnRenewal:
        """Pay one's own failed renewal at once. See `Till.pay_renewal`."""
        return self.till.pay_renewal(command, envelope)

    def resume_renewal(self, invoice: InvoiceId, envelope: Envelope) -> OwnRenewal:
        """One's own failed renewal after another look at its payment. Refuses: Missing."""
        return self.till.resume_renewal(invoice, envelope)

    def withdraw_renewal(self, invoice: InvoiceId, envelope: Envelope) -> OwnRenewal:
        """Give up a payment that the bank still asks about, so that another card can be tried. Refuses: Missing."""
        return self.till.withdraw_renewal(invoice, envelope)

    def switch_subscription(self, command: SwitchSubscription | SwitchOwn, envelope: Envelope) -> Subscription:
        """Confirm a quoted switch and pay for it: the subscription as it then is (with `change`: in doubt).

        Refuses: PaymentRefused (nothing was changed), NoUsableMethod, StaleQuote, what `SwitchSubscription` refuses.
        """
        return self.till.change(command, envelope)

    def pay_off_subscription(self, command: PayOffSubscription | PayOffOwn, envelope: Envelope) -> Subscription:
        """Confirm a quoted payoff and pay it; as `switch_subscription`."""
        return self.till.change(command, envelope)

    def dispatch_due(self, envelope: Envelope, limit: int = 20) -> int:
        """Take prescriptions that wait to their pharmacies; answers how many calls there were. Refuses: Unavailable."""
        return self.courier.round(envelope, limit)

    def move_refills(self, envelope: Envelope) -> tuple[int, int]:
        """End prescriptions that ran out and let refills fall due; answers how many of each. Refuses: Unavailable."""
        expired = due = 0
        while done := self.application.execute(ExpirePrescriptions(), envelope):
            expired += done
        after: RefillId | None = None
        while True:
            moved = self.application.execute(MoveDueRefills(after=after), envelope)
            due, after = due + moved.due, moved.next
            if after is None:
                return expired, due

    def wake(
        self, gateway: str, object_id: str, envelope: Envelope, reference: str | None = None
    ) -> PaymentAttempt | None:
        """A webhook told of a gateway's object: look at its attempt, if it is ours and live. The state is read.

        Answers the attempt as it then stands, or None: nobody's object.
        """
        query = AttemptOfObject(gateway=gateway, object_id=object_id, reference=reference)
        found = self.application.ask(query, envelope)
        if found is None or not found.live:
            return found
        self.till.look_at(found, envelope)
        return self.application.ask(query, envelope)

    def run_billing(
        self,
        wish: RunWish,
        envelope: Envelope,
        progress: Callable[[int, int], None] = lambda done, planned: None,
        settle_seconds: float = SETTLES,
    ) -> BillingRun:
        """The billing run, and a look at what it touched: `broken` says what is not as it must be, and still is not
        after `settle_seconds` (nothing is waited for where nothing is found).

        Refuses: RunTooLarge, Unavailable.
        """
        ports = Ports(
            road=self.application,
            start=lambda attempts: self.start_collecting(attempts, envelope),
            resolve=lambda: self._resolve_all(envelope),
            progress=progress,
            ahead=self.settings.billing_ahead,
        )
        done = run_billing(wish, ports, envelope)
        found = self._doctor.check_run(envelope.actor.organization, done.id, settle_seconds)
        if not found:
            return done
        broken = tuple(f"{one.invariant} ({', '.join(one.subjects)})" for one in found)
        return self.application.execute(NoteBroken(run=done.id, broken=broken), envelope)

    def _resolve_all(self, envelope: Envelope) -> None:
        for _ in range(1000):
            if self.resolve_due(envelope, 500) < 500:
                return

    def reconcile(self, envelope: Envelope, days: int = 2) -> tuple[Finding, ...]:
        """Compare the books of every gateway with ours over the last days, but for the last hour."""
        until = self.clock.now() - timedelta(hours=1)
        since = until - timedelta(days=days)
        findings: list[Finding] = []
        for name, gateway in self.gateways.by_name.items():
            charges: tuple[Charge, ...] = tuple(gateway.charges(since - EARLIER, until))
            command = Reconcile(gateway=name, since=since, until=until, charges=charges)
            findings += self.application.execute(command, envelope)
        return tuple(findings)

    def open_organization(self, command: OpenOrganization, envelope: Envelope) -> Organization:
        """Open it under an id of its own, for which the sender acts from then on.

        Refuses: Denied, Invalid (all faults at once), AlreadyExists (the slug).
        """
        if self.directory.by_slug(command.slug) is not None:
            raise AlreadyExists("An organization has that word already.", Fault("slug", "choose another one"))
        there = evolve(envelope.actor, organization=OrganizationId(self.ids.new("org")))
        return self.application.execute(command, evolve(envelope, actor=there))

    def check_invariants(
        self, envelope: Envelope, *, settle_seconds: int = 60, days: int = 35, full: bool = False
    ) -> tuple[Broken, ...]:
        """Every broken invariant of the organization, with what it means and what to do; nothing is changed.

        Payments younger than `settle_seconds` are not compared with the gateways' books, which are read `days` back.
        `full` opens every sealed row, not only some, and looks at all persons of the platform.
        Refuses: Denied, Unavailable.
        """
        if not envelope.actor.may(AUDIT):
            raise Denied("You may not do this.", Fault("permission", f"needs {AUDIT}"))
        since = self.clock.now() - timedelta(days=days)
        return self._doctor.check(envelope.actor.organization, timedelta(seconds=settle_seconds), since, full)

    def index_patients(self, envelope: Envelope, rounds: int = 1_000_000) -> int:
        """Hash patients' searched fields under the active key, batch by batch; answers how many were done."""
        done = 0
        for _ in range(rounds):
            count = self.application.execute(IndexPatients(), envelope)
            done += count
            if not count:
                break
        return done

    @property
    def _doctor(self) -> Doctor:
        return Doctor(backend=self.backend, gateways=self.gateways, clock=self.clock, rotation=self.rotation)

    def repair(self, envelope: Envelope, *, settle_seconds: int = 60, days: int = 35) -> tuple[Repaired, ...]:
        """Every broken invariant, after all that can be done without a person was done, by the use cases that do it
        anyway. Each is in the audit trail. Refuses: Denied, Unavailable.
        """

        def check() -> tuple[Broken, ...]:
            return self.check_invariants(envelope, settle_seconds=settle_seconds, days=days)

        return repair(check, self.application, self.driver, envelope)

    def relay(self, limit: int = 100) -> int:
        """Deliver stored events to their effects once; answers how many were tried."""
        return relay_once(self.deliveries, self.effects, self.clock, limit)


def _apart(work: Callable[[Sequence[T]], object], items: Sequence[T]) -> None:
    """Do it for all at once; where that fails, for halves, so that one that cannot be done holds up no other.

    The one stays due, and the next look meets it again; what is wrong with it is the doctor's to say.
    """
    if not items:
        return
    try:
        work(items)
    except Unavailable:
        raise
    except Exception:  # whatever it is, one payment must not keep the others from being resolved
        if len(items) > 1:
            _apart(work, items[: len(items) // 2])
            _apart(work, items[len(items) // 2 :])
