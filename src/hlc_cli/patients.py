"""`hlc patients`: who is treated."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from hlc_adapters.wire import edge
from hlc_cli.desk import Desk, desk_of
from hlc_cli.group import Cursor, Limit, group
from hlc_core.kernel.errors import Fault, Invalid
from hlc_core.kernel.ids import MergeId, PatientId
from hlc_core.kernel.personal import Purpose
from hlc_core.patients.api import (
    Address,
    ChangePatient,
    Claim,
    Clearable,
    ConfirmPatient,
    Contact,
    ExternalId,
    Gender,
    GetMedicalRecord,
    GetPatient,
    Hit,
    IdentifyPatient,
    LinkPatient,
    ListLinks,
    ListMerges,
    ListPatients,
    MedicalHistory,
    MergePatients,
    Particulars,
    Patient,
    PatientMerge,
    PreviewNumber,
    RegisterPatient,
    SearchPatients,
    UndoMerge,
)

app = group("Patients: who buys and is treated. `hlc import patients` brings them in.")

Who = Annotated[str, typer.Argument(metavar="PATIENT", help="The patient's id.")]
Email = Annotated[str | None, typer.Option("--email", help="The address; one account has it.")]
Phone = Annotated[str | None, typer.Option("--phone", help="With its country code, or as it is dialled at home.")]
Number = Annotated[str | None, typer.Option("--number", help="The patient number, up to 64 characters.")]
Born = Annotated[
    str | None, typer.Option("--born", metavar="DATE", help="Birth date, YYYY-MM-DD; left out: not known.")
]
Sex = Annotated[Gender | None, typer.Option("--gender", help="Administrative gender.")]
Details = Annotated[
    Path | None,
    typer.Option(
        "--details", metavar="FILE", help='JSON: "address" and "history", as over HTTP; health data is not typed.'
    ),
]
Portal = Annotated[bool | None, typer.Option("--portal/--no-portal", help="Whether they may sign in.")]
Whatsapp = Annotated[bool | None, typer.Option("--whatsapp/--no-whatsapp", help="Whether they write by WhatsApp.")]
External = Annotated[
    list[str] | None, typer.Option("--external", metavar="SYSTEM=ID", help="A partner's id; repeatable.")
]


@app.command("list")
def list_(context: typer.Context, limit: Limit = 50, cursor: Cursor = None) -> None:
    """Patients, the newest first. The read is recorded."""
    desk = desk_of(context)
    page = desk.ask(ListPatients(cursor=cursor, limit=limit))
    desk.out.page(page, _COLUMNS, _line)


@app.command()
def search(
    context: typer.Context,
    text: Annotated[str, typer.Argument(help="An address, a phone, a number, or (part of) a name.")],
    limit: Annotated[int, typer.Option("--limit", help="How many, 1 to 200.")] = 20,
) -> None:
    """Find patients: addresses, phones and numbers exactly, names roughly; one or two letters: how a name begins."""
    desk = desk_of(context)
    hits = desk.ask(SearchPatients(text=text, limit=limit))
    desk.out.items(
        hits,
        ("found by", ">similar", *_COLUMNS),
        _hit,
    )


@app.command()
def show(context: typer.Context, patient: Who) -> None:
    """A patient, without health data. The read is recorded."""
    _tell(desk_of(context), desk_of(context).ask(GetPatient(patient=PatientId(patient))))


@app.command()
def record(
    context: typer.Context,
    patient: Who,
    purpose: Annotated[Purpose, typer.Option("--for", help="What it is read for; recorded.")],
) -> None:
    """What a patient tells of their health. It is recorded who read it, and what for."""
    desk = desk_of(context)
    found = desk.ask(GetMedicalRecord(patient=PatientId(patient), purpose=purpose))
    history = found.history or MedicalHistory()
    desk.out.record(
        found,
        (
            ("patient", found.patient),
            ("born", found.birth_date or "N/A"),
            ("gender", found.gender),
            ("conditions", history.conditions),
            ("allergies", history.allergies),
            ("medications", history.medications),
            ("habits", history.habits),
            ("notes", history.notes),
        ),
    )


@app.command()
def register(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="First and last name.")],
    email: Email = None,
    phone: Phone = None,
    number: Number = None,
    born: Born = None,
    gender: Sex = None,
    details: Details = None,
    portal: Portal = None,
    whatsapp: Whatsapp = None,
    external: External = None,
) -> None:
    """Register a patient. A number or an address that another patient has is refused, naming it."""
    desk = desk_of(context)
    address, history = _details(details)
    person = Particulars(
        contact=Contact(email=email or "", name=name, phone=phone or ""),
        address=address,
        number=number,
        birth_date=_day(born),
        gender=gender,
        history=history,
    )
    made = desk.execute(
        RegisterPatient(
            person=person,
            portal_access=bool(portal),
            has_whatsapp=bool(whatsapp),
            external_ids=tuple(_external(one) for one in external or ()),
        )
    )
    _tell(desk, made, "Registered.")


@app.command()
def change(
    context: typer.Context,
    patient: Who,
    name: Annotated[str | None, typer.Option("--name", help="First and last name.")] = None,
    email: Email = None,
    phone: Phone = None,
    number: Number = None,
    born: Born = None,
    gender: Sex = None,
    details: Details = None,
    portal: Portal = None,
    whatsapp: Whatsapp = None,
    clear: Annotated[list[Clearable] | None, typer.Option("--clear", help="Take this away; repeatable.")] = None,
) -> None:
    """Change some of what is known of a patient; what is not named stays."""
    desk = desk_of(context)
    address, history = _details(details)
    changed = desk.execute(
        ChangePatient(
            patient=PatientId(patient),
            name=name,
            email=email,
            phone=phone,
            number=number,
            birth_date=_day(born),
            gender=gender,
            address=address,
            history=history,
            portal_access=portal,
            has_whatsapp=whatsapp,
            clear=tuple(clear or ()),
        )
    )
    _tell(desk, changed, "This is known now.")


@app.command("next-number")
def next_number(context: typer.Context) -> None:
    """A patient number that is free; asking reserves nothing."""
    desk = desk_of(context)
    number = desk.ask(PreviewNumber())
    if desk.out.json:
        desk.out.data({"number": number})
    else:
        desk.out.plain(number)


@app.command()
def identify(
    context: typer.Context,
    email: Email = None,
    phone: Phone = None,
    name: Annotated[str | None, typer.Option("--name", help="Never suffices by itself.")] = None,
    external: Annotated[str | None, typer.Option("--external", metavar="SYSTEM=ID", help="A partner's id.")] = None,
    register: Annotated[bool, typer.Option("--register", help="Register whom nobody knows.")] = False,
) -> None:
    """Whose message is it: by address, partner's id, phone; by name only with a person's confirmation."""
    desk = desk_of(context)
    claim = Claim(
        email=email or "", phone=phone or "", name=name or "", external_id=_external(external) if external else None
    )
    contact = Contact(email=email or "", name=name or "", phone=phone or "")
    person = Particulars(contact=contact) if register else None
    found = desk.execute(IdentifyPatient(claim=claim, person=person))
    facts = found.identified
    desk.out.record(
        found,
        (
            ("verdict", facts.verdict),
            ("by", facts.by),
            ("doubt", facts.doubt),
            ("evidence", [f"{one.by}: {one.patient}" for one in facts.evidence]),
            ("patient", None if found.patient is None else found.patient.id),
        ),
    )


@app.command()
def links(context: typer.Context, patient: Who) -> None:
    """Under which ids other systems know the patient."""
    desk = desk_of(context)
    found = desk.ask(ListLinks(patient=PatientId(patient)))
    desk.out.items(found, ("system", "id there"), lambda one: (one.system, one.value))


@app.command()
def link(
    context: typer.Context,
    patient: Who,
    external: Annotated[str, typer.Argument(metavar="SYSTEM=ID", help="Under which id which system knows them.")],
) -> None:
    """Note a partner's id of the patient."""
    desk = desk_of(context)
    _tell(desk, desk.execute(LinkPatient(patient=PatientId(patient), external_id=_external(external))), "Noted.")


