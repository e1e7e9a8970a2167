"""`hlc licences`: under which clinicians may approve."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from hlc_cli.desk import Desk, desk_of
from hlc_cli.group import Cursor, Limit, group
from hlc_core.kernel.ids import ActorId, LicenceId
from hlc_core.review.api import AddLicence, Licence, ListLicences, RenewLicence, VerifyLicence, WithdrawLicence

app = group("Licences: in which states clinicians may approve.")

Id = Annotated[str, typer.Argument(metavar="LICENCE", help="Its id (lic_…).")]


@app.command("list")
def list_(
    context: typer.Context,
    clinician: Annotated[str | None, typer.Option(help="Only this clinician's (a user id).")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> None:
    """Licences, and whether each is valid today."""
    desk = desk_of(context)
    who = None if clinician is None else ActorId(clinician)
    desk.out.page(
        desk.ask(ListLicences(clinician=who, cursor=cursor, limit=limit)),
        ("clinician", "state", "number", "expires", "verified", "withdrawn", "valid", "id"),
        lambda one: (
            one.licence.clinician,
            f"{one.licence.country}-{one.licence.state}",
            one.licence.number,
            one.licence.expires_on,
            one.licence.verified_at,
            one.licence.withdrawn_at,
            one.valid,
            one.licence.id,
        ),
    )


@app.command()
def add(
    context: typer.Context,
    clinician: Annotated[str, typer.Argument(help="The clinician (a user id).")],
    state: Annotated[str, typer.Argument(help="A state, such as NY.")],
    number: Annotated[str, typer.Argument(help="The licence's number.")],
    expires: Annotated[datetime, typer.Option("--expires", formats=["%Y-%m-%d"], help="Its last day.")],
    country: Annotated[str, typer.Option(help="Two letters.")] = "US",
) -> None:
    """Add a licence; it counts once it is verified."""
    desk = desk_of(context)
    command = AddLicence(
        clinician=ActorId(clinician), number=number, state=state, expires_on=expires.date(), country=country
    )
    _show(desk, desk.execute(command), "Added; it counts once it is verified.")


@app.command()
def verify(context: typer.Context, licence: Id) -> None:
    """Say that it was compared with the register of its state."""
    desk = desk_of(context)
    _show(desk, desk.execute(VerifyLicence(licence=LicenceId(licence))), "Verified.")


@app.command()
def renew(
    context: typer.Context,
    licence: Id,
    expires: Annotated[datetime, typer.Option("--expires", formats=["%Y-%m-%d"], help="Its new last day.")],
) -> None:
    """Say that its state prolonged it; it counts again once that is verified."""
    desk = desk_of(context)
    command = RenewLicence(licence=LicenceId(licence), expires_on=expires.date())
    _show(desk, desk.execute(command), "Renewed; it counts once it is verified.")


@app.command()
def withdraw(context: typer.Context, licence: Id) -> None:
    """It counts no more; what was decided under it stays."""
    desk = desk_of(context)
    _show(desk, desk.execute(WithdrawLicence(licence=LicenceId(licence))), "Withdrawn.")


def _show(desk: Desk, held: Licence, sentence: str) -> None:
    desk.out.record(
        held,
        (
            ("licence", held.id),
            ("clinician", held.clinician),
            ("state", f"{held.country}-{held.state}"),
            ("number", held.number),
            ("expires", held.expires_on),
            ("verified", held.verified_at),
            ("withdrawn", held.withdrawn_at),
        ),
        sentence,
    )
