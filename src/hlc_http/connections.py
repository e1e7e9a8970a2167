"""How many connections one address may hold open: whoever opens hundreds takes none from the others."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from attrs import define, field

from hlc_http.limits import parsed

Make = Callable[[], asyncio.Protocol]
"""Makes what speaks HTTP on one connection."""


@define
class Connections:
    """The open connections of each address; `most` 0 is no limit.

    This machine's own address is not counted unless `own` says so: behind a proxy that is not declared all have it.
    """

    most: int
    own: bool = False
    _open: dict[str, int] = field(factory=dict, init=False)

    @property
    def counts(self) -> Mapping[str, int]:
        """How many each address holds."""
        return dict(self._open)

    def enter(self, peer: str) -> str | None:
        """Count one more; the address under which it was counted (empty: under none), None where it is one too many."""
        found = parsed(peer)
        if not self.most or found is None or (found.is_loopback and not self.own):
            return ""
        address = str(found)
        held = self._open.get(address, 0)
        if held >= self.most:
            return None
        self._open[address] = held + 1
        return address

    def leave(self, address: str) -> None:
        """One less."""
        left = self._open.get(address, 0) - 1
        if left > 0:
            self._open[address] = left
        else:
            self._open.pop(address, None)

    def counted(self, make: Make) -> Make:
        """The same protocol, counted: one too many is cut before anything of it is read."""
        return lambda: _Counted(self, make)


class _Counted(asyncio.Protocol):
    """Passes everything on to the protocol behind it, once the connection was let in."""

    __slots__ = ("_address", "_behind", "_connections", "_make")

    def __init__(self, connections: Connections, make: Make) -> None:
        self._connections, self._make = connections, make
        self._address: str | None = None
        self._behind: asyncio.Protocol | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        name = transport.get_extra_info("peername")
        self._address = self._connections.enter(str(name[0]) if isinstance(name, tuple) else "")
        if self._address is None:
            if isinstance(transport, asyncio.WriteTransport):
                transport.abort()
            return
        self._behind = self._make()
        self._behind.connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._address is not None:
            self._connections.leave(self._address)
            self._address = None
        if self._behind is not None:
            self._behind.connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._behind is not None:
            self._behind.data_received(data)

    def eof_received(self) -> bool | None:
        return None if self._behind is None else self._behind.eof_received()

    def pause_writing(self) -> None:
        if self._behind is not None:
            self._behind.pause_writing()

    def resume_writing(self) -> None:
        if self._behind is not None:
            self._behind.resume_writing()
