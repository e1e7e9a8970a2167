"""Stored bodies: every value of every shape comes back as it was, and only such values are used as can."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from enum import Enum
from types import NoneType, UnionType
from typing import Any, NewType, Union, get_args, get_origin, get_type_hints

import attrs
import pytest
from attrs import frozen
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hlc_adapters import wire
from hlc_adapters.storage.shape import Shape
from hlc_adapters.storage.shapes.all import ALL
from hlc_core.kernel.commands import Command
from hlc_core.kernel.errors import Invalid
from hlc_core.kernel.ids import CartId, ProductId
from hlc_core.kernel.money import Money
from hlc_core.kernel.personal import Personal
from hlc_core.kernel.time import Interval
from hlc_core.subscriptions.terms import Discount, Terms
from hlc_core.testing import intervals, money
from support.refusals import refused
from support.worlds import World

LETTERS = st.characters(exclude_categories=("Cs",))
PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    bool: st.booleans(),
    int: st.integers(-(2**63), 2**63 - 1),
    str: st.text(LETTERS, max_size=8),
    date: st.dates(),
    datetime: st.datetimes(timezones=st.just(UTC)),
    Money: money(least=-(10**12)),
    Interval: intervals(),
    NoneType: st.none(),
}

_SHARES = st.integers(1, 10_000)
PLAIN[Discount] = st.builds(Discount, basis_points=_SHARES, cycles=st.none() | st.integers(1, 12)) | st.builds(
    Discount, amount=money("USD", least=1)
)
PLAIN[Terms] = st.builds(
    Terms,
    product=st.just(ProductId("prod_1")),
    name=PLAIN[str],
    unit_price=money("USD"),
    interval=intervals(),
    quantity=st.integers(1, 99),
    discount=st.none() | PLAIN[Discount],
)


class NotStorable(TypeError):
    """A field of a type that stored values do not have."""


def values(kind: Any) -> st.SearchStrategy[Any]:
    """Any value of a stored type. Refuses: NotStorable (floats, dictionaries, lists, two classes in one field)."""
    if kind in PLAIN:
        return PLAIN[kind]
    if isinstance(kind, NewType):
        return values(kind.__supertype__)
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        if len([one for one in arguments if attrs.has(one)]) > 1:
            raise NotStorable(kind)
        return st.one_of([values(one) for one in arguments])
    if origin is Personal:
        return values(arguments[0]).map(Personal)
    if origin is tuple and len(arguments) == 2 and arguments[1] is Ellipsis:
        return st.lists(st.deferred(lambda: values(arguments[0])), max_size=2).map(tuple)
    if origin is tuple:
        return st.tuples(*[values(one) for one in arguments])
    if isinstance(kind, type) and issubclass(kind, Enum):
        return st.sampled_from(kind)
    if isinstance(kind, type) and attrs.has(kind):
        return built(kind)
    raise NotStorable(kind)


def built(kind: type[Any]) -> st.SearchStrategy[Any]:
    """Instances of an attrs class."""
    hints = get_type_hints(kind)
    wanted = {one.alias: values(hints[one.name]) for one in attrs.fields(kind) if one.init}
    return st.fixed_dictionaries(wanted).map(lambda fields: _made(kind, fields)).filter(lambda one: one is not None)


def _made(kind: type[Any], fields: dict[str, Any]) -> Any:
    try:
        return kind(**fields)
    except Invalid:
        return None


every_shape = pytest.mark.parametrize("shape", ALL, ids=lambda shape: shape.name)
thorough = settings(max_examples=30, suppress_health_check=list(HealthCheck))


@every_shape
def test_every_value_of_a_shape_comes_back_as_it_was(shape: Shape[Any]) -> None:
    """Built from the types of its fields, however deep: ids, enums, money, instants, dates, nested values."""

    @thorough
    @given(built(shape.model))
    def holds(value: Any) -> None:
        text = wire.encode(value)
        assert value == wire.decode(shape.model, text)
        assert text == wire.encode(wire.decode(shape.model, text))

    holds()


@every_shape
def test_the_columns_of_a_shape_can_be_taken_from_every_value(shape: Shape[Any]) -> None:
    """Flat shapes have a column for each field; machines have a state; unique rules and indexes name columns."""
    names = {column.name for column in shape.columns} | {"id", "version"}
    if shape.flat:
        fields = {one.name for one in attrs.fields(shape.model)} - {"id", "organization", "version"}
        assert fields == {column.name for column in shape.columns}
    assert shape.machine is None or "state" in names
    for columns in (*(u.columns for u in shape.uniques), *(i.columns for i in shape.indexes)):
        assert set(columns) <= names
    for condition in (*(u.unless for u in shape.uniques), *(i.only for i in shape.indexes)):
        assert condition is None or condition[0] in names


def test_real_rows_come_back_as_they_were(memory_world: World) -> None:
    """A clinic's first month: what use cases really write."""
    world = memory_world
    world.subscribe()
    world.buy(world.product(), world.plan(), coupon=world.coupon().code)
    world.buy(world.product(), token="tok_soft")
    world.advance(days=31)
    world.bill()
    seen = 0
    for shape in ALL:
        for row in world.rows(shape):
            assert row == wire.decode(shape.model, wire.encode(row))
            seen += 1
    assert seen > 60


