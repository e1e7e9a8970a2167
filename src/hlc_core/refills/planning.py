"""Which refills a plan has, and writing them down once. Source: spec/care, Refills; spec/README, Decided."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, timedelta

from attrs import field, frozen

from hlc_core.kernel.errors import Fault
from hlc_core.kernel.ids import InvoiceId, PatientId, PrescriptionId, RefillId, SubscriptionId
from hlc_core.kernel.text import line
from hlc_core.orders.api import Order
from hlc_core.organizations.api import PrescriptionSettings
from hlc_core.prescriptions.api import Prescription
from hlc_core.refills.errors import NotAPlan
from hlc_core.refills.events import told
from hlc_core.refills.model import Gate, Refill
from hlc_core.refills.ports import Env

MONTH_DAYS = 30
"""What a month of a plan counts in days: 6 months are 180, 12 are 360."""
LONG_PLANS = (6, 12)
"""Plans that have refills planned. Source: spec/care, External intake and payment."""


def _counted(*spans: tuple[str, str]) -> str:
    """So many of a unit: "6 month", "six-months", "26wk"; not a part of another number."""
    return "|".join(rf"(?<![0-9.,])(?:{number})\s*-?\s*(?:{unit})s?\b" for number, unit in spans)


_MONTH, _WEEK, _DAY, _YEAR = "month|mo|mth", "week|wk", "day", "year|yr"
_HALF = re.compile(
    _counted((r"6|\bsix", _MONTH), ("26", _WEEK), ("180|182|183", _DAY))
    + r"|\b(?:semi|bi)[\s-]?annual(?:ly)?\b|\bhalf[\s-](?:a[\s-])?year(?:ly)?\b",
    re.IGNORECASE,
)
_WHOLE = re.compile(
    _counted((r"12|\btwelve", _MONTH), ("52", _WEEK), ("360|365", _DAY), (r"1|\b(?:one|a|per|full)", _YEAR))
    + r"|\bannual(?:ly)?\b|\byearly\b",
    re.IGNORECASE,
)
_PLANS = ((_HALF, 6), (_WHOLE, 12))


def plan_months(*texts: str) -> int | None:
    """The length of the plan that the words name ("6 month", "12 month", "annual", "semi-annual"), or None.

    The first text that names one decides, and in it what is named first: "semi-annual" holds the word of a whole year.
    """
    for text in texts:
        named = [(found.start(), months) for words, months in _PLANS if (found := words.search(text))]
        if named:
            return min(named)[1]
    return None


def refill_days(months: int, settings: PrescriptionSettings) -> tuple[int, ...]:
    """After how many days the refills of a plan are due: of the settings' list those inside the term, or all of it."""
    days = sorted(set(settings.refill_days))
    if settings.refills_inside_term:
        days = [one for one in days if one < months * MONTH_DAYS]
    return tuple(days)


@frozen(kw_only=True)
class RefillPlan:
    """A plan whose refills are to be written: exactly one of `prescription` and `invoice` is what they belong to.

    `treatment` is what is given; clinical. `payment`: what is known of the money when it is planned.
    """

    patient: PatientId
    start: date
    months: int
    prescription: PrescriptionId | None = None
    invoice: InvoiceId | None = None
    subscription: SubscriptionId | None = None
    treatment: str = field(default="", repr=False)
    payment: Gate = Gate.UNKNOWN
    payment_note: str = ""


def plan_refills(plans: Sequence[RefillPlan], env: Env) -> tuple[Refill, ...]:
    """The refills of these plans, in order; those that stand already are answered as they are: planning twice makes
    nothing twice. Refuses: NotAPlan (neither or both of prescription and invoice)."""
    wanted: list[Refill] = []
    for plan in plans:
        origin = plan.prescription or plan.invoice
        if origin is None or (plan.prescription and plan.invoice):
            raise NotAPlan("A plan belongs to a prescription or to an invoice.", Fault("invoice", "give exactly one"))
        line(plan.treatment, "treatment", 300)
        days = refill_days(plan.months, env.organization.prescriptions)
        wanted += [_refill(plan, origin, fill, count, env) for fill, count in enumerate(days, start=1)]
    return keep_new(wanted, env)


def keep_new(wanted: Sequence[Refill], env: Env) -> tuple[Refill, ...]:
    """The refills, of which those that nothing stands for are written and told; in the order asked."""
    known = {(one.origin, one.fill): one for one in env.refills.of_origins([each.origin for each in wanted])}
    done = []
    for one in wanted:
        stands = known.get((one.origin, one.fill))
        if stands is None:
            env.refills.add(one)
            env.outbox.put(told(one))
            known[one.origin, one.fill] = stands = one
        done.append(stands)
    return tuple(done)


def _refill(plan: RefillPlan, origin: str, fill: int, days: int, env: Env) -> Refill:
    return Refill(
        id=RefillId(env.ids.new("rfl")),
        organization=env.organization.id,
        origin=origin,
        fill=fill,
        patient=plan.patient,
        due_on=plan.start + timedelta(days=days),
        planned_at=env.clock.now(),
        prescription=plan.prescription,
        invoice=plan.invoice,
        subscription=plan.subscription,
        treatment=plan.treatment,
        payment=plan.payment,
        payment_note=plan.payment_note,
    )


def for_renewal(one: Prescription, order: Order, fill: int, due_on: date, env: Env) -> Refill:
    """The refill that a paid renewal order asks for: due at once, its money is here."""
    return Refill(
        id=RefillId(env.ids.new("rfl")),
        organization=env.organization.id,
        origin=one.id,
        fill=fill,
        patient=order.patient,
        due_on=due_on,
        planned_at=env.clock.now(),
        prescription=one.id,
        subscription=one.subscription,
        invoice=order.invoice,
        order=order.id,
        payment=Gate.OPEN,
        payment_note="The renewal is paid.",
    )
