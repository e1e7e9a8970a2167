"""Opening a database."""

from __future__ import annotations

from hlc_adapters.sql.engine import make_engine
from hlc_adapters.sql.rows import SqlBackend
from hlc_adapters.sql.tables import make_metadata
from hlc_adapters.storage.cipher import Cipher
from hlc_adapters.storage.shapes.all import ALL


def open_database(url: str, threads: int, cipher: Cipher) -> SqlBackend:
    """The backend of that address; it is not connected to before it is used. Refuses: Invalid (the address)."""
    connections = max(4, threads * 2)
    return SqlBackend(make_engine(url, pool_size=connections + _BESIDES), make_metadata(ALL), cipher, connections)


_BESIDES = 2
"""Connections for what goes to the engine itself: migrations and readiness."""
