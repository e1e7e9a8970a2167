"""The patient's subscriptions: what was agreed, what comes next, and changing it with its consequences in sight."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from attrs import frozen

from hlc_adapters.documents.words import day, money
from hlc_core.catalog.api import Product
from hlc_core.kernel.errors import HlcError, Missing
from hlc_core.kernel.ids import ProductId
from hlc_core.kernel.time import Interval, Unit
from hlc_core.subscriptions.api import (
    Action,
    CancelOwn,
    ChangeKind,
    GetSubscription,
    KeepOwn,
    OwnSwitches,
    PauseOwn,
    PayOffOwn,
    Quote,
    QuoteOwnPayoff,
    QuoteOwnSwitch,
    ResumeOwn,
    State,
    Subscription,
    SubscriptionsOfPatient,
    SwitchOwn,
    When,
    actions,
)
from hlc_http import refusals
from hlc_http.call import Call
from hlc_http.portal import reading
from hlc_http.portal.shell import DONE, Filled, done, filled, keyed, page, portal_routes, submit
from hlc_http.portal.words import subscription_shown
from hlc_http.table import Nothing, Page, Redirect, Takes

routes = portal_routes("subscriptions")

_ALL = "/patient/subscriptions"
_ONE = f"{_ALL}/{{subscription}}"
_PAUSE = {"when": "When", "resumeOn": "Go on by itself on"}
_CANCEL = {"when": "When", "reason": "Why"}
_SWITCH = {"product": "New plan", "when": "When"}

REASONS = {
    "price": "It costs too much.",
    "enough": "I do not need it now.",
    "elsewhere": "I go on somewhere else.",
    "other": "Something else.",
}
"""Why a patient stops. A choice and no text: the reason travels to other systems, and health data must not."""

DONE.update(
    subscription_paused=("good", "Your subscription is paused."),
    subscription_pauses=("good", "Your subscription pauses at the end of the paid period."),
    subscription_resumed=("good", "Your subscription goes on."),
    subscription_kept=("good", "Your subscription goes on as before."),
    subscription_cancelled=("good", "Your subscription is cancelled."),
    subscription_ends=("good", "Your subscription ends with the paid period. Until then everything goes on."),
    subscription_switched=("good", "Your plan is changed."),
    subscription_switches=("good", "Your plan changes at the end of the paid period."),
    subscription_changing=(
        "wait",
        "Your payment is being checked. The change then follows by itself.",
    ),
    subscription_settled=("good", "Your plan is paid off. Thank you."),
    nothing_planned=("wait", "Nothing was planned any more."),
    not_possible=("bad", "That is not possible at the moment."),
)


@frozen(kw_only=True)
class PlanShown:
    """A plan to switch to."""

    id: str
    name: str
    price: str
    text: str


@routes.get(_ALL, "One's subscriptions", uses=SubscriptionsOfPatient)
def portal_subscriptions(call: Call[Nothing, Nothing]) -> Page:
    """What runs first, then what has ended."""
    shown = tuple(subscription_shown(one, call.organization) for one in reading.own_subscriptions(call))
    return page(call, "subscriptions.html", at="subscriptions", subscriptions=shown)


@routes.get(_ONE, "One of one's subscriptions", uses=GetSubscription)
def portal_subscription(call: Call[Nothing, Nothing]) -> Page:
    """What was agreed, what comes next, and what can be done now."""
    return _page(call, "subscription.html", reading.own_subscription(call))


@routes.get(f"{_ONE}/pause", "Pause: when, and for how long", uses=GetSubscription)
def portal_pause(call: Call[Nothing, Nothing]) -> Page | Redirect:
    """What a pause means."""
    return _opened(call, Action.PAUSE, lambda held: _pause(call, held, Filled(labels=_PAUSE)))


@routes.post(f"{_ONE}/pause", "Pause", takes=Takes.FORM, uses=PauseOwn)
def portal_pause_sent(call: Call[Mapping[str, str], Nothing]) -> Page | Redirect:
    """Back to the subscription."""
    held, form = reading.own_subscription(call), filled(_PAUSE, call.body)
    text = form.value("resumeOn")
    try:
        back = date.fromisoformat(text) if text else None
    except ValueError:
        wrong = Filled(labels=_PAUSE, values=form.values, faults={"resumeOn": "Write a day such as 2026-12-31."})
        return _pause(call, held, wrong, 422)
    try:
        made = submit(call, PauseOwn(subscription=held.id, when=_when(call.body), resume_on=back))
    except HlcError as refusal:
        return _pause(call, held, form.refused(refusal), refusals.status(refusal))
    return _done(call, held, "subscription_paused" if made.state is State.PAUSED else "subscription_pauses")


@routes.get(f"{_ONE}/resume", "End the pause: what it means", uses=GetSubscription)
def portal_resume(call: Call[Nothing, Nothing]) -> Page | Redirect:
    """Paid time is used up first; where there is none, a new period begins today."""
    return _opened(call, Action.RESUME, lambda held: _page(call, "resume.html", held, form=Filled()))


@routes.post(f"{_ONE}/resume", "End the pause", takes=Takes.FORM, uses=ResumeOwn)
def portal_resume_sent(call: Call[Mapping[str, str], Nothing]) -> Page | Redirect:
    """Back to the subscription."""
    held = reading.own_subscription(call)
    try:
        submit(call, ResumeOwn(subscription=held.id))
    except HlcError as refusal:
        return _page(call, "resume.html", held, refusals.status(refusal), form=Filled(failure=refusal.detail))
    return _done(call, held, "subscription_resumed")


@routes.post(f"{_ONE}/keep", "Take back what is planned", takes=Takes.FORM, uses=KeepOwn)
def portal_keep(call: Call[Mapping[str, str], Nothing]) -> Redirect:
    """An ending, a pause or a switch at the period's end."""
    held = reading.own_subscription(call)
    try:
        submit(call, KeepOwn(subscription=held.id))
    except Missing:
        raise
    except HlcError:
        return _done(call, held, "nothing_planned")
    return _done(call, held, "subscription_kept")


