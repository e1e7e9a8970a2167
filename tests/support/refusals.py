"""Expecting a refusal, by its class."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from hlc_core.kernel.errors import Fault, HlcError


class Refusal:
    """What was refused; filled when the block has ended."""

    detail: str = ""
    faults: tuple[Fault, ...] = ()
    retry_after: int | None = None


@contextmanager
def refused(kind: type[HlcError]) -> Iterator[Refusal]:
    """The block must be refused so; nothing else will do."""
    told = Refusal()
    try:
        yield told
    except kind as refusal:
        told.detail, told.faults, told.retry_after = refusal.detail, refusal.faults, refusal.retry_after
        return
    raise AssertionError(f"{kind.__name__} was expected.")
