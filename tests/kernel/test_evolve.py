"""`evolve`: as attrs has it, only faster for the classes that allow it."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from attrs import define, field, frozen, validators
from hypothesis import given
from hypothesis import strategies as st

from hlc_adapters.storage.shapes.all import ALL
from hlc_core.kernel.errors import Invalid
from hlc_core.kernel.evolve import evolve


@frozen(kw_only=True, slots=False)
class Open:
    """Copied."""

    a: int
    b: str = ""


@frozen(kw_only=True)
class Slotted:
    """Constructed."""

    a: int
    b: str = ""


@frozen(kw_only=True, slots=False)
class Checked:
    """Constructed, for it looks at itself."""

    a: int

    def __attrs_post_init__(self) -> None:
        if self.a < 0:
            raise Invalid("Below zero.")


@frozen(kw_only=True, slots=False)
class Inherited(Checked):
    """Checked by its base."""

    b: str = ""


@frozen(kw_only=True, slots=False)
class Validated:
    """Constructed, for a field has a rule."""

    a: int = field(validator=validators.ge(0))


@frozen(kw_only=True, slots=False)
class Converted:
    """Constructed, for a field is converted."""

    a: int = field(converter=int)


@define(kw_only=True, slots=False)
class Derived:
    """Has a field that nobody gives."""

    a: int
    twice: int = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.twice = 2 * self.a


@pytest.mark.parametrize("kind", [Open, Slotted])
@given(a=st.integers(), b=st.text(), changed=st.integers())
def test_some_fields_change_and_the_rest_stays(kind: Any, a: int, b: str, changed: int) -> None:
    """A new value; the old one is untouched."""
    before = kind(a=a, b=b)
    after = evolve(before, a=changed)

    assert (kind(a=changed, b=b), kind(a=a, b=b)) == (after, before)
    assert type(after) is kind
    assert hash(kind(a=changed, b=b)) == hash(after)


@pytest.mark.parametrize("kind", [Open, Slotted, Checked])
def test_a_field_that_is_not_there_is_refused(kind: Any) -> None:
    """A misspelt name is an error, not a new attribute."""
    with pytest.raises(TypeError):
        evolve(kind(a=1), aa=2)


@pytest.mark.parametrize("kind", [Checked, Inherited, Validated])
def test_a_class_that_checks_itself_is_checked_again(kind: Any) -> None:
    """No copy gets around a rule of the class: its own, its base's, or one of a field."""
    with pytest.raises((Invalid, ValueError)):
        evolve(kind(a=1), a=-1)


def test_a_converted_field_is_converted_again() -> None:
    """As the constructor would do it."""
    assert 7 == evolve(Converted(a=1), a="7").a  # type: ignore[arg-type]  # the converter takes text


def test_a_derived_field_is_derived_again() -> None:
    """It follows from what was changed."""
    assert 8 == evolve(Derived(a=1), a=4).twice


def test_a_frozen_copy_stays_frozen() -> None:
    """The fast road does not thaw it."""
    copy = evolve(Open(a=1), a=2)

    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        copy.a = 3  # type: ignore[misc]  # this is what must fail


def test_stored_classes_that_are_copied_have_no_rules_to_get_around() -> None:
    """Of the aggregates, those that take the fast road have neither validators, converters nor derived fields."""
    fast = [shape.model for shape in ALL if "__slots__" not in vars(shape.model)]

    assert fast
    for model in fast:
        for one in attrs.fields(model):
            assert (None, None, True) == (one.validator, one.converter, one.init), (model, one.name)
