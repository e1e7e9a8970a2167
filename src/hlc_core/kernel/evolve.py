"""`evolve`, as attrs has it, without calling the constructor: aggregates are moved some twenty times a renewal."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from attrs import evolve
else:
    from attrs import evolve as _constructed

    _copied = set()

    def _copies(kind):
        """Whether its values are copied; kept where they are."""
        copies = bool(kind.__dictoffset__) and not hasattr(kind, "__attrs_post_init__")
        if copies:
            _copied.add(kind)
        return copies

    def evolve(value, /, **changes):
        """The value with some fields changed.

        A class that keeps its fields in a dictionary (`frozen(slots=False)`) and checks nothing when it is made is
        copied; every other class is constructed anew. Refuses: TypeError (no such field).
        """
        kind = type(value)
        if kind not in _copied and not _copies(kind):
            return _constructed(value, **changes)
        copy = object.__new__(kind)
        fields = copy.__dict__
        fields.update(value.__dict__)
        known = len(fields)
        fields.update(changes)
        if len(fields) != known:
            raise TypeError(f"{kind.__name__} has no such field: {', '.join(changes)}")
        return copy


__all__ = ["evolve"]
