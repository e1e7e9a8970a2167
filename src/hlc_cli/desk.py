"""What a command has in its hands: the options, the output, and the installation, which is opened when needed."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

import typer
from attrs import define, field, frozen

from hlc_adapters.composition import build
from hlc_adapters.services import Services
from hlc_adapters.settings import Settings, read_settings
from hlc_adapters.sql.migrate import require_migrated
from hlc_adapters.sql.rows import SqlBackend
from hlc_cli.output import Output
from hlc_core.access.api import OPERATOR_KEYS
from hlc_core.kernel.commands import Actor, ActorKind, Command, Envelope, Query, system
from hlc_core.kernel.errors import Fault, Invalid, Unavailable
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import PLATFORM, ActorId
from hlc_core.organizations.api import Organization

A = TypeVar("A")

OPERATOR = ActorId("cli")
"""As whom the operator acts until identity says who it is."""
SQLITE = "sqlite:///"
_MAGIC = b"SQLite format 3\0"
DEMO_FILE = Path(".hlc/demo/hlc.env")
"""The settings that `hlc demo` leaves for the other commands."""


@frozen(kw_only=True)
class Options:
    """The options that every command has; empty means: as the environment says."""

    database: str = ""
    organization: str = ""
    settings: Path | None = None


@define
class Desk:
    """One run of the command line."""

    options: Options
    out: Output
    _services: Services | None = field(default=None, init=False)
    _organization: Organization | None = field(default=None, init=False)

    def settings(self) -> Settings:
        """From the environment, beneath it the settings file, above it the options.

        Refuses: Invalid (also where no database is named, and none lies here: none is made by mistake).
        """
        kept = self._file()
        named = {**kept, **os.environ}
        if kept.get("HLC_DATABASE_URL") == named.get("HLC_DATABASE_URL") and not self.options.database:
            named |= {name: kept[name] for name in ("HLC_ENCRYPTION_KEY",) if name in kept}  # a database has its key
        settings = read_settings(named)
        if self.options.database:
            settings = evolve(settings, database_url=self.options.database)
        elif "HLC_DATABASE_URL" not in named:
            self._found_here(settings.database_url)
        return _with_books(settings)

    def bare_settings(self) -> Settings:
        """From the environment alone, with its database left out: the demo has one of its own. Refuses: Invalid."""
        return read_settings({name: value for name, value in os.environ.items() if name != "HLC_DATABASE_URL"})

    @property
    def services(self) -> Services:
        """The installation on a database that is there and migrated. Refuses: Invalid, Unavailable."""
        if self._services is None:
            settings = self.settings()
            require_file(settings.database_url)
            self._services = self.opened(settings)
            self.require_database(self._services)
        return self._services

    def opened(self, settings: Settings) -> Services:
        """The installation, whatever the database is like. Refuses: Invalid, Unavailable (the simulator's books)."""
        try:
            return build(settings)
        except (OSError, sqlite3.Error):
            remedy = Fault("HLC_SIMULATOR_LEDGER", f"{settings.simulator_ledger} must be a place that is writable")
            raise Unavailable("The simulator's books cannot be opened.", remedy) from None

    def require_database(self, services: Services) -> None:
        """Refuses: Unavailable (not reachable, migrations missing)."""
        if not isinstance(services.backend, SqlBackend):
            return
        try:
            require_migrated(services.backend.engine)
            services.backend.require_confined()
        except Unavailable as refusal:
            remedy = refusal.faults
            if remedy == (Unavailable.remedy,):
                remedy = (Fault("HLC_DATABASE_URL", "is the server running there, and are name and password right?"),)
            raise Unavailable(refusal.detail, *remedy, retry_after=refusal.retry_after) from None

    @property
    def organization(self) -> Organization:
        """The organization that is meant. Refuses: Missing (unknown, or several and none named)."""
        if self._organization is None:
            slug = self.options.organization or self.services.settings.organization
            self._organization = self.services.directory.chosen(slug)
            self.out.zone = self._organization.zone
        return self._organization

    @property
    def operator(self) -> Envelope:
        """The envelope of what the operator asks."""
        return Envelope(
            actor=Actor(
                kind=ActorKind.STAFF, id=OPERATOR, organization=self.organization.id, permissions=OPERATOR_KEYS
            ),
            channel="cli",
        )

    @property
    def above(self) -> Envelope:
        """The envelope of what the operator asks about no clinic in particular."""
        actor = Actor(kind=ActorKind.STAFF, id=OPERATOR, organization=PLATFORM, permissions=OPERATOR_KEYS)
        return Envelope(actor=actor, channel="cli")

    @property
    def machine(self) -> Envelope:
        """The envelope of what HLC itself does for the operator: charging, billing."""
        return system(self.organization.id, OPERATOR)

    def standing_in(self, for_whom: str) -> Envelope:
        """The envelope of what the operator asks in somebody's place; nobody's, where none is named."""
        actor = self.operator.actor
        return Envelope(actor=evolve(actor, on_behalf_of=ActorId(for_whom)) if for_whom else actor)

    def execute(self, command: Command[A]) -> A:
        """Do it as the operator."""
        return self.services.application.execute(command, self.operator)

    def preview(self, command: Command[A]) -> A:
        """What doing it would answer."""
        return self.services.application.preview(command, self.operator)

    def ask(self, query: Query[A]) -> A:
        """Ask as the operator."""
        return self.services.application.ask(query, self.operator)

    def close(self) -> None:
        """Let go of the database."""
        if self._services is not None:
            self._services.close()

    def _found_here(self, url: str) -> None:
        path = Path(url.removeprefix(SQLITE))
        if not path.exists():
            raise Invalid(
                "No database is named.",
                Fault(
                    "HLC_DATABASE_URL",
                    "sqlite:///FILE or postgresql://…, or the option --database; `hlc demo` makes a clinic to look at",
                ),
            )
        self.out.note(f"The database {path} in this folder (no HLC_DATABASE_URL is set).")

    def _file(self) -> Mapping[str, str]:
        path = self.options.settings
        if path is None and DEMO_FILE.exists() and not (self.options.database or os.environ.get("HLC_DATABASE_URL")):
            path = DEMO_FILE
            self.out.note(f"The demo clinic in {path.parent} (no HLC_DATABASE_URL is set).")
        return {} if path is None else read_file(path)


def desk_of(context: typer.Context) -> Desk:
    """The desk that `hlc` made before the command."""
    desk = context.find_object(Desk)
    if desk is None:
        raise RuntimeError("A command was called without hlc.")
    return desk


def require_file(url: str) -> None:
    """Refuses: Unavailable (an SQLite database that is not there, or is something else: looking makes none)."""
    path = Path(url.removeprefix(SQLITE))
    if url.startswith(SQLITE) and not path.exists():
        raise Unavailable(
            f"There is no database file {path}.",
            Fault("HLC_DATABASE_URL", "name another one, or run `hlc db migrate` to make it"),
        )
    require_database_file(url)


def require_database_file(url: str) -> None:
    """Refuses: Unavailable (the file of an SQLite address is there, and is something else)."""
    path = Path(url.removeprefix(SQLITE))
    if url.startswith(SQLITE) and path.exists() and not _is_database(path):
        raise Unavailable(f"{path} is no SQLite database.", Fault("HLC_DATABASE_URL", "name another file"))


def _with_books(settings: Settings) -> Settings:
    """The simulator's books are kept beside an SQLite database: else every command would meet a gateway that has
    forgotten what it charged before."""
    path = settings.database_url.removeprefix(SQLITE)
    if settings.simulator_ledger or settings.simulator_url or path in ("", settings.database_url):
        return settings
    return evolve(settings, simulator_ledger=f"{path}.simulator")


def _is_database(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(_MAGIC)) in (b"", _MAGIC)
    except OSError:
        return False


def read_file(path: Path) -> dict[str, str]:
    """Lines `NAME=value` of a settings file; blank lines and comments are passed over. Refuses: Invalid."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        raise Invalid("The settings file cannot be read.", Fault("settings", f"a text file at {path}")) from None
    found: dict[str, str] = {}
    for number, line in enumerate(lines, start=1):
        name, equals, value = line.strip().partition("=")
        if not name or name.startswith("#"):
            continue
        if not equals:
            raise Invalid("The settings file cannot be read.", Fault(f"line {number}", "write NAME=value"))
        found[name.strip()] = value.strip()
    return found
