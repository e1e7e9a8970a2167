"""`evolve`, as attrs has it, without calling the constructor: aggregates are moved some twenty times a renewal."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from attrs import evolve
else:
    from attrs import evolve as _constructed
    from attrs import fields

    _COPIED = {}
    _new, _set = object.__new__, object.__setattr__

    def evolve(value, /, **changes):
        """The value with some fields changed.

        A class that keeps its fields in a dictionary (`frozen(slots=False)`) and checks nothing when it is made is
        copied; every other class is constructed anew. Refuses: TypeError (no such field).
        """
        kind = type(value)
        copied = _COPIED.get(kind)
        if copied is None:
            copied = _COPIED[kind] = _checks_nothing(kind) and hasattr(value, "__dict__")
        if not copied:
            return _constructed(value, **changes)
        held = value.__dict__
        fields = held | changes
        if len(fields) != len(held):
            raise TypeError(f"{kind.__name__} has no such field: {', '.join(changes)}")
        copy = _new(kind)
        _set(copy, "__dict__", fields)
        return copy

    def _checks_nothing(kind):
        return not hasattr(kind, "__attrs_post_init__") and all(
            field.init and field.validator is None and field.converter is None and field.alias == field.name
            for field in fields(kind)
        )


__all__ = ["evolve"]
