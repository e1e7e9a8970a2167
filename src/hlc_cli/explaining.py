"""`hlc explain`: why something is as it is, and what comes next."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated

import typer

from hlc_adapters.explain import Explanation, explain_attempt, explain_invoice, explain_order
from hlc_cli.desk import Desk, desk_of
from hlc_cli.group import group
from hlc_cli.subscriptions import find
from hlc_core.kernel.ids import AttemptId, InvoiceId
from hlc_core.subscriptions.api import ExplainSubscription

app = group("Why is it as it is? Facts, what was tried, and what comes next.")


@app.command()
def order(context: typer.Context, order: Annotated[str, typer.Argument(help="Its number (R-…) or id.")]) -> None:
    """Why an order is where it is: what comes next, from whom, by when, and what was tried."""
    desk = desk_of(context)
    told = explain_order(order, desk.services.application, desk.operator)
    desk.out.record(
        told,
        (
            ("order", told.number),
            ("state", told.state),
            ("since", told.since),
            ("because", told.because),
            ("means", told.for_staff),
            ("the patient reads", told.for_patient),
            ("next", tuple(f"{one.trigger} to {one.to}" for one in told.next_events)),
            ("from", told.from_whom),
            ("by", told.by_when),
            ("late", "yes" if told.late else None),
            ("you can", tuple(one.trigger for one in told.actions)),
        ),
    )
    _tried(desk, told.tried)


@app.command()
def subscription(
    context: typer.Context, subscription: Annotated[str, typer.Argument(help="Its number (S-…) or id.")]
) -> None:
    """Why a subscription is as it is, and what is charged when."""
    desk = desk_of(context)
    told = desk.ask(ExplainSubscription(subscription=find(desk, subscription).id))
    desk.out.record(
        told,
        (
            ("subscription", told.subscription),
            ("state", told.state),
            ("means", told.staff_sentence),
            ("the patient reads", told.patient_sentence),
            ("next", told.next_event),
            ("from", told.waits_for),
            ("by", told.by),
            ("amount", told.amount),
            ("you can", told.actions),
        ),
    )


@app.command()
def attempt(context: typer.Context, attempt: Annotated[str, typer.Argument(help="Its id (att_…).")]) -> None:
    """Why a payment attempt stands where it does, and what the gateway said."""
    desk = desk_of(context)
    _story(desk, explain_attempt(AttemptId(attempt), desk.services.application, desk.operator))


@app.command()
def invoice(context: typer.Context, invoice: Annotated[str, typer.Argument(help="Its id (inv_…).")]) -> None:
    """Why an invoice stands where it does, and the money on it."""
    desk = desk_of(context)
    _story(desk, explain_invoice(InvoiceId(invoice), desk.services.application, desk.operator))


def _story(desk: Desk, told: Explanation) -> None:
    by: date | datetime | None = told.by
    desk.out.record(
        told,
        (
            ("subject", told.subject),
            ("state", told.state),
            ("because", told.because),
            ("means", told.means),
            ("next", told.next_event),
            ("from", told.waits_for),
            ("by", by),
            ("you can", told.actions),
        ),
    )
    _tried(desk, told.tried)


def _tried(desk: Desk, tried: Sequence[str]) -> None:
    if tried:
        desk.out.say("so far (UTC):")
    for line in tried:
        desk.out.say(f"  {line}")
