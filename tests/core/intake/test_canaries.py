"""Answers are seen by those who may read them, and nowhere else: not in events, moves, audit, columns, logs, errors."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from core.intake.forms import bought, claimed, clinician, fill, intake_of, licensed, publish, submit, submitted
from hlc_adapters import wire
from hlc_adapters.sql.backend import open_database
from hlc_adapters.storage.cipher import Cipher
from hlc_adapters.storage.session import Session
from hlc_adapters.storage.shapes.all import ALL
from hlc_adapters.storage.shapes.care import DECISIONS, INTAKE_REVISIONS, INTAKES
from hlc_adapters.storage.shapes.platform import AUDIT_ENTRIES
from hlc_core.intake.api import AnswersNotUsable, Correction, GetIntake, SaveAnswers
from hlc_core.intake.definition import Answer
from hlc_core.review.api import ApproveReview, AskForCorrections, GetReview, ReviewView
from support.service import STAFF, serving
from support.worlds import PUBLIC, World, opened, prepare

CANARY = "kanarienvogel"
CLINICAL = (INTAKES, INTAKE_REVISIONS, DECISIONS)


def lived(world: World) -> str:
    """An intake that went there and back with the canary in every free text; answers the link's key."""
    order = submitted(world, glp1=("yes",), glp1_name=(CANARY,), allergies=(f"{CANARY}\nsecond line",))
    key = intake_of(world, order).session_key
    licensed(world)
    review, token = claimed(world, order)
    asked = (Correction(key="intake", item="weight", reason=f"{CANARY}: weigh again."),)
    world.execute(
        AskForCorrections(review=review, token=token, corrections=asked, note=f"{CANARY}: sorry."), clinician()
    )
    fill(world, order, glp1=("yes",), glp1_name=(CANARY,))
    submit(world, order)
    review, token = claimed(world, order)
    world.execute(ApproveReview(review=review, token=token, note=f"{CANARY}: fine."), clinician())
    return key


def test_only_sealed_bodies_hold_answers_and_the_links_key(world: World) -> None:
    """Every row of every table: what is not sealed has neither; of sealed ones no column has."""
    key = lived(world)
    for shape in ALL:
        for row in world.rows(shape):
            seen = "".join(str(column.take(row)) for column in shape.columns)
            if not shape.sealed:
                seen += repr_of(row)
            assert CANARY not in seen, shape.name
            assert key not in seen, shape.name
    assert all(shape.sealed for shape in CLINICAL)


def repr_of(row: Any) -> str:
    """All of it, whatever its text form hides."""
    return wire.encode(row)


def test_nothing_of_it_stands_in_the_text_form_of_values(memory_world: World) -> None:
    """What a log or an error might print."""
    world = memory_world
    key = lived(world)
    view: ReviewView = world.ask(GetReview(review=world.rows(INTAKES)[0].order), clinician())
    intake = world.ask(GetIntake(intake=world.rows(INTAKES)[0].id), clinician())
    told = [*map(repr, (view, intake)), *(repr(row) for shape in CLINICAL for row in world.rows(shape))]
    wish = SaveAnswers(session_key=key, questionnaire="intake", answers=(Answer(item="a", values=(CANARY,)),))

    for text in [*told, repr(wish)]:
        assert CANARY not in text
        assert key not in text


def test_the_audit_trail_tells_that_answers_were_given_not_which(memory_world: World) -> None:
    """Not even how many, or how long."""
    lived(memory_world)
    asked = [json.loads(row.asked) for row in memory_world.rows(AUDIT_ENTRIES) if row.command == "SaveAnswers"]

    assert asked
    assert {"withheld"} == {one["answers"] for one in asked}


def test_a_database_sealed_by_a_key_holds_no_answer_in_the_clear(tmp_path: Path) -> None:
    """With a cipher behind the port, the whole file is searched, byte by byte."""

    class Reversed:
        """A cipher that a search for the canary cannot see through."""

        def seal(self, text: str, organization: str, table: str, id: str, session: Session) -> str:
            return "sealed:" + text.encode().hex()

        def open(self, sealed: str, organization: str, table: str, id: str, session: Session) -> str:
            return bytes.fromhex(sealed.removeprefix("sealed:")).decode()

    cipher: Cipher = Reversed()
    url = f"sqlite:///{tmp_path / 'hlc.sqlite'}"
    prepare(url)
    with opened(backend=open_database(url, 2, cipher)) as world:
        key = lived(world)
    whole = b"".join(path.read_bytes() for path in tmp_path.glob("hlc.sqlite*"))

    assert CANARY.encode() not in whole
    assert key.encode() not in whole


def test_refusals_and_logs_repeat_no_answer(memory_world: World, caplog: pytest.LogCaptureFixture) -> None:
    """Over HTTP: the body of a refusal, its headers, and whatever is logged meanwhile."""
    caplog.set_level(logging.DEBUG)
    world = memory_world
    publish(world)
    order = bought(world)
    key = intake_of(world, order).session_key
    with serving(world.services, access_log=True) as client:
        told = client.post(
            f"/api/public/consultation/{key}/answers",
            {"questionnaire": CANARY, "answers": [{"item": CANARY, "values": [CANARY]}]},
        )
        bad = client.post(
            f"/api/public/consultation/{key}/answers",
            {"questionnaire": "intake", "answers": [{"item": "height", "values": [CANARY]}]},
        )
        staff = client.as_(STAFF).get("/api/v1/intakes")

    logged = "\n".join(record.getMessage() for record in caplog.records)
    for answer in (told, bad, staff):
        assert CANARY not in answer.body.decode()
        assert CANARY not in str(answer.headers)
    assert CANARY not in logged
    assert key not in logged
    with pytest.raises(AnswersNotUsable) as refusal:
        world.execute(
            SaveAnswers(session_key=key, questionnaire="intake", answers=(Answer(item="height", values=(CANARY,)),)),
            PUBLIC,
        )
    assert CANARY not in _all_words([refusal.value.detail, *map(str, refusal.value.faults)])


def _all_words(parts: Sequence[str]) -> str:
    return " ".join(parts)
