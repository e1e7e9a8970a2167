"""The billing run, what it leaves out, and the recovery of failed renewals."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

from attrs import frozen

from hlc_core.billing.api import (
    BeginRun,
    BillingRun,
    HeldCard,
    HeldRenewal,
    Line,
    LineKind,
    ListBillingRuns,
    ListHeldRenewals,
    ListSetAside,
    LookAtHeldRenewal,
    PlanBilling,
    ReleaseSubscription,
    RunWish,
    SetAside,
    planned_pages,
)
from hlc_core.kernel.errors import Fault, Invalid
from hlc_core.kernel.ids import MethodId, PatientId, RecoveryId, SubscriptionId
from hlc_core.kernel.money import Money, zero
from hlc_core.kernel.paging import Page
from hlc_core.kernel.time import local_date
from hlc_core.prescriptions.api import HeldBack
from hlc_core.recovery.api import (
    GetRecovery,
    ListRecoveries,
    RecoveryLine,
    RecoveryState,
    RetryNow,
)
from hlc_http.call import Call
from hlc_http.routes.paged import Limited, Paged
from hlc_http.table import Nothing, Routes, Who

routes = Routes("billing", who=Who.STAFF)

MOST_LINES = 1000


@frozen(kw_only=True)
class PlanQuery:
    """Which local day counts as today, and how many lines are shown (at most 1000); the tallies cover all."""

    as_of: date | None = None
    lines: int = 100


@frozen(kw_only=True)
class HeldQuery(Paged):
    """Of one reason, of one patient."""

    why: HeldBack | None = None
    patient: PatientId | None = None


@frozen(kw_only=True)
class Planned:
    """How many lines of a kind there are, and the money in them."""

    kind: LineKind
    count: int
    amount: Money


@frozen(kw_only=True)
class Plan:
    """What a run would do. `more` is how many lines are not shown."""

    as_of: date
    tallies: tuple[Planned, ...]
    lines: tuple[Line, ...]
    more: int


@frozen(kw_only=True)
class RunBody:
    """`overrideBound` bills however much it is, compared with earlier runs."""

    as_of: date | None = None
    override_bound: bool = False


@frozen(kw_only=True)
class AsideQuery(Limited):
    """`after` is the last subscription of the page before."""

    after: SubscriptionId | None = None


@frozen(kw_only=True)
class RecoveriesQuery(Paged):
    """Cases in some states (parted by commas; none: the open ones)."""

    states: tuple[RecoveryState, ...] = ()


@frozen(kw_only=True)
class RetryBody:
    """Another saved method of the patient, or the one that the schedule would use."""

    method_id: MethodId | None = None


@routes.get("/api/v1/billing/plan", "What a run would do", query=PlanQuery, answers=Plan, uses=PlanBilling)
def plan_billing(call: Call[Nothing, PlanQuery]) -> Plan:
    """Every line with its reason; nothing is changed."""
    asked = call.query
    if not 0 <= asked.lines <= MOST_LINES:
        raise Invalid("That many lines are not shown.", Fault("lines", f"0 to {MOST_LINES}"))
    as_of = asked.as_of or _today(call)
    counts: Counter[LineKind] = Counter()
    amounts: dict[LineKind, Money] = {}
    shown: list[Line] = []
    for page in planned_pages(as_of, call.services.application, call.unkeyed):
        for line in page.lines:
            counts[line.kind] += 1
            if line.amount is not None:
                before = amounts.get(line.kind)
                amounts[line.kind] = line.amount if before is None else before + line.amount
            if len(shown) < asked.lines:
                shown.append(line)
    none = zero(call.organization.currency)
    tallies = tuple(Planned(kind=kind, count=count, amount=amounts.get(kind, none)) for kind, count in counts.items())
    return Plan(as_of=as_of, tallies=tallies, lines=tuple(shown), more=counts.total() - len(shown))


@routes.post("/api/v1/billing/runs", "Do all that is due", body=RunBody, answers=BillingRun, uses=BeginRun, waits=True)
def run_billing(call: Call[RunBody, Nothing]) -> BillingRun:
    """Renew, retry, end, pause, resume, remind. Twice at once or interrupted, nothing is charged twice."""
    wish = RunWish(as_of=call.body.as_of or _today(call), override_bound=call.body.override_bound)
    return call.services.run_billing(wish, call.ours)


@routes.get(
    "/api/v1/billing/runs", "The last runs", query=Limited, answers=tuple[BillingRun, ...], uses=ListBillingRuns
)
def list_billing_runs(call: Call[Nothing, Limited]) -> tuple[BillingRun, ...]:
    """Newest first."""
    return call.ask(ListBillingRuns(limit=call.query.limit))


@routes.get(
    "/api/v1/billing/set-aside",
    "Subscriptions that runs leave out",
    query=AsideQuery,
    answers=tuple[SetAside, ...],
    uses=ListSetAside,
)
def list_set_aside(call: Call[Nothing, AsideQuery]) -> tuple[SetAside, ...]:
    """Because something about them is wrong: the cause says what."""
    return call.ask(ListSetAside(after=call.query.after, limit=call.query.limit))


@routes.get(
    "/api/v1/billing/held",
    "Renewals that care holds back",
    query=HeldQuery,
    answers=Page[HeldCard],
    uses=ListHeldRenewals,
)
def list_held_renewals(call: Call[Nothing, HeldQuery]) -> Page[HeldCard]:
    """Due, and not charged until a prescription, the pharmacy or a review permits it; `today`: what would be said."""
    asked = call.query
    return call.ask(ListHeldRenewals(why=asked.why, patient=asked.patient, cursor=asked.cursor, limit=asked.limit))


@routes.post(
    "/api/v1/billing/held/{subscription_id}/look",
    "Say that somebody knows of a held renewal",
    answers=HeldRenewal,
    uses=LookAtHeldRenewal,
    idempotent=True,
)
def look_at_held_renewal(call: Call[Nothing, Nothing]) -> HeldRenewal:
    """It stays held; for a week the doctor does not tell of it again."""
    return call.execute(LookAtHeldRenewal(subscription=SubscriptionId(call.part("subscription_id"))))


@routes.post(
    "/api/v1/billing/set-aside/{subscription_id}/release",
    "Let the next run bill it again",
    answers=SetAside,
    uses=ReleaseSubscription,
    idempotent=True,
)
def release_subscription(call: Call[Nothing, Nothing]) -> SetAside:
    return call.execute(ReleaseSubscription(subscription=SubscriptionId(call.part("subscription_id"))))


@routes.get(
    "/api/v1/recovery",
    "Renewals that could not be charged",
    query=RecoveriesQuery,
    answers=Page[RecoveryLine],
    uses=ListRecoveries,
)
def list_recoveries(call: Call[Nothing, RecoveriesQuery]) -> Page[RecoveryLine]:
    """With the next step of each and its date."""
    asked = call.query
    after = None if asked.cursor is None else RecoveryId(asked.cursor)
    return call.ask(ListRecoveries(states=asked.states, after=after, limit=asked.limit))


@routes.get("/api/v1/recovery/{recovery_id}", "Show a case", answers=RecoveryLine, uses=GetRecovery)
def show_recovery(call: Call[Nothing, Nothing]) -> RecoveryLine:
    return call.ask(GetRecovery(recovery=_id(call)))


@routes.post(
    "/api/v1/recovery/{recovery_id}/retry",
    "Charge the debt now",
    body=RetryBody,
    answers=RecoveryLine,
    uses=RetryNow,
    idempotent=True,
    waits=True,
)
def retry_recovery(call: Call[RetryBody, Nothing]) -> RecoveryLine:
    """Uses nothing of the automatic budget."""
    started = call.execute(RetryNow(recovery=_id(call), method=call.body.method_id))
    call.services.collect((started.attempt,), call.ours)
    return call.ask(GetRecovery(recovery=started.case.id))


def _today(call: Call[Any, Any]) -> date:
    return local_date(call.services.clock.now(), call.organization.zone)


def _id(call: Call[Any, Any]) -> RecoveryId:
    return RecoveryId(call.part("recovery_id"))