@routes.get(f"{_ONE}/cancel", "Cancel: what it means", uses=GetSubscription)
def portal_cancel(call: Call[Nothing, Nothing]) -> Page | Redirect:
    """Of paid time, open debts, agreed payments and refills."""
    return _opened(call, Action.CANCEL, lambda held: _cancel(call, held, Filled(labels=_CANCEL)))


@routes.post(f"{_ONE}/cancel", "Cancel", takes=Takes.FORM, uses=CancelOwn)
def portal_cancel_sent(call: Call[Mapping[str, str], Nothing]) -> Page | Redirect:
    """Back to the subscription."""
    held, form = reading.own_subscription(call), filled(_CANCEL, call.body)
    reason = REASONS.get(form.value("reason"), "Cancelled by the patient.")
    try:
        made = submit(call, CancelOwn(subscription=held.id, when=_when(call.body), reason=reason))
    except HlcError as refusal:
        return _cancel(call, held, form.refused(refusal), refusals.status(refusal))
    return _done(call, held, "subscription_cancelled" if made.ended else "subscription_ends")


@routes.get(f"{_ONE}/switch", "Change the plan: to which, and when", uses=OwnSwitches)
def portal_switch(call: Call[Nothing, Nothing]) -> Page | Redirect:
    """The same treatment on other terms."""
    return _opened(call, Action.SWITCH, lambda held: _switch(call, held, Filled(labels=_SWITCH)))


