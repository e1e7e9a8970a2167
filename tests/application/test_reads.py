"""Reads of health data are recorded before their answer is given. On memory, SQLite and PostgreSQL."""

from __future__ import annotations

from typing import Any

from attrs import frozen

from hlc_adapters.storage.shapes.platform import AUDIT_ENTRIES
from hlc_core.application import Application, Question
from hlc_core.audit.api import Outcome
from hlc_core.kernel.commands import Actor, ActorKind, Envelope, Query
from hlc_core.kernel.errors import Denied, Missing
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import ActorId, PatientId
from support.refusals import refused
from support.worlds import ORGANIZATION, SYSTEM, World


@frozen(kw_only=True)
class ReadChart(Query[tuple[str, ...]]):
    """A question about health data."""

    patient: PatientId
    words: str = ""


def read_chart(query: ReadChart, env: Any) -> tuple[str, ...]:
    """Two findings, for patients that exist."""
    if query.patient == "pat_absent":
        raise Missing("There is no such patient.")
    return (f"{query.patient}1", f"{query.patient}2")


def shown(query: ReadChart, answer: tuple[str, ...]) -> list[str]:
    """The patient, then each finding; the second time the patient is named it counts no more."""
    return [f"patient {query.patient}", *(f"finding {one}" for one in answer), f"patient {query.patient}"]


QUESTIONS = (Question(ReadChart, read_chart, "emr.charts.view", shows=shown),)
NURSE = Envelope(
    actor=Actor(
        kind=ActorKind.STAFF,
        id=ActorId("usr_nurse"),
        organization=ORGANIZATION,
        permissions=frozenset({"emr.charts.view"}),
        on_behalf_of=ActorId("usr_doctor"),
    ),
    correlation="journey-7",
    channel="http",
    address="192.0.2.7",
    cause="asked by telephone",
)


def ask(world: World, query: ReadChart, envelope: Envelope = NURSE) -> tuple[str, ...]:
    """The answer of an application that knows this one question."""
    return Application(world.services.units, (), QUESTIONS, ()).ask(query, envelope)


def reads(world: World) -> list[Any]:
    """What the audit trail holds of the question."""
    return [entry for entry in world.rows(AUDIT_ENTRIES) if entry.command == "ReadChart"]


def test_a_read_says_who_saw_what_from_where_and_why(world: World) -> None:
    """With every record that the answer showed, once; without the free text of the question."""
    answer = ask(world, ReadChart(patient=PatientId("pat_1"), words="canary Jane"))

    assert ("pat_11", "pat_12") == answer
    (entry,) = reads(world)
    assert Outcome.READ is entry.outcome
    assert ("usr_nurse", "usr_doctor") == (entry.actor, entry.on_behalf_of)
    assert "patient pat_1, finding pat_11, finding pat_12" == entry.shown
    assert ("http", "192.0.2.7", "asked by telephone", "journey-7") == (
        entry.channel, entry.address, entry.cause, entry.correlation,
    )  # fmt: skip
    assert "canary" not in entry.asked
    assert "" == entry.written


def test_a_read_that_is_not_permitted_is_recorded_as_denied(world: World) -> None:
    """It shows nothing."""
    nobody = evolve(NURSE, actor=evolve(NURSE.actor, permissions=frozenset()))
    with refused(Denied):
        ask(world, ReadChart(patient=PatientId("pat_1")), nobody)

    (entry,) = reads(world)
    assert (Outcome.DENIED, "") == (entry.outcome, entry.shown)


def test_what_is_not_there_was_not_read(memory_world: World) -> None:
    """And what HLC asks itself, nobody saw; the system's own key over a face is somebody."""
    with refused(Missing):
        ask(memory_world, ReadChart(patient=PatientId("pat_absent")))
    ask(memory_world, ReadChart(patient=PatientId("pat_1")), SYSTEM)

    assert [] == reads(memory_world)
    ask(memory_world, ReadChart(patient=PatientId("pat_1")), evolve(SYSTEM, channel="http"))
    assert 1 == len(reads(memory_world))


def test_no_answer_without_its_entry(memory_world: World) -> None:
    """When the entry cannot be stored, the reader gets a refusal, not the chart."""
    memory_world.probe = stop

    with refused(Missing):
        ask(memory_world, ReadChart(patient=PatientId("pat_1")))
    assert [] == reads(memory_world)


def stop(point: str) -> None:
    """The store fails."""
    raise Missing(f"Stopped at {point}.")
