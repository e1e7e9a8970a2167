"""A wire to PostgreSQL that a test can cut: before a message reaches the server, or before the answer comes back."""

from __future__ import annotations

import selectors
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from attrs import define, field
from sqlalchemy import make_url


@define
class Proxy:
    """`cut_before`: drop the connection instead of handing on a message with these bytes; `cut_after`: hand it on, wait
    until the server has answered, and drop the answer. Each cuts once."""

    folder: Path
    server: str
    cut_before: bytes = b""
    cut_after: bytes = b""
    cuts: int = 0
    _socket: socket.socket = field(factory=lambda: socket.socket(socket.AF_UNIX), init=False)

    def start(self) -> None:
        """Listen in the folder, as PostgreSQL would."""
        self._socket.bind(str(self.folder / ".s.PGSQL.5432"))
        self._socket.listen(32)
        threading.Thread(target=self._accept, daemon=True).start()

    def stop(self) -> None:
        """Listen no more."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._carry, args=(client,), daemon=True).start()

    def _carry(self, client: socket.socket) -> None:
        server = socket.socket(socket.AF_UNIX)
        with client, server, selectors.DefaultSelector() as ready, suppress(OSError):
            server.connect(self.server)
            ready.register(client, selectors.EVENT_READ, server)
            ready.register(server, selectors.EVENT_READ, client)
            while True:
                for key, _ in ready.select():
                    source: socket.socket = key.fileobj  # type: ignore[assignment]  # only sockets are registered
                    data = source.recv(1 << 16)
                    if not data or (source is client and self._cut(data, server)):
                        return
                    key.data.sendall(data)

    def _cut(self, data: bytes, server: socket.socket) -> bool:
        if self.cut_before and self.cut_before in data:
            self.cut_before, self.cuts = b"", self.cuts + 1
            return True
        if self.cut_after and self.cut_after in data:
            self.cut_after, self.cuts = b"", self.cuts + 1
            server.sendall(data)
            server.recv(1 << 16)
            return True
        return False


@contextmanager
def wired(url: str, folder: Path) -> Iterator[tuple[Proxy, str]]:
    """A proxy before the database of that address, and the address that goes through it."""
    address = make_url(url)
    host = str(address.query["host"])
    port = str(address.query.get("port", "5432"))
    proxy = Proxy(folder=folder, server=f"{host}/.s.PGSQL.{port}")
    proxy.start()
    try:
        through = address.update_query_dict({"host": str(folder), "port": "5432"})
        yield proxy, through.render_as_string(hide_password=False)
    finally:
        proxy.stop()
