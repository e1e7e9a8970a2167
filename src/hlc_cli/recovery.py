"""`hlc recovery`: renewals that could not be charged."""

from __future__ import annotations

from typing import Annotated

import typer

from hlc_cli.desk import desk_of
from hlc_cli.group import Cursor, Limit, group
from hlc_core.kernel.ids import MethodId, RecoveryId
from hlc_core.recovery.api import GetRecovery, ListRecoveries, RecoveryState, RetryNow

app = group("Recovery: renewals that could not be charged, and what is done about them.")


@app.command("list")
def list_(
    context: typer.Context,
    state: Annotated[list[RecoveryState] | None, typer.Option(help="Only these; else the open ones.")] = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> None:
    """The recovery queue, with the next step of each case and its date."""
    desk = desk_of(context)
    after = None if cursor is None else RecoveryId(cursor)
    page = desk.ask(ListRecoveries(states=tuple(state or ()), after=after, limit=limit))
    desk.out.page(
        page,
        ("status", ">amount", ">retries", "next", "next step", "id"),
        lambda one: (
            one.status,
            one.amount,
            f"{one.retry_count} of {one.max_retry_count}",
            one.next_on,
            one.next_step,
            one.id,
        ),
        "No renewal is being recovered.",
    )


@app.command()
def retry(
    context: typer.Context,
    case: Annotated[str, typer.Argument(help="The case's id.")],
    method: Annotated[str | None, typer.Option(help="Another saved method of the patient.")] = None,
) -> None:
    """Charge the debt now. It uses nothing of the automatic budget."""
    desk = desk_of(context)
    wanted = None if method is None else MethodId(method)
    started = desk.execute(RetryNow(recovery=RecoveryId(case), method=wanted))
    desk.services.collect((started.attempt,), desk.machine)
    after = desk.ask(GetRecovery(recovery=started.case.id))
    desk.out.record(
        after,
        (
            ("status", after.status),
            ("amount", after.amount),
            ("last charge", after.auto_charge_message or after.auto_charge_status),
            ("next step", after.next_step),
            ("next", after.next_on),
        ),
        "The charge was tried.",
    )
