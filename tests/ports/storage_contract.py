"""What every storage must do: one set of cases, run on memory, SQLite and PostgreSQL (`test_storage`)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from functools import partial
from itertools import count, product
from operator import ne
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hlc_adapters.storage.session import Backend, Write
from hlc_adapters.storage.shape import Op, Where, above, at_most, below, eq, one_of
from hlc_adapters.storage.shapes.platform import MOVES
from hlc_adapters.storage.unit_of_work import ReadOnly
from hlc_core.kernel.errors import AlreadyExists, Missing, Stale
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.money import Money
from ports.storage_shapes import (
    FLATS,
    NOW,
    THINGS,
    Flat,
    Light,
    Part,
    Thing,
    all_of,
    kept,
    line,
    reading,
    thing,
    unit_on,
    writing,
)
from support.refusals import refused

_organizations = count(1)

MANY = 45
"""More rows than one statement writes together."""

DAY = date(2026, 2, 28)
VALUES: dict[str, list[Any]] = {
    "name": [None, "", "a", "B", "b", "ä", "z", "a b", "100%", "Ünï"],
    "weight": [None, -(2**62), -1, 0, 1, 7, 2**62],
    "sold": [None, False, True],
    "made_on": [None, DAY, DAY + timedelta(days=1), date(1999, 12, 31), date(2038, 1, 20)],
    "seen_at": [
        None,
        NOW,
        NOW + timedelta(microseconds=1),
        NOW - timedelta(days=9000),
        datetime(2026, 1, 1, tzinfo=UTC),
    ],
    "state": list(Light),
}
ORDERED = (Op.LE, Op.LT, Op.GE, Op.GT)


def meets(value: Any, op: Op, wanted: Any) -> bool:
    """SQL's answer: a NULL meets nothing but the question for it."""
    if op is Op.IS_NULL:
        return value is None
    if value is None or wanted is None:
        return False
    if op is Op.IN:
        return value in wanted
    tests: dict[Op, Callable[[], bool]] = {
        Op.EQ: lambda: value == wanted,
        Op.NE: lambda: value != wanted,
        Op.LE: lambda: value <= wanted,
        Op.LT: lambda: value < wanted,
        Op.GE: lambda: value >= wanted,
        Op.GT: lambda: value > wanted,
    }
    return tests[op]()


def awkward(organization: str) -> list[Thing]:
    """Rows with every value of every column."""
    ids = (f"t{n:03d}" for n in count())
    rows = []
    for column, values in VALUES.items():
        rows += [thing(organization, next(ids), **{column: value}) for value in values]
    return rows