@app.command()
def confirm(
    context: typer.Context, patient: Annotated[str, typer.Argument(help="The id of the provisional patient.")]
) -> None:
    """Join a provisional patient to the account whose address it used, after proof that it is theirs."""
    desk = desk_of(context)
    account = desk.execute(ConfirmPatient(patient=PatientId(patient)))
    desk.out.record(account, (("account", account.id), ("name", account.contact.name)), "Joined.")


@app.command()
def merge(
    context: typer.Context,
    duplicate: Annotated[str, typer.Argument(help="The record that joins.")],
    into: Annotated[str, typer.Argument(help="The record that stays.")],
    reason: Annotated[str, typer.Option("--reason", help="Why, for whoever looks later.")] = "",
) -> None:
    """Make two records of one person one. Nothing of the books is moved, and it can be undone."""
    desk = desk_of(context)
    done = desk.execute(MergePatients(duplicate=PatientId(duplicate), into=PatientId(into), reason=reason))
    desk.out.record(done, _facts(done), "Merged.")


@app.command()
def merges(context: typer.Context, patient: Who) -> None:
    """The merges that the patient was part of, the newest first."""
    desk = desk_of(context)
    desk.out.items(
        desk.ask(ListMerges(patient=PatientId(patient))),
        ("merge", "state", "duplicate", "into", "in common", "taken over", "when"),
        lambda one: (one.id, one.state, one.duplicate, one.into, one.evidence, one.filled, one.at),
    )


