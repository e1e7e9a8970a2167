"""A billing run: how many renewals a second, what they say to the database, and how it grows."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from time import perf_counter
from typing import Any

import psycopg
import sqlalchemy as sa
from attrs import frozen

from bench import child
from bench.bank import CALLS, YesBank
from bench.clinic import RENEWS, SYSTEM, Clinic, opened, subscribed
from bench.places import Place
from bench.report import Figure
from bench.tape import counted, plain, recorded, replay, script
from hlc_adapters.clock import VirtualClock
from hlc_adapters.sql.tables import make_metadata
from hlc_adapters.storage.shapes.all import ALL
from hlc_core.billing.api import LineKind, Outcome, RunWish

GROUP = "Renewals"
WORKERS = 64
AHEAD = 3


@frozen(kw_only=True)
class Sizes:
    """How much of it."""

    plain: int
    slow: int
    slow_seconds: float
    growth: tuple[int, ...]


FULL = Sizes(plain=10_000, slow=10_000, slow_seconds=0.2, growth=(1_000, 10_000, 100_000))
QUICK = Sizes(plain=2_000, slow=1_000, slow_seconds=0.02, growth=(500, 2_000))


def bill(clinic: Clinic, expected: int) -> float:
    """Renew everything that is due; answers the seconds. Refuses: RuntimeError (not all were renewed)."""
    clinic.clock.set(RENEWS)
    begun = perf_counter()
    run = clinic.services.run_billing(RunWish(as_of=RENEWS.date()), SYSTEM)
    seconds = perf_counter() - begun
    paid = sum(t.count for t in run.tallies if t.kind is LineKind.CHARGE and t.outcome is Outcome.PAID)
    if paid != expected:
        raise RuntimeError(f"{paid} of {expected} were renewed: {run.tallies}")
    return seconds


def measure(place: Place, sizes: Sizes) -> Iterator[Figure]:
    """All figures of billing runs at one database."""
    prepared = _prepared(place, {sizes.plain, sizes.slow})
    yield from _said(place, prepared[sizes.plain], sizes.plain)
    yield from _slow(place, prepared[sizes.slow], sizes)


def _prepared(place: Place, sizes: Iterable[int]) -> dict[int, str]:
    return {
        size: place.prepared(lambda url, size=size: subscribed(url, size))  # type: ignore[misc]  # bound at once
        for size in sorted(sizes)
    }


def _said(place: Place, prepared: str, size: int) -> Iterator[Figure]:
    """Speed with an instant gateway, beside the same writes by a bare driver, and as one statement of sets."""
    ran = run_alone(place, prepared, size)
    url = place.copy(prepared)
    tape = recorded(url)
    clock = VirtualClock(RENEWS)
    with opened(url, backend=tape, clock=clock, gateway=YesBank(clock=clock)) as clinic:
        tape.tape.cut()
        bill(clinic, size)
        said = tape.tape.cut()
    bare = place.copy(prepared)
    floor = size / replay(bare, [script(said)])
    place.drop(bare)
    at_once = place.copy(prepared)
    as_set = size / _set_based(at_once, url)
    place.drop(at_once)
    place.drop(url)
    counts = counted(said)
    yield Figure(
        group=GROUP,
        place=place.name,
        name=f"renewals a second, {size:,} due, instant gateway",
        value=size / ran.seconds,
        unit="/s",
        floor=floor,
        aim="3,000",
        note=f"floor: the same statements, bare driver; CPU of each: here {ran.busy / size * 1e6:.0f} us"
        + (f", database {ran.database / size * 1e6:.0f}" if ran.database else ""),
    )
    yield Figure(
        group=GROUP,
        place=place.name,
        name="the same rows by set-based SQL",
        value=as_set,
        unit="/s",
        note="one statement a table" if place.name == "SQLite" else "one statement",
    )
    yield Figure(
        group=GROUP, place=place.name, name="statements a renewal", value=counts.statements / size, unit="statements",
        note=f"{counts.statements:,} in all, {counts.writes:,} of them writing",
    )  # fmt: skip
    yield Figure(
        group=GROUP, place=place.name, name="transactions of the run", value=counts.writing, unit="transactions",
        note=f"{size / counts.writing:.0f} renewals for each",
    )  # fmt: skip


def _slow(place: Place, prepared: str, sizes: Sizes) -> Iterator[Figure]:
    """Speed with a gateway that takes its time, as a share of what that gateway could do."""
    ran = run_alone(place, prepared, sizes.slow, latency=sizes.slow_seconds, workers=WORKERS, ahead=AHEAD)
    ceiling = WORKERS / (CALLS * sizes.slow_seconds)
    yield Figure(
        group=GROUP,
        place=place.name,
        name=f"renewals a second, {sizes.slow:,} due, gateway {sizes.slow_seconds * 1000:.0f} ms",
        value=sizes.slow / ran.seconds,
        unit="/s",
        floor=ceiling,
        aim="80 %",
        note=f"floor: the gateway's ceiling, {WORKERS} calls at once / ({CALLS} calls x latency)",
    )


def measure_growth(place: Place, sizes: Sequence[int]) -> Iterator[Figure]:
    """Speed and memory as subscriptions grow."""
    prepared = _prepared(place, sizes)
    for size in sizes:
        ran = run_alone(place, prepared[size], size)
        yield Figure(
            group="Growth", place=place.name, name=f"renewals a second, {size:,} due", value=size / ran.seconds,
            unit="/s", note=f"{ran.seconds:.1f} s",
        )  # fmt: skip
        yield Figure(
            group="Growth", place=place.name, name=f"peak memory, {size:,} due", value=ran.peak_mb, unit="MB",
            note=f"{ran.peak_mb - ran.before_mb:.0f} MB above the start of the run",
        )  # fmt: skip


@frozen(kw_only=True)
class Ran:
    """A billing run in a process of its own: `busy` are its seconds of CPU, `database` those of a server."""

    seconds: float
    busy: float
    database: float
    before_mb: float
    peak_mb: float


def run_alone(
    place: Place, prepared: str, size: int, latency: float = 0.0, workers: int = WORKERS, ahead: int = 1
) -> Ran:
    """Renew a copy of the prepared database in another process."""
    url = place.copy(prepared)
    database = place.busy()
    told = child.ask("bench.renewals_alone", url=url, size=size, latency=latency, workers=workers, ahead=ahead)
    database = place.busy() - database
    place.drop(url)
    return Ran(database=database, **told)


def _set_based(url: str, after: str) -> float:
    """The seconds that SQL itself needs to write the rows that a run has left, from tables that hold them."""
    tables = {table.name: [column.name for column in table.columns] for table in make_metadata(ALL).sorted_tables}
    keys = {table.name: [column.name for column in table.primary_key] for table in make_metadata(ALL).sorted_tables}
    return (_set_sqlite if url.startswith("sqlite") else _set_postgres)(url, after, tables, keys)


Names = dict[str, list[str]]


def _insert(table: str, names: Sequence[str]) -> str:
    listed = ", ".join(names)
    return f"INSERT INTO {table} ({listed}) SELECT {listed} FROM new_{table}"


def _update(table: str, names: Sequence[str], keys: Sequence[str]) -> str:
    sets = ", ".join(f"{name} = c.{name}" for name in names if name not in keys)
    same = " AND ".join(f"{table}.{name} = c.{name}" for name in keys)
    return f"UPDATE {table} SET {sets} FROM changed_{table} AS c WHERE {same}"


def _staged(table: str, names: Sequence[str], keys: Sequence[str], source: str, temporary: str) -> tuple[str, str]:
    same = " AND ".join(f"b.{name} = a.{name}" for name in keys)
    other = " OR ".join(f"b.{name} <> a.{name}" for name in names if name in ("version", "next"))
    return (
        f"CREATE {temporary} TABLE new_{table} AS SELECT a.* FROM {source} AS a "
        f"WHERE NOT EXISTS (SELECT 1 FROM {table} AS b WHERE {same})",
        f"CREATE {temporary} TABLE changed_{table} AS SELECT a.* FROM {source} AS a JOIN {table} AS b ON {same} "
        f"WHERE {other}",
    )


def _set_sqlite(url: str, after: str, tables: Names, keys: Names) -> float:
    connection = sqlite3.connect(sa.make_url(url).database or "", isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "temp_store=MEMORY"):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute("ATTACH ? AS after", (sa.make_url(after).database,))
    statements = []
    for table, names in tables.items():
        for stage in _staged(table, names, keys[table], f"after.{table}", "TEMP"):
            connection.execute(stage)
        if connection.execute(f"SELECT count(*) FROM new_{table}").fetchone()[0]:
            statements.append(_insert(table, names))
        if connection.execute(f"SELECT count(*) FROM changed_{table}").fetchone()[0]:
            connection.execute(f"CREATE INDEX temp.i_{table} ON changed_{table} ({', '.join(keys[table])})")
            statements.append(_update(table, names, keys[table]))
    begun = perf_counter()
    connection.execute("BEGIN IMMEDIATE")
    for statement in statements:
        connection.execute(statement)
    connection.execute("COMMIT")
    seconds = perf_counter() - begun
    connection.close()
    return seconds


def _set_postgres(url: str, after: str, tables: Names, keys: Names) -> float:
    with psycopg.connect(plain(url), autocommit=True) as here, psycopg.connect(plain(after)) as there:
        statements: list[Any] = []
        for table, names in tables.items():
            here.execute(f"CREATE UNLOGGED TABLE after_{table} (LIKE {table})")
            listed = ", ".join(names)
            with (
                there.cursor().copy(f"COPY {table} ({listed}) TO STDOUT") as source,
                here.cursor().copy(f"COPY after_{table} ({listed}) FROM STDIN") as target,
            ):
                for block in source:
                    target.write(block)
            for stage in _staged(table, names, keys[table], f"after_{table}", "UNLOGGED"):
                here.execute(stage)
            for kind, statement in (("new", _insert(table, names)), ("changed", _update(table, names, keys[table]))):
                here.execute(f"ANALYZE {kind}_{table}")
                counts = here.execute(f"SELECT count(*) FROM {kind}_{table}").fetchone()
                if counts is not None and counts[0]:
                    statements.append(statement)
        here.execute("CHECKPOINT")
        parts = ", ".join(f"w{place} AS ({statement})" for place, statement in enumerate(statements))
        begun = perf_counter()
        here.execute(f"WITH {parts} SELECT 1")
        return perf_counter() - begun
