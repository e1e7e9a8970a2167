"""A recovery case: one failed renewal, the tries made for it, and what comes next."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from attrs import frozen

from hlc_core.invoicing.api import cycle_obligation
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import (
    AttemptId,
    InvoiceId,
    MethodId,
    ObligationId,
    OrderId,
    OrganizationId,
    PatientId,
    RecoveryId,
    SubscriptionId,
)
from hlc_core.kernel.money import Money
from hlc_core.kernel.time import start_of_day
from hlc_core.payments.api import DeclineClass
from hlc_core.recovery.ladder import (
    Decision,
    Ending,
    GiveUp,
    LadderFacts,
    MethodFact,
    NeedsPaymentMethod,
    RetryOn,
    Stop,
    counts,
    decide,
)
from hlc_core.recovery.machine import RECOVERY, Facts, RecoveryState, RecoveryTrigger

RECOVERY_URL = "/patient/invoices?recovery=1"
"""Where the patient pays; one fixed path for all organizations. Source: spec/billing, Recovery."""
KEPT_MANUAL_TRIES = 20


class TryKind(StrEnum):
    """Who caused a try. Only AUTOMATIC ones use the ladder."""

    ORIGINAL = "original"
    AUTOMATIC = "automatic"
    NEW_METHOD = "new_method"
    MANUAL = "manual"


class Hold(StrEnum):
    """Why nothing is tried for now: a try without a definite answer, or one that a person has to rule on."""

    IN_DOUBT = "in_doubt"
    QUARANTINED = "quarantined"


class AutoCharge(StrEnum):
    """What became of the last charge: `autoChargeStatus` of the event payload."""

    PENDING = "pending"
    DECLINED = "declined"
    NO_METHOD = "no_method"
    IN_DOUBT = "in_doubt"
    SUCCEEDED = "succeeded"
    STOPPED = "stopped"


@frozen(kw_only=True)
class Try:
    """One attempt made for this debt. `step` says that it used the ladder."""

    attempt: AttemptId
    kind: TryKind
    on: date
    at: datetime
    method: MethodId | None
    decline: DeclineClass | None = None
    step: bool = False


@frozen(kw_only=True, slots=False)
class RecoveryCase:
    """The recovery of one failed renewal. At most one per invoice: its id is made from the invoice's."""

    id: RecoveryId
    organization: OrganizationId
    invoice: InvoiceId
    subscription: SubscriptionId
    cycle: int
    patient: PatientId
    amount: Money
    state: RecoveryState
    max_retry_count: int
    opened_at: datetime
    order: OrderId | None = None
    tries: tuple[Try, ...] = ()
    running: Try | None = None
    hold: Hold | None = None
    ending: Ending | None = None
    next_on: date | None = None
    """The local date of the next step: the retry, or the end of the wait for a method. None: nothing is planned."""
    next_retry_at: datetime | None = None
    last_retry_at: datetime | None = None
    waiting_since: date | None = None
    auto_charge: AutoCharge = AutoCharge.PENDING
    auto_charge_message: str = ""
    version: int = 0

    @property
    def obligation(self) -> ObligationId:
        """The debt: the cycle's, as the invoice names it."""
        return cycle_obligation(self.subscription, self.cycle)

    @property
    def retry_count(self) -> int:
        """Automatic tries that used a step of the ladder."""
        return sum(1 for made in self.tries if made.step)

    @property
    def outages(self) -> int:
        """Tries lost to the gateway that used no step."""
        return sum(
            1
            for made in self.tries
            if made.decline is DeclineClass.OUTAGE and not made.step and made.kind is not TryKind.MANUAL
        )

    @property
    def last_try(self) -> Try | None:
        """The last try that ended and was not the patient's own."""
        return next((made for made in reversed(self.tries) if made.kind is not TryKind.MANUAL), None)

    @property
    def decline(self) -> DeclineClass | None:
        """How the last try ended that was not the patient's own."""
        return self.last_try.decline if self.last_try else None

    @property
    def next_retry_on(self) -> date | None:
        """The local date of the next retry, if one is planned."""
        return self.next_on if self.state is RecoveryState.RETRY_SCHEDULED and self.hold is None else None

    @property
    def due_on(self) -> date | None:
        """The local date on which the billing run looks at the case: not while a try is on its way or in doubt."""
        return self.next_on if self.open and self.running is None and self.hold is None else None

    @property
    def open(self) -> bool:
        """Whether recovery is still at work."""
        return self.state in OPEN

    def knows(self, attempt: AttemptId) -> bool:
        """Whether that attempt's decline was already written down."""
        return any(made.attempt == attempt for made in self.tries)

    def tried(self, method: MethodId) -> bool:
        """Whether this debt was tried on that method before."""
        return any(made.method == method for made in self.tries)

    def spent(self, method: MethodId, since: date) -> int:
        """Tries on that method from the date on that were not the patient's own: what card networks count."""
        return sum(
            1 for made in self.tries if made.method == method and made.on >= since and made.kind is not TryKind.MANUAL
        )

    def facts(
        self,
        *,
        today: date,
        ended: Ending | None,
        method: MethodFact,
        delays: tuple[int, ...],
        budget: int,
        budget_used: int,
    ) -> LadderFacts:
        """What the ladder reads."""
        last = self.last_try
        return LadderFacts(
            today=today,
            ended=ended,
            decline=last.decline if last else None,
            retries=self.retry_count,
            max_retries=self.max_retry_count,
            outages=self.outages,
            delays=delays,
            last_try_on=last.on if last else today,
            method=method,
            budget_used=budget_used,
            budget=budget,
            waiting_since=self.waiting_since,
        )

    def started(
        self, attempt: AttemptId, kind: TryKind, *, on: date, at: datetime, method: MethodId | None
    ) -> RecoveryCase:
        """A try is on its way; until it ends no other is planned."""
        running = Try(attempt=attempt, kind=kind, on=on, at=at, method=method)
        return evolve(self, running=running, auto_charge=AutoCharge.PENDING)

    def declined(
        self,
        attempt: AttemptId,
        *,
        on: date,
        method: MethodId | None,
        decline: DeclineClass,
        message: str,
        now: datetime,
    ) -> RecoveryCase:
        """A try was refused. One that recovery did not start is the patient's own, once the case exists."""
        running = self.running
        if running is None or running.attempt != attempt:
            kind = TryKind.MANUAL if self.tries or self.waiting_since else TryKind.ORIGINAL
            running = Try(attempt=attempt, kind=kind, on=on, at=now, method=method)
        step = running.kind is TryKind.AUTOMATIC and counts(decline, self.outages)
        ended = evolve(running, decline=decline, step=step)
        return evolve(
            self,
            tries=_kept((*self.tries, ended)),
            running=None if self.running is None or self.running.attempt == attempt else self.running,
            hold=None,
            last_retry_at=self.last_retry_at if ended.kind is TryKind.ORIGINAL else now,
            auto_charge=AutoCharge.DECLINED,
            auto_charge_message=message,
        )

    def held(self, hold: Hold, message: str) -> RecoveryCase:
        """Nothing is tried until the doubt is gone."""
        return evolve(self, hold=hold, next_retry_at=None, auto_charge=AutoCharge.IN_DOUBT, auto_charge_message=message)

    def released(self) -> RecoveryCase:
        """The doubtful try is dead: the case goes on as if that try had been lost."""
        return evolve(self, hold=None, running=None)

    def settled(self, ending: Ending) -> RecoveryCase:
        """Nothing is owed any more. Refuses: IllegalTransition (it is resolved), GuardRefused."""
        trigger = RecoveryTrigger.SETTLE if ending is Ending.PAID else RecoveryTrigger.LIFT
        return evolve(
            self._ended(trigger, ending),
            auto_charge=AutoCharge.SUCCEEDED if ending is Ending.PAID else AutoCharge.STOPPED,
            auto_charge_message="" if ending is Ending.PAID else "Nothing is owed any more.",
        )

    def next(self, facts: LadderFacts, zone: str) -> RecoveryCase:
        """The case after the ladder's decision on the facts. Refuses: IllegalTransition, GuardRefused."""
        return self.follow(decide(facts), facts.today, zone)

    def follow(self, decision: Decision, today: date, zone: str) -> RecoveryCase:
        """The case after that decision. Refuses: IllegalTransition, GuardRefused."""
        match decision:
            case RetryOn(on):
                return evolve(
                    self,
                    state=self._step(RecoveryTrigger.RESCHEDULE, method_usable=True),
                    next_on=on,
                    next_retry_at=start_of_day(on, zone),
                    waiting_since=None,
                )
            case NeedsPaymentMethod(until, why):
                waiting = self.state is RecoveryState.NEEDS_PAYMENT_METHOD
                refused = self.decline in _REFUSED_FOR_GOOD
                return evolve(
                    self,
                    state=self.state if waiting else self._step(RecoveryTrigger.ASK_METHOD),
                    next_on=until,
                    next_retry_at=None,
                    waiting_since=self.waiting_since or today,
                    auto_charge=self.auto_charge if refused else AutoCharge.NO_METHOD,
                    auto_charge_message=self.auto_charge_message if refused else why,
                )
            case GiveUp(ending):
                return self._ended(RecoveryTrigger.EXHAUST, ending)
            case Stop(Ending.DISPUTED):
                return evolve(self._ended(RecoveryTrigger.FREEZE, Ending.DISPUTED), auto_charge=AutoCharge.STOPPED)
            case Stop(ending):
                return self.settled(ending)

    def _ended(self, trigger: RecoveryTrigger, ending: Ending) -> RecoveryCase:
        return evolve(
            self,
            state=self._step(
                trigger,
                owed=trigger is not RecoveryTrigger.LIFT,
                disputed=trigger is RecoveryTrigger.FREEZE,
                waited_out=ending is Ending.WAITED_OUT,
            ),
            ending=ending,
            hold=None,
            running=None,
            next_on=None,
            next_retry_at=None,
            waiting_since=None,
        )

    def _step(
        self,
        trigger: RecoveryTrigger,
        *,
        owed: bool = True,
        disputed: bool = False,
        method_usable: bool = False,
        waited_out: bool = False,
    ) -> RecoveryState:
        facts = Facts(
            owed=owed,
            disputed=disputed,
            retries_left=self.retry_count < self.max_retry_count,
            method_usable=method_usable,
            waited_out=waited_out,
        )
        return RECOVERY.step(self.state, trigger, facts)


OPEN = frozenset({RecoveryState.RETRY_SCHEDULED, RecoveryState.NEEDS_PAYMENT_METHOD})
"""States in which recovery is at work."""

_REFUSED_FOR_GOOD = frozenset({DeclineClass.HARD, DeclineClass.NEEDS_ACTION})


def case_id(invoice: InvoiceId) -> RecoveryId:
    """The id of the one case that an invoice may have: two racing reactions can only make the same row."""
    return RecoveryId("rec_" + invoice.partition("_")[2])


def _kept(tries: tuple[Try, ...]) -> tuple[Try, ...]:
    manual = [made for made in tries if made.kind is TryKind.MANUAL]
    dropped = set(map(id, manual[:-KEPT_MANUAL_TRIES]))
    return tuple(made for made in tries if id(made) not in dropped)