@app.command()
def unmerge(context: typer.Context, merge: Annotated[str, typer.Argument(help="The id of the merge.")]) -> None:
    """Undo a merge: what went over goes back. Refused where it was changed since."""
    desk = desk_of(context)
    undone = desk.execute(UndoMerge(merge=MergeId(merge)))
    desk.out.record(undone, _facts(undone), "Undone.")


_COLUMNS = ("name", "email", "phone", "number", "standing", "since", "external id", "id")


def _line(one: Patient) -> Sequence[object]:
    told = one.contact
    return (told.name, told.email, told.phone, one.number, one.standing, one.created_at, one.external_id, one.id)


def _hit(one: Hit) -> Sequence[object]:
    return (one.by, f"{one.similarity / 10:.0f} %", *_line(one.patient))


def _tell(desk: Desk, one: Patient, sentence: str = "") -> None:
    desk.out.record(
        one,
        (
            ("patient", one.id),
            ("name", one.contact.name),
            ("email", one.contact.email),
            ("phone", one.contact.phone),
            ("number", one.number),
            ("standing", one.standing),
            ("joined", one.claims),
            ("may sign in", one.portal_access),
            ("WhatsApp", one.has_whatsapp),
            ("health data", "hlc patients record ID --for treatment" if one.history or one.birth_date else ""),
        ),
        sentence,
    )


def _facts(one: PatientMerge) -> Sequence[tuple[str, Any]]:
    return (
        ("merge", one.id),
        ("state", one.state),
        ("duplicate", one.duplicate),
        ("into", one.into),
        ("in common", one.evidence or "nothing"),
        ("taken over", one.filled),
        ("external ids", len(one.links)),
    )


def _day(text: str | None) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Invalid("That is no date.", Fault("born", "write YYYY-MM-DD")) from None


def _external(text: str) -> ExternalId:
    system, equals, value = text.partition("=")
    if not equals:
        raise Invalid("That is no external id.", Fault("external", "write SYSTEM=ID"))
    return ExternalId(system=system, value=value)


def _details(path: Path | None) -> tuple[Address | None, MedicalHistory | None]:
    if path is None:
        return None, None
    try:
        told = edge.parsed(path.read_bytes())
    except (OSError, ValueError):
        raise Invalid("The details cannot be read.", Fault("details", f"a JSON file at {path}")) from None
    unknown = set(told) - {"address", "history"} if isinstance(told, dict) else {"?"}
    if unknown:
        raise Invalid("The details cannot be read.", Fault("details", 'an object with "address" and "history"'))
    address, history = told.get("address"), told.get("history")
    return (
        None if address is None else edge.read(address, Address),
        None if history is None else edge.read(history, MedicalHistory),
    )
