"""`hlc intakes`: the answers that orders ask their patients for."""

from __future__ import annotations

from typing import Annotated

import typer

from hlc_cli.desk import Desk, desk_of
from hlc_cli.group import Cursor, Limit, group
from hlc_core.intake.api import GetIntake, IntakeState, IntakeView, LinkOfOrder, ListIntakes, RevisionShown
from hlc_core.kernel.errors import Conflict, Fault
from hlc_core.kernel.ids import PatientId

app = group("Intakes: the answers that orders ask their patients for.")

Word = Annotated[str, typer.Argument(metavar="INTAKE", help="Its id, or its order's number (R-…) or id.")]


@app.command("list")
def list_(
    context: typer.Context,
    state: Annotated[IntakeState | None, typer.Option(help="Only these.")] = None,
    patient: Annotated[str | None, typer.Option(help="Only this patient's (an id); all states.")] = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> None:
    """Intakes, newest first; no answers."""
    desk = desk_of(context)
    who = None if patient is None else PatientId(patient)
    desk.out.page(
        desk.ask(ListIntakes(state=state, patient=who, cursor=cursor, limit=limit)),
        ("order", "state", "waits for", "since", ">revision", "questionnaires", "not published", "id"),
        lambda one: (
            one.order_number,
            one.state,
            one.waits_for,
            one.since,
            one.revision,
            tuple(f"{pin.key} {pin.number}" for pin in one.pins),
            one.missing,
            one.id,
        ),
    )


@app.command()
def show(
    context: typer.Context,
    intake: Word,
    revision: Annotated[int | None, typer.Option(min=1, help="Which revision; else the last.")] = None,
) -> None:
    """One intake with the answers of a revision, and what it changed. Health data."""
    desk = desk_of(context)
    view = desk.ask(GetIntake(intake=intake, revision=revision))
    _show(desk, view)


@app.command()
def link(context: typer.Context, intake: Word) -> None:
    """The link under which the patient answers. Whoever has it can read and change the answers: hand it to nobody else.

    Refused while the answers are not with the patient.
    """
    desk = desk_of(context)
    found = desk.ask(GetIntake(intake=intake)).intake
    path = desk.services.application.ask(LinkOfOrder(order=found.order), desk.machine)
    if path is None:
        raise Conflict(
            f"Nothing is to be answered now: the intake is {found.state}.", Fault("intake", "see `hlc intakes show`")
        )
    domain = desk.organization.domains.consultation
    url = f"{f'https://{domain}' if domain else desk.services.settings.base_url}{path}"
    desk.out.record({"url": url}, (("link", url),))


def _show(desk: Desk, view: IntakeView) -> None:
    held = view.intake
    desk.out.record(
        view,
        (
            ("intake", held.id),
            ("order", held.order_number),
            ("state", held.state),
            ("waits for", held.waits_for),
            ("since", held.since),
            ("patient", held.patient),
            ("not published", held.missing),
            ("asked again", tuple(f"{one.key} {one.item}: {one.reason}" for one in held.asked)),
            ("note", view.note),
        ),
    )
    if view.shown is not None and not desk.out.json:
        show_answers(desk, view.shown)


def show_answers(desk: Desk, shown: RevisionShown) -> None:
    """The answers of a revision as tables, with what they come to."""
    for form in shown.forms:
        desk.out.say(f"{form.title} ({form.key}, version {form.number}), revision {shown.number}:")
        desk.out.table(
            ("item", "answer", "was", "speaks against"),
            [(one.item, one.answer, one.changed_from or "", one.disqualifies) for one in form.answers],
        )
        verdict = form.judged
        for value in verdict.values:
            desk.out.say(f"  {value.title}: {value.value}")
        for score in verdict.scores:
            desk.out.say(f"  {score.title}: {score.points}" + (f" ({score.band})" if score.band else ""))
        for finding in verdict.findings:
            desk.out.say(f"  against approval: {finding.reason}")