class StorageContract:
    """A subclass brings a `backend` with the tables of `storage_shapes`; every case uses organizations of its own."""

    @pytest.fixture
    def org(self) -> str:
        """An organization of the case's own."""
        return f"org_{next(_organizations)}"

    # reading

    def test_what_was_stored_is_read_as_it_was(self, backend: Backend, org: str) -> None:
        """Every type of field, nested values, instants of other zones as the same instant."""
        elsewhere = datetime(2026, 3, 29, 3, 15, tzinfo=timezone(timedelta(hours=5, minutes=45)))
        parts = (Part(label="x", cost=Money(-5, "KWD")), Part(label="", cost=Money(10**15, "JPY")))
        text, most = "Ünï \u2028 \U0001f600 '\"\\ \t", 2**62
        one = thing(org, "a", name=text, weight=-most, sold=False, made_on=DAY, seen_at=elsewhere, parts=parts)
        kept(backend, one, thing(org, "b"))

        found = all_of(backend, org)
        assert [evolve(one, version=1), thing(org, "b", version=1)] == found
        assert found[0].seen_at.utcoffset() is not None

    def test_flat_rows_come_back_as_they_were(self, backend: Backend, org: str) -> None:
        """Rows without a body: all columns, and all of them empty; instants come in UTC."""
        full = Flat(
            id="a", organization=org, word="wörd", count=2**40, sold=True, light=Light.OUT, made_on=DAY, seen_at=NOW
        )
        kept(backend, full, Flat(id="b", organization=org, word=""), shape=FLATS)

        found = all_of(backend, org, FLATS)
        assert [evolve(full, version=1), Flat(id="b", organization=org, word="", version=1)] == found
        assert [timedelta(0)] == [one.seen_at.utcoffset() for one in found if one.seen_at is not None]
        assert type(found[0].light) is Light

    def test_get_find_and_many(self, backend: Backend, org: str) -> None:
        """One, one or none, those that exist: asked for twice is answered once."""
        kept(backend, thing(org, "a"), thing(org, "b"))
        with reading(backend, org) as unit:
            assert "a" == unit.get(THINGS, "a").id
            assert unit.find(THINGS, "c") is None
            with refused(Missing):
                unit.get(THINGS, "c")
            assert ["b", "a"] == [one.id for one in unit.many(THINGS, ["b", "c", "a", "b"])]
            assert [] == unit.many(THINGS, [])

    @pytest.mark.parametrize("column", VALUES)
    def test_every_comparison_of_every_type(self, backend: Backend, org: str, column: str) -> None:
        """By the oracle above, through the index or not; counting agrees with selecting."""
        rows = awkward(org)
        kept(backend, *rows)
        wanted = VALUES[column]
        questions = [Where(column, op, value) for op, value in product((Op.EQ, Op.NE), wanted)]
        questions += [Where(column, Op.IS_NULL)]
        questions += [one_of(column, [v for v in wanted if v is not None][:n]) for n in range(4)]
        if column not in ("sold", "state"):
            questions += [Where(column, op, value) for op, value in product(ORDERED, wanted)]
        with reading(backend, org) as unit:
            for asked in questions:
                expected = [one.id for one in rows if meets(getattr(one, column), asked.op, asked.value)]
                assert expected == [one.id for one in unit.select(THINGS, asked)], asked
                assert len(expected) == unit.count(THINGS, asked), asked

    def test_several_conditions_must_all_be_met(self, backend: Backend, org: str) -> None:
        """Equality, a range and a list at once, along an index and beside it."""
        rows = [
            thing(org, f"t{n:02d}", state=state, weight=weight, seen_at=NOW + timedelta(hours=weight or 0))
            for n, (state, weight) in enumerate(product(Light, [None, 1, 2, 3, 4]))
        ]
        kept(backend, *rows)
        with reading(backend, org) as unit:
            for state, most, least in product(Light, range(1, 5), range(1, 5)):
                where = (eq("state", state), at_most("weight", most), above("weight", least))
                expected = [r.id for r in rows if r.state is state and r.weight and least < r.weight <= most]
                assert expected == [one.id for one in unit.select(THINGS, *where)]
            many = (one_of("state", (Light.RED, Light.OUT)), below("seen_at", NOW + timedelta(hours=3)))
            expected = [r.id for r in rows if r.state is not Light.GREEN and (r.weight or 0) < 3]
            assert expected == [one.id for one in unit.select(THINGS, *many)]
            only_green = unit.select(THINGS, eq("state", Light.GREEN))
            assert [r.id for r in rows if r.state is Light.GREEN] == [one.id for one in only_green]

    @pytest.mark.parametrize("column", ["name", "weight", "made_on", "seen_at"])
    def test_order_and_limit(self, backend: Backend, org: str, column: str) -> None:
        """Upwards, downwards, by two columns; text by its code points, as Python sorts; the limit takes the first."""
        values = [value for value in VALUES[column] if value is not None]
        rows = [thing(org, f"t{n:02d}", **{column: value}) for n, value in enumerate(values)]
        if column != "name":
            rows += [thing(org, f"u{n:02d}", **{column: value}) for n, value in enumerate(values)]
        kept(backend, *rows)
        up = [r.id for r in sorted(rows, key=lambda r: (getattr(r, column), r.id))]
        by_id_down = sorted(sorted(rows, key=lambda r: r.id, reverse=True), key=lambda r: getattr(r, column))
        with reading(backend, org) as unit:
            assert up == [one.id for one in unit.select(THINGS, order=(column, "id"))]
            assert up[:3] == [one.id for one in unit.select(THINGS, order=(column, "id"), limit=3)]
            assert up[::-1] == [one.id for one in unit.select(THINGS, order=(f"-{column}", "-id"))]
            assert [r.id for r in by_id_down] == [one.id for one in unit.select(THINGS, order=(column, "-id"))]
            assert [] == unit.select(THINGS, order=(column, "id"), limit=0)

    def test_ids_are_compared_by_code_points(self, backend: Backend, org: str) -> None:
        """Pages and the moves of one aggregate are found by ranges of ids: no locale may have a say in it."""
        ids = sorted(["a", "a:1", "a:10", "a:2", "a;", "a_", "aa", "B", "b", "a-1", "Z", "ä"])
        kept(backend, *(thing(org, id) for id in ids))
        with reading(backend, org) as unit:
            assert ids == [one.id for one in unit.select(THINGS)]
            assert ids[::-1] == [one.id for one in unit.select(THINGS, order=("-id",))]
            for here in ids:
                assert [id for id in ids if id > here] == [one.id for one in unit.select(THINGS, above("id", here))]
            assert ["a:1", "a:10", "a:2"] == [r.id for r in unit.select(THINGS, above("id", "a:"), below("id", "a;"))]

    @pytest.mark.parametrize("more", [3, 70])
    def test_ids_stay_in_order_while_rows_come_and_go(self, backend: Backend, org: str, more: int) -> None:
        """Few or many, in any order, taken away, and rolled back: pages of ids show what stands."""
        first = [f"f{n:03d}" for n in range(0, 200, 2)]
        kept(backend, *(line(org, id) for id in first), shape=FLATS)

        def paged() -> list[str]:
            with reading(backend, org) as unit:
                found = unit.select(FLATS, limit=50)
                while rest := unit.select(FLATS, above("id", found[-1].id), limit=50):
                    found += rest
                down = unit.select(FLATS, order=("-id",), limit=300)
            assert found == down[::-1]
            return [one.id for one in found]

        assert first == paged()
        new = [f"f{n:03d}" for n in range(2 * more - 1, 0, -2)] + [f"g{n}" for n in range(more)]
        session = backend.begin(write=True)
        unit = unit_on(session, org)
        unit.add(FLATS, line(org, "e"))
        unit.remove(FLATS, unit.get(FLATS, "f000"))
        unit.flush()
        session.rollback()
        assert first == paged()
        with writing(backend, org) as unit:
            for id in new:
                unit.add(FLATS, line(org, id))
            unit.remove(FLATS, unit.get(FLATS, "f004"))
        assert sorted({*first, *new} - {"f004"}) == paged()

    def test_long_lists_are_asked_for_in_pieces(self, backend: Backend, org: str) -> None:
        """More values than one statement takes; each once."""
        kept(backend, *(thing(org, f"t{n:04d}", name=f"n{n}") for n in range(40)))
        with reading(backend, org) as unit:
            found = unit.chunks(THINGS, "name", (f"n{n % 1200}" for n in range(2400)))
            assert {f"t{n:04d}" for n in range(40)} == {one.id for one in found}
            assert 40 == len(found)
            assert 1 == len(unit.chunks(THINGS, "name", ["n1"]))
            assert [] == unit.chunks(THINGS, "name", [])

    @pytest.mark.parametrize("flushed", [False, True])
    def test_rows_that_name_a_new_row_are_found_here(self, backend: Backend, org: str, flushed: bool) -> None:
        """The id of a row that is new in this transaction is known to nobody else: only what is here is looked at."""
        kept(backend, thing(org, "b", shelf="y"), thing(org, "c", shelf="x"), thing(org, "d", shelf="y"))
        kept(backend, line(org, "y"), shape=FLATS)
        with writing(backend, org) as unit:
            unit.add(FLATS, line(org, "x"))
            unit.get(FLATS, "y")
            unit.add(THINGS, thing(org, "a", shelf="x"))
            unit.save(THINGS, evolve(unit.get(THINGS, "d"), shelf="x"))
            unit.save(THINGS, evolve(unit.get(THINGS, "b"), shelf="z"))
            if flushed:
                unit.flush()
            named = {name: [r.id for r in unit.chunks(THINGS, "shelf", [name], of=(FLATS,))] for name in ("x", "y")}

        assert {"x": ["a", "d"], "y": []} == named, "c is no such row: it was there before what it names"

    # the unit of work

    def test_a_row_is_the_same_however_it_is_found(self, backend: Backend, org: str) -> None:
        """One transaction sees one value of a row, its own latest."""
        kept(backend, thing(org, "a", name="old"), thing(org, "b"))
        with writing(backend, org) as unit:
            first = unit.get(THINGS, "a")
            assert first is unit.find(THINGS, "a")
            assert first is unit.many(THINGS, ["b", "a"])[1]
            assert first is unit.select(THINGS, eq("name", "old"))[0]
            changed = evolve(first, name="new")
            unit.save(THINGS, changed)
            assert changed is unit.get(THINGS, "a")
            assert [changed] == unit.select(THINGS, eq("name", "new"))
            assert [] == unit.select(THINGS, eq("name", "old"))
            assert changed is unit.get(THINGS, "a")

    def test_what_was_added_is_found_before_it_is_committed(self, backend: Backend, org: str) -> None:
        """Questions are asked of what this transaction wrote, too."""
        with writing(backend, org) as unit:
            unit.add(THINGS, thing(org, "a", weight=3))
            assert 3 == unit.get(THINGS, "a").weight
            assert ["a"] == [one.id for one in unit.select(THINGS, at_most("weight", 3))]
            assert 1 == unit.count(THINGS)
            unit.save(THINGS, evolve(unit.get(THINGS, "a"), weight=4))
            assert [] == unit.select(THINGS, at_most("weight", 3))

        assert [4] == [one.weight for one in all_of(backend, org)]

    def test_only_what_was_read_can_be_saved(self, backend: Backend, org: str) -> None:
        """A value from nowhere is refused."""
        kept(backend, thing(org, "a"))
        with reading(backend, org) as unit, refused(Missing):
            unit.save(THINGS, thing(org, "a", version=1))

    def test_a_question_changes_nothing(self, backend: Backend, org: str) -> None:
        """A transaction that was begun to read refuses to write, also where each statement of it would be kept."""
        kept(backend, thing(org, "a", name="x"))
        with reading(backend, org) as unit:
            unit.save(THINGS, evolve(unit.get(THINGS, "a"), name="y"))
            with pytest.raises(ReadOnly):
                unit.select(THINGS)

        assert ["x"] == [one.name for one in all_of(backend, org)]

    def test_an_unchanged_row_is_not_written(self, backend: Backend, org: str) -> None:
        """Its version stays; so does that of one that was changed and changed back."""
        kept(backend, thing(org, "a", name="x"), thing(org, "b", name="y"))
        with writing(backend, org) as unit:
            unit.save(THINGS, evolve(unit.get(THINGS, "a"), name="x"))
            stands = unit.get(THINGS, "b")
            unit.save(THINGS, evolve(stands, name="z"))
            unit.save(THINGS, stands)

        assert [("x", 1), ("y", 1)] == [(one.name, one.version) for one in all_of(backend, org)]
        with writing(backend, org) as unit:
            unit.save(THINGS, evolve(unit.get(THINGS, "b"), name="z"))
        assert [1, 2] == [one.version for one in all_of(backend, org)]

    def test_versions_count_the_writes(self, backend: Backend, org: str) -> None:
        """1 when made, one more with each flush that wrote it; the caller's value carries it."""
        kept(backend, thing(org, "a"))
        for expected in (2, 3, 4):
            with writing(backend, org) as unit:
                changed = evolve(unit.get(THINGS, "a"), weight=expected)
                unit.save(THINGS, changed)
                unit.save(THINGS, changed := evolve(changed, place=expected))
            assert expected == changed.version
        assert [4] == [one.version for one in all_of(backend, org)]

    def test_taking_a_row_away(self, backend: Backend, org: str) -> None:
        """Gone at the flush; gone before for this transaction; not when it is rolled back."""
        kept(backend, line(org, "a"), line(org, "b"), shape=FLATS)
        session = backend.begin(write=True)
        unit = unit_on(session, org)
        unit.remove(FLATS, unit.get(FLATS, "a"))
        assert unit.find(FLATS, "a") is None
        assert ["b"] == [one.id for one in unit.select(FLATS)]
        session.rollback()
        assert ["a", "b"] == [one.id for one in all_of(backend, org, FLATS)]

        with writing(backend, org) as unit:
            unit.remove(FLATS, unit.get(FLATS, "a"))
            unit.add(FLATS, line(org, "c"))
            unit.remove(FLATS, unit.get(FLATS, "c"))
        assert ["b"] == [one.id for one in all_of(backend, org, FLATS)]

    @pytest.mark.parametrize("between", ["nothing", "a flush"])
    def test_a_row_that_was_taken_away_can_be_put_back(self, backend: Backend, org: str, between: str) -> None:
        """Within one transaction, under the same id."""
        kept(backend, line(org, "a", count=1), shape=FLATS)
        with writing(backend, org) as unit:
            unit.remove(FLATS, unit.get(FLATS, "a"))
            if between != "nothing":
                unit.flush()
            unit.add(FLATS, line(org, "a", count=2))

        assert [2] == [one.count for one in all_of(backend, org, FLATS)]

    def test_a_lifecycle_is_never_taken_away(self, backend: Backend, org: str) -> None:
        """Its moves are kept, and a second birth under the same id would clash with them."""
        kept(backend, thing(org, "a"))
        with reading(backend, org) as unit, pytest.raises(ValueError, match="moves"):
            unit.remove(THINGS, unit.get(THINGS, "a"))

    def test_a_rollback_leaves_nothing(self, backend: Backend, org: str) -> None:
        """Written and flushed, but not committed: rows, changes, removals, numbers, moves."""
        kept(backend, thing(org, "a", weight=1))
        kept(backend, line(org, "b"), shape=FLATS)
        before, moves, lines = (all_of(backend, org, shape) for shape in (THINGS, MOVES, FLATS))
        session = backend.begin(write=True)
        unit = unit_on(session, org)
        unit.save(THINGS, evolve(unit.get(THINGS, "a"), weight=2, state=Light.GREEN))
        unit.remove(FLATS, unit.get(FLATS, "b"))
        unit.add(THINGS, thing(org, "c", series="inv"))
        unit.flush()
        session.rollback()

        assert [before, moves, lines] == [all_of(backend, org, shape) for shape in (THINGS, MOVES, FLATS)]
        with writing(backend, org) as unit:
            unit.add(THINGS, thing(org, "d", series="inv"))
        assert 1 == all_of(backend, org)[-1].number

    def test_a_question_first_asked_amid_changes_that_are_undone(self, backend: Backend, org: str) -> None:
        """It sees them while they stand; afterwards it finds what was there before, and what comes later."""
        red_ones = (eq("state", Light.RED), at_most("weight", 5))
        kept(backend, thing(org, "a", weight=1), thing(org, "b", weight=2), thing(org, "c", weight=9))
        session = backend.begin(write=True)
        unit = unit_on(session, org)
        unit.save(THINGS, evolve(unit.get(THINGS, "a"), state=Light.GREEN))
        unit.save(THINGS, evolve(unit.get(THINGS, "c"), weight=3))
        unit.add(THINGS, thing(org, "d", weight=4))
        amid = [one.id for one in unit.select(THINGS, *red_ones)]
        session.rollback()
        with reading(backend, org) as unit:
            undone = [one.id for one in unit.select(THINGS, *red_ones)]
        kept(backend, thing(org, "e", weight=5))

        assert ["b", "c", "d"] == amid
        assert ["a", "b"] == undone
        with reading(backend, org) as unit:
            assert ["a", "b", "e"] == [one.id for one in unit.select(THINGS, *red_ones)]

    # rules

    def test_the_loser_of_a_race_is_told(self, backend: Backend, org: str) -> None:
        """A row that somebody else changed since it was read is not overwritten, nor taken away."""
        kept(backend, thing(org, "a", weight=1), thing(org, "b"))
        stale = all_of(backend, org)
        with writing(backend, org) as unit:
            for one in unit.many(THINGS, ["a", "b"]):
                unit.save(THINGS, evolve(one, weight=5))
        for lose in (
            lambda session: session.update(THINGS, [evolve(stale[0], weight=9, version=2)]),
            lambda session: session.delete(THINGS, [stale[1]]),  # the port can; the unit of work does not
            lambda session: session.update(THINGS, [thing(org, "nobody", version=2)]),
        ):
            session = backend.begin(write=True)
            with refused(Stale):
                lose(session)
            session.rollback()

        assert [5, 5] == [one.weight for one in all_of(backend, org)]

    def test_a_word_that_was_taken_for_granted_is_checked(self, backend: Backend, org: str) -> None:
        """What the caller assumed is not read, and found out when it is written; right words save the reading."""
        kept(backend, thing(org, "a", weight=1))
        (right,) = all_of(backend, org)
        with writing(backend, org) as unit:
            unit.assume(THINGS, [right])
            unit.save(THINGS, evolve(unit.get(THINGS, "a"), weight=2))
        with refused(Stale), writing(backend, org) as unit:
            unit.assume(THINGS, [right])
            unit.save(THINGS, evolve(unit.get(THINGS, "a"), weight=3))
        with writing(backend, org) as unit:
            unit.repeated = True
            unit.assume(THINGS, [right])
            assert 2 == unit.get(THINGS, "a").weight

    @pytest.mark.parametrize("more", [0, MANY])
    def test_unique_rules(self, backend: Backend, org: str, more: int) -> None:
        """Taken is taken, in an insert and in an update, alone and in bulk; an empty column clashes with nothing."""
        kept(
            backend,
            thing(org, "a", name="x", shelf="s", place=1),
            thing(org, "b", name="y", shelf="s", place=2),
            thing(org, "c", shelf="s"), thing(org, "d", shelf="s"), thing(org, "e", place=1), thing(org, "f", place=1),
        )  # fmt: skip
        before = all_of(backend, org)
        fillers = [thing(org, f"x{n}") for n in range(more)]
        for clash in (thing(org, "g", name="x"), thing(org, "g", shelf="s", place=2), thing(org, "a")):
            with refused(AlreadyExists), writing(backend, org) as unit:
                for one in (*fillers, clash):
                    unit.add(THINGS, one)
        with refused(AlreadyExists), writing(backend, org) as unit:
            for one in fillers:
                unit.add(THINGS, one)
            unit.save(THINGS, evolve(unit.get(THINGS, "b"), place=1))

        assert before == all_of(backend, org)

    def test_a_rule_with_an_exemption(self, backend: Backend, org: str) -> None:
        """Any number of exempt rows beside one that is not; leaving the exemption is refused, entering it frees."""
        kept(
            backend, *(thing(org, f"o{n}", owner="me", state=Light.OUT) for n in range(3)), thing(org, "a", owner="me")
        )
        with refused(AlreadyExists):
            kept(backend, thing(org, "b", owner="me", state=Light.GREEN))
        with refused(AlreadyExists), writing(backend, org) as unit:
            unit.save(THINGS, evolve(unit.get(THINGS, "o1"), state=Light.RED))
        with writing(backend, org) as unit:
            unit.save(THINGS, evolve(unit.get(THINGS, "a"), state=Light.OUT))
        kept(backend, thing(org, "b", owner="me", state=Light.GREEN))

        assert 5 == len(all_of(backend, org))

    @pytest.mark.parametrize("more", [0, MANY])
    def test_a_place_that_is_freed_can_be_taken_in_the_same_flush(self, backend: Backend, org: str, more: int) -> None:
        """By an update, by an exemption: alone and in bulk."""
        kept(backend, thing(org, "a", name="x"), thing(org, "c", owner="me"))
        with writing(backend, org) as unit:
            unit.add(THINGS, thing(org, "d", name="x"))
            unit.add(THINGS, thing(org, "f", owner="me"))
            for n in range(more):
                unit.add(THINGS, thing(org, f"x{n}"))
            unit.save(THINGS, evolve(unit.get(THINGS, "a"), name="z"))
            unit.save(THINGS, evolve(unit.get(THINGS, "c"), state=Light.OUT))

        found = {one.id: one for one in all_of(backend, org)}
        assert ("z", "x", "me") == (found["a"].name, found["d"].name, found["f"].owner)

    @pytest.mark.parametrize("more", [0, MANY])
    def test_a_place_goes_from_one_row_to_another_in_one_flush(self, backend: Backend, org: str, more: int) -> None:
        """Whichever is saved first; one that another row has stays taken."""
        kept(backend, thing(org, "a", name="x"), thing(org, "b"), thing(org, "c", name="y"))
        kept(backend, *(thing(org, f"x{n}") for n in range(max(1, more))))
        for giver, taker, first in (("a", "b", "a"), ("b", "a", "a"), ("a", "b", "b"), ("b", "a", "b")):
            with writing(backend, org) as unit:
                names = {giver: None, taker: "x"}
                for one in sorted(names, key=partial(ne, first)):
                    unit.save(THINGS, evolve(unit.get(THINGS, one), name=names[one]))
                for n in range(more):
                    filler = unit.get(THINGS, f"x{n}")
                    unit.save(THINGS, evolve(filler, weight=(filler.weight or 0) + 1))
            found = {one.id: one.name for one in all_of(backend, org)}
            assert (None, "x") == (found[giver], found[taker])
        with refused(AlreadyExists), writing(backend, org) as unit:
            unit.save(THINGS, evolve(unit.get(THINGS, "a"), name="y"))
            unit.save(THINGS, evolve(unit.get(THINGS, "b"), name="z"))

    # bulk

    @pytest.mark.parametrize("size", [1, 7, MANY, 130])
    def test_many_rows_are_written_as_few_are(self, backend: Backend, org: str, size: int) -> None:
        """The bulk road stores and changes the same as the small one: every value of every column."""
        patterns = awkward(org)
        rows = [evolve(patterns[n % len(patterns)], id=f"r{n:03d}", name=f"n{n}") for n in range(size)]
        lines = [
            Flat(id=f"f{n:03d}", organization=org, word=f"w{n}", seen_at=NOW if n % 2 else None, sold=bool(n % 3))
            for n in range(size)
        ]
        with writing(backend, org) as unit:
            for row, line in zip(rows, lines, strict=True):
                unit.add(THINGS, row)
                unit.add(FLATS, line)
        assert [evolve(row, version=1) for row in rows] == all_of(backend, org)
        assert [evolve(line, version=1) for line in lines] == all_of(backend, org, FLATS)

        turned = [evolve(row, weight=n, seen_at=NOW, sold=None, version=1) for n, row in enumerate(rows)]
        with writing(backend, org) as unit:
            unit.many(THINGS, [row.id for row in rows])
            for row in turned:
                unit.save(THINGS, row)
        assert [evolve(row, version=2) for row in turned] == all_of(backend, org)

    def test_one_stale_row_among_many_stops_them_all(self, backend: Backend, org: str) -> None:
        """In bulk, too."""
        rows = [thing(org, f"r{n:03d}", weight=0) for n in range(MANY)]
        kept(backend, *rows)
        session = backend.begin(write=True)
        with refused(Stale):
            changed = [evolve(row, weight=1, version=2) for row in rows]
            session.write([Write(THINGS, [*changed[:-1], evolve(changed[-1], version=7)], [])])
        session.rollback()

        assert {0} == {one.weight for one in all_of(backend, org)}

    # numbers and moves

    def test_numbers_have_no_gaps(self, backend: Backend, org: str) -> None:
        """Given in the order of adding, one series beside the other; what is rolled back gives them back."""
        with writing(backend, org) as unit:
            for n in range(4):
                unit.add(THINGS, thing(org, f"a{n}", series=("inv", "ref")[n % 2]))
            unit.add(THINGS, thing(org, "n"))
        with refused(AlreadyExists), writing(backend, org) as unit:
            unit.add(THINGS, thing(org, "lost", series="inv"))
            unit.add(THINGS, thing(org, "a0"))
        with writing(backend, org) as unit:
            unit.add(THINGS, thing(org, "b", series="inv"))
            unit.add(THINGS, thing(org, "c", series="inv"))

        found = {one.id: one.number for one in all_of(backend, org)}
        assert {"a0": 1, "a1": 1, "a2": 2, "a3": 2, "b": 3, "c": 4, "n": None} == found

    def test_numbers_have_no_gaps_under_threads(self, backend: Backend, org: str) -> None:
        """Four writers at once, every third of whom changes his mind."""
        faults: list[BaseException] = []

        def write(worker: int) -> None:
            try:
                for turn in range(9):
                    _again(lambda turn=turn: _numbered(backend, org, f"w{worker}{turn}", turn % 3 == 2))  # type: ignore[misc]  # bound
            except BaseException as fault:
                faults.append(fault)

        threads = [threading.Thread(target=write, args=(worker,)) for worker in range(4)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()

        assert [] == faults
        assert list(range(1, 4 * 6 * 2 + 1)) == sorted(one.number for one in all_of(backend, org))

    def test_one_of_two_writers_of_a_row_wins(self, backend: Backend, org: str) -> None:
        """Both read the same version; the second is told, and nothing of it is kept."""
        kept(backend, thing(org, "a", weight=0))
        won, barrier = [], threading.Barrier(6)

        def add(worker: int) -> None:
            barrier.wait()

            def once() -> None:
                with writing(backend, org) as unit:
                    stands = unit.get(THINGS, "a")
                    unit.save(THINGS, evolve(stands, weight=(stands.weight or 0) + 1))
                    unit.add(THINGS, thing(org, f"by{worker}", weight=stands.version))

            _again(once)
            won.append(worker)

        threads = [threading.Thread(target=add, args=(worker,)) for worker in range(6)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()

        assert sorted(won) == list(range(6))
        rows = all_of(backend, org)
        assert (6, 7) == (rows[0].weight, rows[0].version)
        assert list(range(1, 7)) == sorted(one.weight for one in rows[1:])

    def test_one_of_many_at_once_gets_a_place(self, backend: Backend, org: str) -> None:
        """A unique rule picks one winner, whoever comes when."""
        ended, barrier = [], threading.Barrier(8)

        def claim(worker: int) -> None:
            barrier.wait()
            try:
                kept(backend, thing(org, f"w{worker}", owner="me"))
            except AlreadyExists:
                ended.append("lost")
            else:
                ended.append("won")

        threads = [threading.Thread(target=claim, args=(worker,)) for worker in range(8)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()

        assert ["lost"] * 7 + ["won"] == sorted(ended)
        assert 1 == len(all_of(backend, org))

    def test_every_move_is_recorded_where_it_was_made(self, backend: Backend, org: str) -> None:
        """Birth and each change of state, with its place in the sequence; other changes are no moves."""
        kept(backend, thing(org, "a"))
        for change in ({"weight": 1}, {"state": Light.GREEN}, {"weight": 2}, {"state": Light.RED}):
            with writing(backend, org) as unit:
                unit.save(THINGS, evolve(unit.get(THINGS, "a"), **change))

        found = sorted(all_of(backend, org, MOVES), key=lambda move: move.version)
        assert [(None, "red", 1), ("red", "green", 3), ("green", "red", 5)] == [
            (m.source, m.target, m.version) for m in found
        ]
        assert {("light", "a", NOW, "tester", "Test")} == {
            (m.machine, m.subject, m.at, m.actor, m.cause) for m in found
        }

    # organizations

    def test_two_organizations_never_see_each_other(self, backend: Backend, org: str) -> None:
        """The same ids, the same unique words, every question: only one's own rows, never the other's canary."""
        other = f"{org}_other"
        mine = [thing(org, f"t{n}", name=f"n{n}", weight=n, owner=f"o{n}", series="inv") for n in range(5)]
        theirs = [evolve(one, organization=other, parts=(Part(label="CANARY", cost=Money(1, "USD")),)) for one in mine]
        kept(backend, *mine)
        kept(backend, *theirs)
        with reading(backend, org) as unit:
            answers = [
                *unit.select(THINGS), *unit.select(THINGS, eq("name", "n1")),
                *unit.select(THINGS, at_most("weight", 9)),
                *unit.select(THINGS, one_of("id", ["t1", "t2"])), *unit.select(THINGS, order=("-id",), limit=50),
                *unit.many(THINGS, ["t3"]), unit.get(THINGS, "t4"), *unit.chunks(THINGS, "owner", ["o1", "o2"]),
            ]  # fmt: skip
            assert "CANARY" not in repr(answers)
            assert {org} == {one.organization for one in answers}
            assert 5 == unit.count(THINGS)
        session = backend.begin(write=True)
        with refused(Stale):
            session.update(THINGS, [evolve(mine[0], organization="org_nobody", version=2)])
        session.rollback()
        assert list(range(1, 6)) == [one.number for one in all_of(backend, org)]
        assert ["CANARY"] * 5 == [one.parts[0].label for one in all_of(backend, other)]

    def test_a_change_reaches_only_ones_own_row(self, backend: Backend, org: str) -> None:
        """Changing and removing by the same id leaves the other organization's row alone."""
        other = f"{org}_other"
        for one in (org, other):
            kept(backend, thing(one, "a", weight=1))
            kept(backend, line(one, "b"), shape=FLATS)
        with writing(backend, org) as unit:
            unit.save(THINGS, evolve(unit.get(THINGS, "a"), weight=2))
            unit.remove(FLATS, unit.get(FLATS, "b"))

        assert [1] == [one.weight for one in all_of(backend, other)]
        assert ["b"] == [one.id for one in all_of(backend, other, FLATS)]

    def test_the_named_scope_sees_all_organizations(self, backend: Backend, org: str) -> None:
        """For the relay and the directory: no organization in the question."""
        other = f"{org}_other"
        kept(backend, thing(org, "a", owner=f"{org}!"))
        kept(backend, thing(other, "a", owner=f"{org}!"))
        session = backend.begin(write=False)
        try:
            found = session.select(
                THINGS,
                None,
                (eq("owner", f"{org}!"),),
            )
            assert {org, other} == {one.organization for one in found}
            assert 2 == session.count(THINGS, None, (eq("owner", f"{org}!"),))
            assert {org, other} <= {one.organization for one in session.fetch(THINGS, None, ["a"])}
        finally:
            session.rollback()

    # the whole, against a model

    def test_any_sequence_of_writes_ends_as_the_model_says(self, backend: Backend) -> None:
        """Random transactions, committed or not, beside a dictionary."""

        @settings(max_examples=25)
        @given(st.lists(st.tuples(st.booleans(), st.lists(_STEPS, max_size=8)), max_size=6))
        def holds(transactions: list[tuple[bool, list[tuple[str, str, int]]]]) -> None:
            org = f"org_{next(_organizations)}"
            model: dict[str, int] = {}
            for commits, steps in transactions:
                model = _apply(backend, org, commits, steps, model)
            assert model == {one.id: one.count for one in all_of(backend, org, FLATS)}

        holds()


_STEPS = st.tuples(st.sampled_from(["put", "drop", "ask"]), st.sampled_from(["a", "b", "c"]), st.integers(0, 9))


def _apply(
    backend: Backend, org: str, commits: bool, steps: list[tuple[str, str, int]], model: dict[str, int]
) -> dict[str, int]:
    expected = dict(model)
    session = backend.begin(write=True)
    try:
        unit = unit_on(session, org)
        for verb, id, weight in steps:
            stands = unit.find(FLATS, id)
            assert expected.get(id) == (None if stands is None else stands.count)
            if verb == "ask":
                assert sorted(expected) == [one.id for one in unit.select(FLATS, at_most("count", 9))]
            elif verb == "drop" and stands is not None:
                unit.remove(FLATS, stands)
                del expected[id]
            elif verb == "put":
                if stands is None:
                    unit.add(FLATS, line(org, id, count=weight))
                else:
                    unit.save(FLATS, evolve(stands, count=weight))
                expected[id] = weight
        unit.flush()
        if commits:
            session.commit()
            return expected
        return model
    finally:
        session.rollback()


class _ChangedHisMind(Exception):
    pass


def _numbered(backend: Backend, org: str, id: str, changes_his_mind: bool) -> None:
    try:
        with writing(backend, org) as unit:
            unit.add(THINGS, thing(org, f"{id}a", series="inv"))
            unit.add(THINGS, thing(org, f"{id}b", series="inv"))
            if changes_his_mind:
                unit.flush()
                raise _ChangedHisMind
    except _ChangedHisMind:
        return


def _again(work: Callable[[], None]) -> None:
    for _ in range(60):
        try:
            work()
        except (Stale, AlreadyExists):
            continue
        return
    raise AssertionError("Others kept winning.")