def test_a_type_that_cannot_be_stored_is_noticed() -> None:
    """The check above can fail."""

    @frozen
    class Loose:
        price: float

    Loose.__annotations__ = {"price": float}
    with pytest.raises(NotStorable):
        built(Loose)


def test_old_bodies_are_read_by_newer_classes() -> None:
    """A field that is gone is passed over; one that is new takes its default."""

    @frozen
    class Newer:
        name: str
        colour: str = "red"

    Newer.__annotations__ = {"name": str, "colour": str}
    assert Newer("a") == wire.decode(Newer, '{"name": "a", "weight": 3}')


def test_what_cannot_be_written_is_invalid() -> None:
    """Half a letter: no traceback of a library."""
    with refused(Invalid):
        wire.encode(["\ud800"])


# redaction


@frozen(kw_only=True)
class Inner:
    """Personal."""

    name: str
    born: date


@frozen(kw_only=True)
class Asked(Command[None]):
    """A command with text at every depth."""

    note: str
    cart: CartId
    products: tuple[ProductId, ...]
    people: tuple[Inner, ...]
    price: Money
    urgent: bool = True
    boss: Inner | None = None


def leaves(value: Any) -> Iterator[str]:
    """Every text in it."""
    if isinstance(value, dict):
        for inner in value.values():
            yield from leaves(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner)
    elif isinstance(value, str):
        yield value


@given(st.text(LETTERS, min_size=12).filter(lambda text: not text.startswith("text of")))
def test_no_text_survives_redaction(secret: str) -> None:
    """At any depth: in a field, in a tuple of values, in an optional value."""
    who = Inner(name=secret, born=date(1990, 2, 3))
    command = Asked(
        note=secret, cart=CartId("cart_1a2b"), products=(ProductId("prod_1"), ProductId(secret)), people=(who, who),
        price=Money(100, "USD"), boss=who,
    )  # fmt: skip
    kept = json.loads(wire.redacted(command))

    assert secret not in set(leaves(kept))
    assert f"text of {len(secret)}" == kept["people"][1]["name"] == kept["boss"]["name"] == kept["note"]
    assert ("cart_1a2b", "prod_1", {"amount": 100, "currency": "USD"}, True) == (
        kept["cart"], kept["products"][0], kept["price"], kept["urgent"],
    )  # fmt: skip
    assert "1990" not in json.dumps(kept)


def test_long_lists_are_counted() -> None:
    """An import of ten thousand rows is one line of the books; up to twenty are told one by one."""
    command = Asked(
        note="", cart=CartId("cart_1"), products=tuple(ProductId(f"prod_{n}") for n in range(21)),
        people=tuple(Inner(name="Ada", born=date(1990, 2, 3)) for _ in range(20)), price=Money(1, "USD"),
    )  # fmt: skip
    kept = json.loads(wire.redacted(command))

    assert "21 items" == kept["products"]
    assert ["text of 3"] * 20 == [one["name"] for one in kept["people"]]
