"""`hlc payments`: attempts to move money, refunds, and the timeline of what gateways said."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from hlc_cli.desk import desk_of
from hlc_cli.group import Cursor, Limit, group
from hlc_core.kernel.ids import AttemptId, RefundId
from hlc_core.kernel.money import parse_money
from hlc_core.payments.api import (
    GetAttempt,
    ListProcessorEvents,
    ListQuarantined,
    PaymentAttempt,
    RefundState,
    RequestRefund,
    RuleAttempt,
    RuleRefund,
)

app = group("Payments: attempts, refunds, and the timeline of what gateways said.")

_HEADINGS = ("state", ">amount", "purpose", ">try", "gateway", "opened", "says", "id")


class Ruling(StrEnum):
    """What a person found out about an attempt or refund in quarantine."""

    PAID = "paid"
    CLOSED = "closed"
    REFUNDED = "refunded"
    REFUSED = "refused"


@app.command("list")
def list_(context: typer.Context, limit: Limit = 20) -> None:
    """The attempts that gateways last said something about."""
    desk = desk_of(context)
    told = desk.ask(ListProcessorEvents(limit=200)).items
    recent = tuple(dict.fromkeys(event.attempt for event in told if event.attempt is not None))[:limit]
    desk.out.items([desk.ask(GetAttempt(attempt=attempt)) for attempt in recent], _HEADINGS, _row)


@app.command()
def quarantine(context: typer.Context, limit: Limit = 50) -> None:
    """Attempts about which a person has to decide."""
    desk = desk_of(context)
    desk.out.items(desk.ask(ListQuarantined(limit=limit)), _HEADINGS, _row, "Nothing is in quarantine.")


@app.command()
def rule(
    context: typer.Context,
    id: Annotated[str, typer.Argument(help="The id of the attempt (att_…) or refund (ref_…).")],
    ruling: Annotated[Ruling, typer.Argument(help="For an attempt paid or closed, for a refund refunded or refused.")],
    evidence: Annotated[str, typer.Option(help="What you saw, and where: a sentence for the books.")],
) -> None:
    """Decide about an attempt or a refund in quarantine."""
    desk = desk_of(context)
    if id.startswith("ref_"):
        if ruling not in (Ruling.REFUNDED, Ruling.REFUSED):
            raise typer.BadParameter("A refund was either refunded or refused.")
        given = ruling is Ruling.REFUNDED
        refund = desk.execute(RuleRefund(refund=RefundId(id), refunded=given, evidence=evidence))
        desk.out.record(refund, (("refund", refund.id), ("state", refund.state)), "Ruled.")
        return
    if ruling not in (Ruling.PAID, Ruling.CLOSED):
        raise typer.BadParameter("An attempt was either paid or is closed.")
    attempt = desk.execute(RuleAttempt(attempt=AttemptId(id), paid=ruling is Ruling.PAID, evidence=evidence))
    desk.out.record(attempt, (("attempt", attempt.id), ("state", attempt.state)), "Ruled.")


@app.command()
def refund(
    context: typer.Context,
    attempt: Annotated[str, typer.Argument(help="The id of the captured attempt (att_…).")],
    amount: Annotated[str | None, typer.Option(help="Such as 25.00; else all that is left.")] = None,
    reason: Annotated[str, typer.Option(help="Why: a sentence for the books.")] = "",
) -> None:
    """Give money back, in full or in part."""
    desk = desk_of(context)
    wanted = None if amount is None else parse_money(amount, desk.organization.currency)
    asked = desk.execute(RequestRefund(attempt=AttemptId(attempt), amount=wanted, reason=reason))
    (given,) = desk.services.give_back((asked,), desk.machine)
    done = given.state is RefundState.REFUNDED
    desk.out.record(
        given,
        (
            ("refund", given.id),
            ("state", given.state),
            ("amount", given.amount),
            ("says", " ".join(word for word in (given.code, given.text) if word)),
        ),
        "The money went back." if done else "The gateway has not confirmed it.",
    )


@app.command()
def events(
    context: typer.Context,
    subject: Annotated[str | None, typer.Option(help="Only of this checkout, invoice or subscription.")] = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> None:
    """The timeline of processor events, newest first; of one subject, oldest first."""
    desk = desk_of(context)
    page = desk.ask(ListProcessorEvents(subject=subject, cursor=cursor, limit=limit))
    desk.out.page(
        page,
        ("at", "event", ">amount", "gateway", "says", "attempt", "subject"),
        lambda one: (
            one.at,
            one.kind,
            one.amount,
            one.gateway,
            " ".join(word for word in (one.code, one.text) if word),
            one.attempt,
            one.subject,
        ),
    )


def _row(attempt: PaymentAttempt) -> tuple[object, ...]:
    payment = attempt.payment
    return (
        attempt.state,
        payment.amount,
        payment.purpose,
        attempt.number,
        payment.gateway,
        attempt.opened_at,
        " ".join(word for word in (attempt.code, attempt.text) if word),
        attempt.id,
    )
