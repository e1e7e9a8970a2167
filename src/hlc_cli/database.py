"""`hlc db`: migrations."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import typer

from hlc_adapters.settings import MEMORY
from hlc_adapters.sql.backend import login_in, open_database
from hlc_adapters.sql.confinement import LOGIN
from hlc_adapters.sql.engine import shown
from hlc_adapters.sql.migrate import differences, lines, migrate, pending
from hlc_adapters.sql.rows import SqlBackend
from hlc_adapters.sql.tables import make_metadata
from hlc_adapters.storage.cipher import ClearCipher
from hlc_cli.desk import SQLITE, desk_of, require_database_file, require_file
from hlc_cli.group import group
from hlc_core.kernel.errors import Fault, Invalid, Unavailable

app = group("The database: bring it up to date, check it.")


@app.command("migrate")
def migrate_(context: typer.Context) -> None:
    """Apply the migrations that are missing; an SQLite file is made if there is none. Says which database it is.

    Running it twice changes nothing; two at once wait for each other. On PostgreSQL it also makes the role that the
    service takes on, and gives it its rights: that needs the login that owns the tables (HLC_DATABASE_OWNER_URL, where
    the service has another one).
    """
    desk = desk_of(context)
    settings = desk.settings()
    url = settings.database_url
    _refuse_memory(url)
    desk.out.note(f"Database: {shown(url)}")
    _make_folder(url)
    require_database_file(url)
    login = login_in(url) if settings.owner_url else ""
    with _opened(settings.owner_url or url, LOGIN) as backend:
        applied = migrate(backend.engine, datetime.now(UTC), settings.database_role, login)
    if desk.out.json:
        desk.out.data({"applied": list(lines(applied))})
    elif applied:
        for line in lines(applied):
            desk.out.say(f"Applied {line}.")
    else:
        desk.out.say("Up to date.")


@app.command()
def check(context: typer.Context) -> None:
    """Whether the database is there, migrated, and as this version expects it."""
    desk = desk_of(context)
    settings = desk.settings()
    _refuse_memory(settings.database_url)
    desk.out.note(f"Database: {shown(settings.database_url)}")
    require_file(settings.database_url)
    with _opened(settings.database_url, settings.database_role) as backend:
        found = _differences(backend)
        if not found:
            backend.require_confined()
    if found:
        raise Unavailable("The database is not as this version expects it.", *found)
    if desk.out.json:
        desk.out.data({"ok": True})
    else:
        desk.out.say("Migrated, all tables, columns and indexes are there, and organizations are kept apart.")


def _differences(backend: SqlBackend) -> tuple[Fault, ...]:
    missing = pending(backend.engine)
    if missing:
        return tuple(Fault(line, "missing: run `hlc db migrate`") for line in lines(missing))
    return tuple(
        Fault("schema", f"{one}; restore it from a backup, or ask us")
        for one in differences(backend.engine, make_metadata(backend.shapes))
    )


@contextmanager
def _opened(url: str, role: str) -> Iterator[SqlBackend]:
    backend = open_database(url, 2, ClearCipher(), role)
    try:
        yield backend
    finally:
        backend.close()


def _refuse_memory(url: str) -> None:
    if url == MEMORY:
        raise Invalid("This database keeps nothing.", Fault("HLC_DATABASE_URL", "sqlite:///FILE or postgresql://…"))


def _make_folder(url: str) -> None:
    if url.startswith(SQLITE):
        folder = Path(url.removeprefix(SQLITE)).parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            raise Unavailable(
                f"The folder {folder} cannot be made.", Fault("HLC_DATABASE_URL", "name a place that is writable")
            ) from None
