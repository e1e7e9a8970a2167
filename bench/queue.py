"""The provider queue: a page, a count, at a great many invoices, and the plan that PostgreSQL makes for a page."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import timedelta
from functools import partial
from time import perf_counter
from typing import Any

import psycopg

from bench.clinic import ORGANIZATION, START, SYSTEM, opened
from bench.clinic import found as clinic_found
from bench.places import Place, PostgresPlace
from bench.report import Figure
from bench.tape import plain
from hlc_adapters.services import Services
from hlc_adapters.sql import text
from hlc_adapters.storage.shape import Where, above, at_most, eq
from hlc_adapters.storage.shapes.orders import INVOICES
from hlc_adapters.storage.shapes.patients import PATIENTS
from hlc_adapters.storage.shapes.provider_queue import QUEUE_ITEMS
from hlc_adapters.tuning import calm_collector
from hlc_core.access.api import STAFF_KEYS
from hlc_core.catalog.api import AddProduct, Offer, ProductKind
from hlc_core.invoicing.api import Prescribing, ScriptOutcome
from hlc_core.kernel.commands import Actor, ActorKind, Envelope
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import ActorId
from hlc_core.kernel.money import Money
from hlc_core.provider_queue.api import CountQueue, ItemState, ListQueue, Readiness
from hlc_core.provider_queue.model import Ending, place_of

GROUP = "Provider queue"
AIM = "30 ms (p95 at 1,000,000 invoices)"
_CHUNK = 5_000
_WAITING = 50
"""One invoice in so many waits."""
_SPAN = 400 * 24 * 3600
"""Seconds over which the invoices were paid."""
PROVIDER = Envelope(
    actor=Actor(kind=ActorKind.STAFF, id=ActorId("key-bench"), organization=ORGANIZATION, permissions=STAFF_KEYS),
    channel="http",
)


class SortsEverything(RuntimeError):
    """The plan of a page reads more than the page."""


def measure(place: Place, invoices: int, pages: int) -> Iterator[Figure]:
    """All figures of the queue at one database."""
    url = place.copy(place.prepared(partial(_filled, invoices=invoices)))
    if isinstance(place, PostgresPlace):
        name, read = "rows that the plan of a page reads", _planned(url)
        yield Figure(group=GROUP, place=place.name, name=name, value=read, unit="rows", aim="51")
    with opened(url) as clinic, calm_collector():
        clinic.clock.set(START + timedelta(days=400))
        services = clinic.services
        cursors = _cursors(services, pages)
        ask, rounds = services.application.ask, services.rounds
        found: dict[str, Callable[[str | None], object]] = {
            "a page of 50, read only": lambda cursor: ask(ListQueue(cursor=cursor), SYSTEM),
            "a page of 50, filtered, read only": lambda cursor: ask(
                ListQueue(cursor=cursor, readiness=Readiness.READY), SYSTEM
            ),
            "a page of 50, with its entry in the audit trail": lambda cursor: rounds.page(
                ListQueue(cursor=cursor), PROVIDER
            ),
            "the counts of the badge": lambda _: ask(CountQueue(), SYSTEM),
        }
        for name, work in found.items():
            times = sorted(_timed(work, cursor) for cursor in cursors)
            for share in (50, 95):
                value = times[min(len(times) - 1, len(times) * share // 100)] * 1000
                aim = AIM if share == 95 and "page" in name else ""
                yield Figure(group=GROUP, place=place.name, name=f"{name}, p{share}", value=value, unit="ms", aim=aim,
                             note=f"{invoices:,} invoices, {invoices // _WAITING:,} waiting")  # fmt: skip
    place.drop(url)


def _timed(work: Callable[[str | None], object], cursor: str | None) -> float:
    begun = perf_counter()
    work(cursor)
    return perf_counter() - begun


def _cursors(services: Services, count: int) -> list[str | None]:
    """Places all over the queue, and its beginning."""
    draw, ids = random.Random(5), range(0, _SPAN * 9 // 10)  # a replay, not a secret
    moments = (START + timedelta(seconds=draw.choice(ids)) for _ in range(count - 1))
    return [None, *(place_of(moment, services.ids.new("qi")) for moment in moments)]  # type: ignore[arg-type]  # an id


def _filled(url: str, invoices: int) -> None:
    """A clinic in which one prescription was bought, and that purchase as often as asked for, in bulk."""
    clinic_found(url)
    with opened(url) as clinic:
        services, application = clinic.services, clinic.services.application
        offer = Offer(name="Finasteride", price=Money(4900, "USD"), kind=ProductKind.ONE_TIME, needs_prescription=True)
        product = application.execute(AddProduct(offer=offer), SYSTEM)
        clinic.buy("prototype", product.id)
        session = services.backend.begin(write=False)
        (invoice,) = [one for one in session.select(INVOICES, ORGANIZATION) if one.awaits_script]
        (item,) = session.select(QUEUE_ITEMS, ORGANIZATION)
        patient = session.fetch(PATIENTS, ORGANIZATION, (invoice.patient,))[0]
        session.rollback()
        for start in range(0, invoices, _CHUNK):
            numbers = range(start, min(invoices, start + _CHUNK))
            _write(services, numbers, invoices, invoice, item, patient)


def _write(services: Services, numbers: range, total: int, invoice: Any, item: Any, patient: Any) -> None:
    """Rows as the use cases write them, with the order left out; each tenth has a patient of its own."""
    invoices, items, patients = [], [], []
    for number in numbers:
        moment = START + timedelta(seconds=number * _SPAN // total)
        who = patient.id if number % 10 else f"pat_bench{number:09d}"
        if who != patient.id:
            patients.append(evolve(patient, id=who, email_key=f"k{number}", external_id=None, version=1))
        waits = number % _WAITING == 0
        done = Prescribing(
            processed=True, processed_at=moment, processed_by="usr_bench", outcome=ScriptOutcome.PRESCRIBED
        )
        id, queued = f"inv_bench{number:09d}", f"qi_bench{number:09d}"
        invoices.append(
            evolve(
                invoice, id=id, patient=who, obligation=f"bench:{number}", number=number + 10, order=None,
                created_at=moment, paid_at=moment, version=1,
                prescribing=invoice.prescribing if waits else done,
            )
        )  # fmt: skip
        ending = None if waits else Ending(at=moment, by="usr_bench")
        items.append(
            evolve(
                item, id=queued, subject=id, invoice=id, order=None, patient=who, place=place_of(moment, queued),  # type: ignore[arg-type]  # an id
                due_at=moment, queued_at=moment, version=1, ending=ending,
                state=ItemState.WAITING if waits else ItemState.PRESCRIBED,
                readiness=Readiness.READY if number % 3 else Readiness.IN_REVIEW,
            )
        )  # fmt: skip
    session = services.backend.begin(write=True)
    try:
        for shape, rows in ((PATIENTS, patients), (INVOICES, invoices), (QUEUE_ITEMS, items)):
            if rows:
                session.insert(shape, rows)
        session.commit()
    except BaseException:
        with suppress(Exception):
            session.rollback()
        raise


def _planned(url: str) -> int:
    """How many index rows PostgreSQL reads for a page. Refuses: SortsEverything (no index scan, or a sort)."""
    where: Sequence[Where] = (eq("state", "waiting"), above("place", "2026"), at_most("place", "2028"))
    dialect = text.Dialect(False)
    signature = tuple((one.column, one.op) for one in where)
    statement = text.select(QUEUE_ITEMS, dialect, signature, ("place",), True, True, False)
    values = text.parameters(dialect, ORGANIZATION, tuple(where), 51)
    said = getattr(statement, "text", None) or str(statement)
    with psycopg.connect(plain(url), cursor_factory=psycopg.RawCursor) as connection:
        connection.execute("SELECT set_config('hlc.organization', $1, false)", (ORGANIZATION,))
        explained = connection.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {said}", values).fetchone()
    assert explained is not None
    nodes = [*_nodes(explained[0][0]["Plan"])]
    kinds = [node["Node Type"] for node in nodes]
    if not any(kind.startswith("Index") for kind in kinds) or {"Sort", "Seq Scan", "Incremental Sort"} & set(kinds):
        raise SortsEverything(", ".join(kinds))
    return max(int(node["Actual Rows"]) for node in nodes)


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for inner in plan.get("Plans", ()):
        yield from _nodes(inner)