@routes.post(f"{_ONE}/switch/quote", "Change the plan: what it costs", takes=Takes.FORM, uses=QuoteOwnSwitch)
def portal_switch_quote(call: Call[Mapping[str, str], Nothing]) -> Page:
    """Exactly that is charged when it is confirmed, or nothing is done."""
    held, form = reading.own_subscription(call), filled(_SWITCH, call.body)
    if not form.value("product"):
        wrong = Filled(labels=_SWITCH, values=form.values, faults={"product": "Choose a plan."})
        return _switch(call, held, wrong, 422)
    try:
        quote = call.ask(_quoted(call, held))
    except HlcError as refusal:
        return _switch(call, held, form.refused(refusal), refusals.status(refusal))
    return _confirm(call, held, quote)


@routes.post(f"{_ONE}/switch", "Change the plan", takes=Takes.FORM, uses=SwitchOwn, waits=True)
def portal_switch_sent(call: Call[Mapping[str, str], Nothing]) -> Page | Redirect:
    """Pays the difference where there is one. A price that moved is shown again before anything is charged."""
    held, wanted = reading.own_subscription(call), _quoted(call, reading.own_subscription(call))
    command = SwitchOwn(
        subscription=held.id, product=wanted.product, when=wanted.when, quote_hash=call.body.get("quoteHash", "")
    )
    try:
        made = call.services.switch_subscription(command, keyed(call))
    except Missing:
        raise
    except HlcError as refusal:
        return _again(call, held, wanted, refusal)
    if made.change is not None:
        return _done(call, held, "subscription_changing")
    return _done(call, held, "subscription_switched" if wanted.when is When.NOW else "subscription_switches")


@routes.get(f"{_ONE}/payoff", "Pay off: what it costs", uses=QuoteOwnPayoff)
def portal_payoff(call: Call[Nothing, Nothing]) -> Page | Redirect:
    """What is left of the agreed payments, at once."""
    return _opened(call, Action.PAY_OFF, lambda held: _payoff(call, held))


@routes.post(f"{_ONE}/payoff", "Pay off", takes=Takes.FORM, uses=PayOffOwn, waits=True)
def portal_payoff_sent(call: Call[Mapping[str, str], Nothing]) -> Page | Redirect:
    """Exactly the quoted sum, or nothing is done."""
    held = reading.own_subscription(call)
    command = PayOffOwn(subscription=held.id, quote_hash=call.body.get("quoteHash", ""))
    try:
        made = call.services.pay_off_subscription(command, keyed(call))
    except Missing:
        raise
    except HlcError as refusal:
        try:
            return _payoff(call, held, refusal.detail, refusals.status(refusal))
        except HlcError:
            return _done(call, held, "not_possible")
    return _done(call, held, "subscription_changing" if made.change is not None else "subscription_settled")


def _opened(call: Call[Any, Any], action: Action, show: Callable[[Subscription], Page]) -> Page | Redirect:
    """The page of an action that is possible now; else back to the subscription."""
    held = reading.own_subscription(call)
    if action not in actions(held, held.today(call.services.clock.now())):
        return _done(call, held, "not_possible")
    try:
        return show(held)
    except Missing:
        raise
    except HlcError:
        return _done(call, held, "not_possible")


def _page(call: Call[Any, Any], template: str, held: Subscription, status: int = 200, **shows: Any) -> Page:
    clinic, on = call.organization, held.today(call.services.clock.now())
    possible = actions(held, on)
    settled = held.bill is None or held.state not in (State.TRIALING, State.ACTIVE)
    base = {
        "subscription": subscription_shown(held, clinic, reading.own_card(held, call)),
        "actions": possible,
        "owes": "" if held.bill is None else money(held.bill.due, clinic.locale),
        "failed": held.bill is not None and held.state not in (State.TRIALING, State.ACTIVE),
        "runs": held.state in (State.TRIALING, State.ACTIVE) and on < held.period.end,
        "until": day(held.period.end if settled or held.bill is None else held.bill.period.end, clinic.locale),
        "trial": not held.ever_paid,
        "left": on < held.period.end,
        "credit": "" if held.credit.is_zero else money(held.credit, clinic.locale),
    }
    return page(call, template, at="subscriptions", status=status, **base, **shows)


