"""`hlc patients`: who is treated."""

from __future__ import annotations

from typing import Annotated

import typer

from hlc_cli.desk import desk_of
from hlc_cli.group import Cursor, Limit, group
from hlc_core.kernel.ids import PatientId
from hlc_core.patients.api import ConfirmPatient, ListPatients

app = group("Patients: who buys and is treated. `hlc import patients` brings them in.")


@app.command("list")
def list_(context: typer.Context, limit: Limit = 50, cursor: Cursor = None) -> None:
    """Patients, in the order in which they came."""
    desk = desk_of(context)
    page = desk.ask(ListPatients(cursor=cursor, limit=limit))
    desk.out.page(
        page,
        ("name", "email", "standing", "since", "external id", "id"),
        lambda one: (
            one.contact.name,
            one.contact.email,
            one.standing,
            one.created_at,
            one.external_id,
            one.id,
        ),
    )


@app.command()
def confirm(
    context: typer.Context, patient: Annotated[str, typer.Argument(help="The id of the provisional patient.")]
) -> None:
    """Join a provisional patient to the account whose address it used, after proof that it is theirs."""
    desk = desk_of(context)
    account = desk.execute(ConfirmPatient(patient=PatientId(patient)))
    desk.out.record(account, (("account", account.id), ("name", account.contact.name)), "Joined.")
