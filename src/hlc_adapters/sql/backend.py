"""Opening a database."""

from __future__ import annotations

import sqlalchemy as sa

from hlc_adapters.settings import SERVICE_ROLE
from hlc_adapters.sql.confinement import LOGIN, UNSAFE
from hlc_adapters.sql.engine import make_engine
from hlc_adapters.sql.rows import SqlBackend
from hlc_adapters.storage.cipher import Cipher
from hlc_adapters.storage.shapes.all import ALL


def open_database(url: str, threads: int, cipher: Cipher, role: str = SERVICE_ROLE) -> SqlBackend:
    """The backend of that address; it is not connected to before it is used. Refuses: Invalid (the address).

    On PostgreSQL its connections work as `role`, and are refused if that role could see every organization.
    """
    connections = max(4, threads * 2)
    taken = "" if role in (LOGIN, UNSAFE) else role
    engine = make_engine(url, pool_size=connections + _BESIDES, role=taken)
    return SqlBackend(engine, ALL, cipher, connections, confined=role != UNSAFE)


_BESIDES = 2
"""Connections for what goes to the engine itself: migrations and readiness."""


def login_in(url: str) -> str:
    """As whom that address logs in; empty where it does not say."""
    return sa.make_url(url).username or ""