def _pause(call: Call[Any, Any], held: Subscription, form: Filled, status: int = 200) -> Page:
    return _page(call, "pause.html", held, status, form=form)


def _cancel(call: Call[Any, Any], held: Subscription, form: Filled, status: int = 200) -> Page:
    left = 0 if held.terms.cycles is None else max(0, held.terms.cycles - held.paid)
    return _page(
        call,
        "cancel.html",
        held,
        status,
        form=form,
        reasons=REASONS,
        paid=held.paid,
        agreed=held.terms.cycles,
        unpaid=left,
        prescribed=held.terms.needs_prescription,
    )


def _switch(call: Call[Any, Any], held: Subscription, form: Filled, status: int = 200) -> Page:
    locale = call.organization.locale
    plans = tuple(
        PlanShown(
            id=one.id,
            name=one.name,
            price=f"{money(one.price, locale)} {_rhythm(one)}",
            text=one.offer.description,
        )
        for one in call.ask(OwnSwitches(subscription=held.id))
    )
    return _page(call, "switch.html", held, status, form=form, plans=plans)


def _rhythm(product: Product) -> str:
    months = product.offer.prepaid_months
    return str(Interval(Unit.MONTH, months) if months else product.offer.interval or "")


def _quoted(call: Call[Mapping[str, str], Any], held: Subscription) -> QuoteOwnSwitch:
    product = ProductId(call.body.get("product", ""))
    return QuoteOwnSwitch(subscription=held.id, product=product, when=_when(call.body))


def _confirm(call: Call[Any, Any], held: Subscription, quote: Quote, failure: str = "", status: int = 200) -> Page:
    return _page(
        call,
        "switch_confirm.html",
        held,
        status,
        quote=quote,
        sums=tuple(_sums(quote, call)),
        charged="" if quote.charge.is_zero else money(quote.charge, call.organization.locale),
        next=_following(quote, call),
        now=quote.when is When.NOW,
        form=Filled(failure=failure),
    )


def _again(call: Call[Any, Any], held: Subscription, wanted: QuoteOwnSwitch, refusal: HlcError) -> Page | Redirect:
    try:
        fresh = call.ask(wanted)
    except HlcError:
        return _done(call, held, "not_possible")
    return _confirm(call, held, fresh, refusal.detail, refusals.status(refusal))


def _payoff(call: Call[Any, Any], held: Subscription, failure: str = "", status: int = 200) -> Page:
    quote = call.ask(QuoteOwnPayoff(subscription=held.id))
    locale = call.organization.locale
    return _page(
        call,
        "payoff.html",
        held,
        status,
        quote=quote,
        sums=tuple(_sums(quote, call)),
        rebate="" if quote.rebate.is_zero else money(quote.rebate, locale),
        charged=money(quote.charge, locale),
        form=Filled(failure=failure),
    )


def _sums(quote: Quote, call: Call[Any, Any]) -> list[tuple[str, str]]:
    locale, lines = call.organization.locale, []
    if quote.change.amount > 0:
        what = "What is left of the plan" if quote.kind is ChangeKind.PAYOFF else "For the rest of the period"
        lines.append((what, money(quote.change, locale)))
    if not quote.credit_used.is_zero:
        lines.append(("Paid from your credit", f"−{money(quote.credit_used, locale)}"))
    if not quote.credit_gained.is_zero:
        lines.append(("Credit for your next payment", money(quote.credit_gained, locale)))
    return lines


def _following(quote: Quote, call: Call[Any, Any]) -> str:
    if quote.next_price is None or quote.next_on is None:
        return "After that nothing more is charged."
    locale = call.organization.locale
    return f"The next payment is {money(quote.next_price, locale)} on {day(quote.next_on, locale)}."


def _when(body: Mapping[str, str]) -> When:
    return When.NOW if body.get("when") == When.NOW else When.PERIOD_END


def _done(call: Call[Any, Any], held: Subscription, word: str) -> Redirect:
    return done(f"{_ALL}/{held.number}", word, call)
