"""`hlc subscriptions`: standing agreements."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import typer

from hlc_cli.desk import Desk, desk_of
from hlc_cli.group import Cursor, Limit, group
from hlc_core.kernel.ids import PatientId, ProductId, SubscriptionId
from hlc_core.subscriptions.api import (
    CancelSubscription,
    ExplainSubscription,
    GetSubscription,
    KeepSubscription,
    ListSubscriptions,
    OpenDebt,
    PauseSubscription,
    PayOffSubscription,
    Quote,
    QuotePayoff,
    QuoteSwitch,
    ResumeAs,
    ResumeSubscription,
    State,
    Subscription,
    SubscriptionNumbered,
    SubscriptionsOfPatient,
    SwitchSubscription,
    When,
)

app = group("Subscriptions: look at them, pause, resume, switch, pay off, cancel.")

Word = Annotated[str, typer.Argument(metavar="SUBSCRIPTION", help="Its number (S-…) or id.")]
At = Annotated[When, typer.Option("--when", help="At once, or when the paid period ends.")]
Confirm = Annotated[
    str | None, typer.Option("--confirm", metavar="HASH", help="The hash of the quote: do it, and charge exactly that.")
]
_HEADINGS = ("number", "state", "product", ">price", "cycle", "period", "next", "planned", "id")


@app.command("list")
def list_(
    context: typer.Context,
    state: Annotated[list[State] | None, typer.Option(help="Only these; may be given more than once.")] = None,
    patient: Annotated[str | None, typer.Option(help="All of this patient (an id).")] = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> None:
    """Subscriptions, in the order in which they began."""
    desk = desk_of(context)
    if patient is not None:
        desk.out.items(desk.ask(SubscriptionsOfPatient(patient=PatientId(patient))), _HEADINGS, _row)
        return
    after = None if cursor is None else SubscriptionId(cursor)
    desk.out.page(desk.ask(ListSubscriptions(states=tuple(state or ()), after=after, limit=limit)), _HEADINGS, _row)


@app.command()
def show(context: typer.Context, subscription: Word) -> None:
    """One subscription, what comes next, and what can be done."""
    desk = desk_of(context)
    _show(desk, find(desk, subscription))


@app.command()
def pause(
    context: typer.Context,
    subscription: Word,
    when: At = When.NOW,
    resume_on: Annotated[date | None, typer.Option(help="Local day on which it goes on by itself.")] = None,
    resume_as: Annotated[ResumeAs, typer.Option(help="How it then goes on.")] = ResumeAs.NEW_PERIOD,
) -> None:
    """Stop billing for a while."""
    desk = desk_of(context)
    held = find(desk, subscription)
    command = PauseSubscription(subscription=held.id, when=when, resume_on=resume_on, resume_as=resume_as)
    _show(desk, desk.execute(command), "Done.")


@app.command()
def resume(
    context: typer.Context,
    subscription: Word,
    resume_as: Annotated[ResumeAs, typer.Option(help="A new period from today, or the old rhythm.")] = (
        ResumeAs.NEW_PERIOD
    ),
    open_debt: Annotated[OpenDebt, typer.Option(help="What becomes of a renewal that failed before.")] = (
        OpenDebt.COLLECT
    ),
) -> None:
    """End a pause."""
    desk = desk_of(context)
    held = find(desk, subscription)
    command = ResumeSubscription(subscription=held.id, resume_as=resume_as, open_debt=open_debt)
    _show(desk, desk.execute(command), "Done.")


@app.command()
def cancel(
    context: typer.Context,
    subscription: Word,
    reason: Annotated[str, typer.Option(help="Why: a sentence for the books.")],
    when: At = When.PERIOD_END,
    open_debt: Annotated[OpenDebt, typer.Option(help="What becomes of a renewal that is billed and not paid.")] = (
        OpenDebt.COLLECT
    ),
) -> None:
    """End it, now or with the paid period."""
    desk = desk_of(context)
    held = find(desk, subscription)
    command = CancelSubscription(subscription=held.id, when=when, reason=reason, open_debt=open_debt)
    _show(desk, desk.execute(command), "Done.")


@app.command()
def keep(context: typer.Context, subscription: Word) -> None:
    """Take back what is planned for the period's end: an ending, a pause, a switch."""
    desk = desk_of(context)
    _show(desk, desk.execute(KeepSubscription(subscription=find(desk, subscription).id)), "It goes on as before.")


