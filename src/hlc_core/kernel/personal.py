"""Values that do not show themselves: health data travels in a wrapper, and is read for a purpose that is named."""

from __future__ import annotations

from enum import StrEnum
from typing import Generic, TypeVar, final

from attrs import frozen

T = TypeVar("T")
V = TypeVar("V")

PLACEHOLDER = "[personal]"
"""What is shown in place of the value."""


class Purpose(StrEnum):
    """What health data may be read for."""

    TREATMENT = "treatment"
    SUPPORT = "support"
    PATIENT_REQUEST = "patient_request"
    BILLING = "billing"
    QUALITY = "quality"
    MAINTENANCE = "maintenance"
    """Work on the records themselves, such as joining duplicates: nobody is shown the value."""


@frozen(kw_only=True)
class Access:
    """By which right a value is read.

    A question that hands values out is registered with what it shows, so that the read stands in the audit trail before
    the answer is given; a command stands there anyway.
    """

    purpose: Purpose


@final
class Personal(Generic[T]):
    """A value that is only had by naming a purpose; text, logs, errors and JSON show a placeholder or refuse it.

    Equal to another one of the same value; it cannot be changed, hashed or pickled.
    """

    __slots__ = ("_hidden",)
    _hidden: T

    def __init__(self, value: T) -> None:
        object.__setattr__(self, "_hidden", value)

    def read(self, access: Access) -> T:
        """The value. Refuses: TypeError (no access was given)."""
        if not isinstance(access, Access):
            raise TypeError("Health data is read for a purpose.")
        return self._hidden

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Personal) and bool(self._hidden == other._hidden)

    __hash__ = None  # type: ignore[assignment]  # a hash would tell equal values apart in a set or a log

    def __repr__(self) -> str:
        return PLACEHOLDER

    __str__ = __repr__

    def __format__(self, _spec: str) -> str:
        return PLACEHOLDER

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("A personal value is not changed.")

    def __reduce__(self) -> str:
        raise TypeError("A personal value is not pickled.")


def stored(value: Personal[V]) -> V:
    """The value, for the storage, which seals it; nothing else has a reason to ask."""
    return value._hidden


def opened(value: Personal[V] | None, access: Access) -> V | None:
    """The value of a field that may be empty."""
    return None if value is None else value.read(access)
