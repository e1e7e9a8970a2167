"""No health datum stands in the clear: not in the database, its dumps, logs, errors, mails, events or URLs.

Source: design/pains, Failure catalogue 71. A canary is said wherever patients, clinicians, pharmacies and partners say
something; then everything that may leave the sealed rows is searched for it.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from core.intake.forms import GOOD
from hlc_adapters.partners.payloads import told_of
from hlc_adapters.storage.shapes.prescriptions import DISPATCHES
from hlc_adapters.storage.shapes.provider_queue import QUEUE_ITEMS
from hlc_adapters.wire import edge
from hlc_core.kernel.evolve import evolve
from hlc_core.partners.api import MessageSource, ReceiveMessage, from_pharmacy
from support.care import ordered
from support.partners_world import CAREPORTALS_SECRET, INTAKE_SECRET, INVOICE_SECRET, Partner
from support.postgres import connected
from support.service import STAFF, Shop, Told, serving
from support.worlds import MEMORY, SYSTEM, World, opened

CANARY = "papagaienfeder"
"""Nothing is called that."""


def answers(**more: str) -> dict[str, object]:
    """Good answers, some of them with the canary."""
    given = {**GOOD, **{item: (text,) for item, text in more.items()}}
    listed = [{"item": item.replace("_", "-"), "values": list(values)} for item, values in given.items()]
    return {"questionnaire": "intake", "answers": listed}


def said_everywhere(partner: Partner) -> list[Told]:
    """The canary is said in every place where something about health is said; the answers, one after the other."""
    shop = Shop(partner.world, partner.client)
    care, staff = ordered(shop), shop.staff
    told = [partner.client.post(f"{care.link}/answers", answers(glp1="yes", glp1_name=CANARY, allergies=CANARY))]
    care.send()
    asked = {"corrections": [{"key": "intake", "item": "weight", "reason": f"{CANARY}: again."}], "note": CANARY}
    told.append(care.decide("corrections", care.claim(), **asked))
    care.answer(weight="96 kg")
    care.send()
    told.append(care.decide("approve", care.claim(), note=f"{CANARY}, and still suitable."))
    script = {"items": [{"drug": care.drug, "directions": f"Take it with {CANARY}."}], "prescriber": "Dr. Rivera"}
    told.append(staff.post(f"/api/v1/orders/{care.number}/prescribe", script))
    prescription = told[-1].json[0]["prescription"]["id"]
    partner.world.services.dispatch_due(SYSTEM)
    told += [
        staff.post(f"/api/v1/prescriptions/{prescription}/blocks", {"kind": "clarification", "note": CANARY}),
        staff.post(f"/api/v1/prescriptions/{prescription}/blocks/1/close", {"answer": CANARY}),
        staff.post(f"/api/v1/prescriptions/{prescription}/hold", {"reason": f"{CANARY} first."}),
    ]
    _hear(partner.world, "rejected", CANARY)
    told += [
        staff.post("/api/v1/patients", {"name": "Mia", "email": "mia@example.com", "history": _history()}),
        partner.intake(weight=CANARY, preferred_meds=CANARY, **{"glp1-last-30-medication-type": CANARY}),
        partner.pay(medication_type=CANARY, product="1mo Injections", plan="12 month"),
        partner.tell("prescription.created", _id="rx-1", customer__email="pat@example.com", drugName=CANARY),
    ]
    item = next(one.id for one in partner.world.rows(QUEUE_ITEMS) if one.order is None)
    decline = {"item": item, "action": "decline", "reason": f"{CANARY}: contraindicated."}
    told.append(staff.post("/api/provider/prescription-queue", decline))
    told.append(staff.get(f"/api/v1/reviews/{care.number}"))
    partner.world.services.relay(500)
    return told


def _hear(world: World, status: str, reason: str) -> None:
    dispatch = world.rows(DISPATCHES)[0].id
    told = from_pharmacy(
        "files", told_of(edge.write({"id": "1", "dispatch": dispatch, "status": status, "reason": reason}))
    )
    wish = ReceiveMessage(source=MessageSource.PHARMACY, event_id="1", kind=status, told=told)
    world.services.inbox.work_off(world.services.inbox.receive(wish, SYSTEM).message.id, SYSTEM)


def _history() -> dict[str, object]:
    return {"conditions": [CANARY], "allergies": [CANARY], "medications": [CANARY], "habits": [CANARY], "notes": CANARY}


def refused(partner: Partner) -> Iterator[Told]:
    """The canary in what is not taken: answers, reasons, directions, payloads, ids."""
    staff, long = partner.client.as_(STAFF), CANARY * 400
    yield partner.client.post(f"/api/public/consultation/{CANARY}/submit")
    for path, body in (
        ("/api/v1/patients", {"name": "x", "email": CANARY, "phone": CANARY, "history": {"notes": long}}),
        ("/api/v1/reviews/R-1/approve", {"token": CANARY, "note": CANARY}),
        ("/api/v1/reviews/R-1/reject", {"token": 1, "reason": long}),
        ("/api/v1/prescriptions", {"order": "o", "drug": "d", "directions": long}),
        ("/api/v1/prescriptions/rx_1/hold", {"reason": CANARY}),
        ("/api/provider/prescription-queue", {"item": "qi_1", "action": "decline", "reason": CANARY}),
    ):
        yield staff.post(path, body)
    yield partner.intake(email=CANARY, weight=CANARY)
    yield partner.pay(price=CANARY, medication_type=CANARY)
    yield partner.client.ask("POST", "/api/webhooks/wellmedr-intake", raw=CANARY.encode())


def dumped(url: str) -> Iterator[str]:
    """Everything that a dump of the database has in it, as text."""
    if url.startswith("sqlite"):
        file = Path(url.removeprefix("sqlite:///"))
        yield from (part.read_bytes().decode("latin-1") for part in file.parent.glob(f"{file.name}*") if part.is_file())
        with sqlite3.connect(file) as connection:
            yield from connection.iterdump()
        return
    with connected(url) as connection:
        tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        for (table,) in tables:
            yield from (
                str(row) for (row,) in connection.execute(f'SELECT t::text FROM "{table}" t')
            )  # the name of a table of ours


@pytest.fixture
def stored(database_url: str, caplog: pytest.LogCaptureFixture) -> Iterator[tuple[str, Partner]]:
    """A partner of a clinic on each backend, and where its rows are; everything is logged."""
    caplog.set_level(logging.DEBUG)
    with opened(database_url) as world:
        secrets: dict[str, Any] = {"wellmedr_intake_secret": INTAKE_SECRET, "wellmedr_invoice_secret": INVOICE_SECRET}
        known = evolve(world.services.settings, careportals_secret=CAREPORTALS_SECRET, **secrets)
        with serving(evolve(world.services, settings=known), access_log=True) as client:
            yield database_url, Partner(world, client)


def test_health_data_of_the_whole_road_stands_nowhere_in_the_clear(
    stored: tuple[str, Partner], caplog: pytest.LogCaptureFixture
) -> None:
    """It is there, sealed, for those who may read it; whoever has the file, a dump, the logs or the mails has none."""
    url, partner = stored
    told = said_everywhere(partner)

    assert {True} == {one.status < 300 for one in told}, [one for one in told if one.status >= 300]
    assert CANARY in told[-1].body.decode()
    assert [] == [mail.subject for mail in partner.world.mail.sent.values() if CANARY in f"{mail.subject} {mail.text}"]
    assert [] == _with_canary(f"{record.getMessage()} {vars(record)}" for record in caplog.records)
    if url != MEMORY:
        rows = [*dumped(url)]
        assert any("needs_correction" in row.lower() for row in rows)  # the search sees what is not sealed
        assert [] == _with_canary(rows)


def test_no_refusal_repeats_what_was_said_about_health(
    stored: tuple[str, Partner], caplog: pytest.LogCaptureFixture
) -> None:
    """Neither body nor headers nor log."""
    _, partner = stored
    answered = [*refused(partner)]

    assert [] == [one for one in answered if not 400 <= one.status < 500]
    assert [] == _with_canary(f"{one.status} {one.headers} {one.body.decode()}" for one in answered)
    assert [] == _with_canary(f"{record.getMessage()} {vars(record)}" for record in caplog.records)


def _with_canary(texts: Iterator[str] | Sequence[str]) -> list[str]:
    return [text[:300] for text in texts if CANARY in text]