@app.command()
def switch(
    context: typer.Context,
    subscription: Word,
    product: Annotated[str, typer.Argument(help="The id of the other product.")],
    when: At = When.NOW,
    quantity: Annotated[int | None, typer.Option(help="Another number of it.")] = None,
    confirm: Confirm = None,
) -> None:
    """Switch to another product: shows the quote; with --confirm it is done and charged."""
    desk = desk_of(context)
    held, wanted = find(desk, subscription), ProductId(product)
    if confirm is None:
        _quote(desk, desk.ask(QuoteSwitch(subscription=held.id, product=wanted, when=when, quantity=quantity)))
        return
    command = SwitchSubscription(subscription=held.id, product=wanted, when=when, quantity=quantity, quote_hash=confirm)
    _charged(desk, desk.services.switch_subscription(command, desk.operator))


@app.command()
def payoff(context: typer.Context, subscription: Word, confirm: Confirm = None) -> None:
    """Settle a commitment at once: shows the quote; with --confirm it is done and charged."""
    desk = desk_of(context)
    held = find(desk, subscription)
    if confirm is None:
        _quote(desk, desk.ask(QuotePayoff(subscription=held.id)))
        return
    command = PayOffSubscription(subscription=held.id, quote_hash=confirm)
    _charged(desk, desk.services.pay_off_subscription(command, desk.operator))


def find(desk: Desk, word: str) -> Subscription:
    """The subscription of that number or id. Refuses: Missing."""
    if word.startswith("sub_"):
        return desk.ask(GetSubscription(subscription=SubscriptionId(word)))
    return desk.ask(SubscriptionNumbered(number=word))


def planned(held: Subscription) -> str:
    """What is to happen when the period ends, besides renewing."""
    if held.cancel_at_period_end:
        return "ends"
    if held.pause_at_period_end:
        return "pauses"
    return f"becomes {held.next_terms.name}" if held.next_terms is not None else ""


def _row(held: Subscription) -> tuple[object, ...]:
    of = "" if held.terms.cycles is None else f" of {held.terms.cycles}"
    return (
        held.number,
        held.state,
        held.terms.name,
        held.terms.price_of_cycle(held.paid + 1),
        f"{held.cycle}{of}",
        held.period,
        held.next_due,
        planned(held),
        held.id,
    )


def _show(desk: Desk, held: Subscription, sentence: str = "") -> None:
    told = desk.ask(ExplainSubscription(subscription=held.id))
    if desk.out.json:
        desk.out.data({"subscription": held, "explanation": told})
        return
    desk.out.record(
        held,
        (
            ("subscription", held.number),
            ("id", held.id),
            ("state", held.state),
            ("product", held.terms.name),
            ("price", held.terms.price_of_cycle(held.paid + 1)),
            ("billing", held.terms.cycle_interval),
            ("cycle", held.cycle),
            ("paid period", held.period),
            ("credit", None if held.credit.is_zero else held.credit),
            ("planned", planned(held)),
            ("patient", held.patient),
            ("order", held.order),
            ("method", held.method),
            ("meaning", told.staff_sentence),
            ("next", told.next_event),
            ("waits for", told.waits_for),
            ("by", told.by),
            ("amount", told.amount),
            ("can be", told.actions),
        ),
        sentence,
    )


def _quote(desk: Desk, quote: Quote) -> None:
    desk.out.record(
        quote,
        (
            ("charge now", quote.charge),
            ("credit used", None if quote.credit_used.is_zero else quote.credit_used),
            ("credit gained", None if quote.credit_gained.is_zero else quote.credit_gained),
            ("rebate", None if quote.rebate.is_zero else quote.rebate),
            ("terms", f"{quote.terms.name}, {quote.terms.price_of_cycle(1)} {quote.terms.cycle_interval}"),
            ("takes effect", quote.when),
            ("next charge", quote.next_price),
            ("on", quote.next_on),
            ("good until the end of", quote.on),
            ("confirm with", f"--confirm {quote.hash}"),
        ),
    )


def _charged(desk: Desk, held: Subscription) -> None:
    in_doubt = held.change is not None
    _show(desk, held, "The payment is being checked; the change follows it." if in_doubt else "Done.")
