"""Rows and tables of the storage contract: every type of column, every kind of rule, and nothing of the trade."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any

from attrs import frozen

from hlc_adapters.clock import VirtualClock
from hlc_adapters.storage.session import Backend, Session
from hlc_adapters.storage.shape import Index, Shape, Unique, boolean, day, instant, integer, text
from hlc_adapters.storage.shapes import platform
from hlc_adapters.storage.unit_of_work import UnitOfWork
from hlc_core.kernel.commands import Actor, ActorKind
from hlc_core.kernel.ids import ActorId, OrganizationId
from hlc_core.kernel.machine import Machine, NoFacts, Rule
from hlc_core.kernel.money import Money

NOW = datetime(2026, 1, 15, 17, 30, 0, 123456, tzinfo=UTC)


class Light(StrEnum):
    """States."""

    RED = "red"
    GREEN = "green"
    OUT = "out"


class Switch(StrEnum):
    """Triggers."""

    TURN = "turn"
    BREAK = "break"


LIGHT = Machine[Light, Switch, NoFacts](
    name="light",
    initial=Light.RED,
    final=frozenset({Light.OUT}),
    rules=(
        Rule(Light.RED, Switch.TURN, Light.GREEN),
        Rule(Light.GREEN, Switch.TURN, Light.RED),
        Rule(Light.RED, Switch.BREAK, Light.OUT),
    ),
)


@frozen(kw_only=True)
class Part:
    """Something nested."""

    label: str
    cost: Money


@frozen(kw_only=True, slots=False)
class Thing:
    """A row with a body."""

    id: str
    organization: str
    name: str | None = None
    shelf: str | None = None
    place: int | None = None
    owner: str | None = None
    state: Light = Light.RED
    weight: int | None = None
    sold: bool | None = None
    made_on: date | None = None
    seen_at: datetime | None = None
    parts: tuple[Part, ...] = ()
    number: int | None = None
    series: str | None = None
    version: int = 0


THINGS: Shape[Thing] = Shape(
    "things",
    Thing,
    (
        text("name"), text("shelf"), integer("place"), text("owner"), text("state"), integer("weight"),
        boolean("sold"), day("made_on"), instant("seen_at"), integer("number"), text("series"),
    ),
    uniques=(
        Unique("one_name", ("name",)),
        Unique("one_thing_per_place", ("shelf", "place")),
        Unique("one_unbroken_thing_per_owner", ("owner",), unless=("state", Light.OUT)),
        Unique("one_number_per_series", ("series", "number")),
    ),
    indexes=(
        Index(("state", "weight")),
        Index(("seen_at",)),
        Index(("state",), only=("state", Light.GREEN)),
    ),
    machine=LIGHT,
    numbered=lambda thing: thing.series,
    kind="thing",
    shared=True,
)  # fmt: skip


@frozen(kw_only=True, slots=False)
class Flat:
    """A row that has only columns."""

    id: str
    organization: str
    word: str
    count: int | None = None
    sold: bool | None = None
    light: Light | None = None
    made_on: date | None = None
    seen_at: datetime | None = None
    version: int = 0


FLATS: Shape[Flat] = Shape(
    "flats",
    Flat,
    (text("word"), integer("count"), boolean("sold"), text("light"), day("made_on"), instant("seen_at")),
    flat=True,
)

SHAPES: tuple[Shape[Any], ...] = (THINGS, FLATS, *platform.SHAPES)


def thing(organization: str, id: str, **fields: Any) -> Thing:
    """A row."""
    return Thing(id=id, organization=organization, **fields)


def line(organization: str, id: str, **fields: Any) -> Flat:
    """A row of columns."""
    return Flat(**{"id": id, "organization": organization, "word": "", **fields})


def unit_on(session: Session, organization: str) -> UnitOfWork:
    """A unit of work on an open transaction."""
    actor = Actor(kind=ActorKind.SYSTEM, id=ActorId("tester"), organization=OrganizationId(organization))
    return UnitOfWork(session, organization, actor, VirtualClock(NOW), "Test")


@contextmanager
def writing(backend: Backend, organization: str) -> Iterator[UnitOfWork]:
    """A unit of work that is flushed and committed at the end of the block, and rolled back if that raises."""
    session = backend.begin(write=True)
    try:
        unit = unit_on(session, organization)
        yield unit
        unit.flush()
        session.commit()
    except BaseException:
        session.rollback()
        raise


@contextmanager
def reading(backend: Backend, organization: str) -> Iterator[UnitOfWork]:
    """A unit of work that keeps nothing."""
    session = backend.begin(write=False)
    try:
        yield unit_on(session, organization)
    finally:
        session.rollback()


def kept(backend: Backend, *things: Any, shape: Shape[Any] = THINGS) -> None:
    """Have these rows stored."""
    with writing(backend, things[0].organization) as unit:
        for one in things:
            unit.add(shape, one)


def all_of(backend: Backend, organization: str, shape: Shape[Any] = THINGS) -> list[Any]:
    """Every row, by id."""
    with reading(backend, organization) as unit:
        return unit.select(shape)
