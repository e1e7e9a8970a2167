"""The running of the installation: jobs, stored events, carts, the recorded past, lifecycles."""

from __future__ import annotations

from datetime import datetime

from attrs import frozen

from hlc_core.access.api import AUDIT, JOBS, JOBS_VIEW, RULE, SETTINGS_VIEW
from hlc_core.cart.api import Cart, CartState, ListCarts
from hlc_core.invariants.api import Finding, Repaired
from hlc_core.jobs.api import Job, JobName, ListJobs, RunJobSoon
from hlc_core.kernel.errors import Fault, Missing
from hlc_core.kernel.ids import EventId
from hlc_core.kernel.machine import AnyMachine
from hlc_core.kernel.paging import Page, limited
from hlc_core.registry import MACHINES
from hlc_core.relay import Delivery
from hlc_http.call import Call
from hlc_http.routes.paged import Limited, Paged
from hlc_http.table import Nothing, Routes, Who

routes = Routes("operations", who=Who.STAFF)

ALL_PARKED = 1000


@frozen(kw_only=True)
class CartsQuery(Paged):
    """Of one state, or all."""

    state: CartState | None = None


@frozen(kw_only=True)
class RetryBody:
    """Which parked events; none named: all of them."""

    events: tuple[EventId, ...] = ()


@frozen(kw_only=True)
class Retried:
    """How many events will be tried again."""

    retried: int


@frozen(kw_only=True)
class Parked:
    """A stored event whose delivery was given up; its content is not shown."""

    id: EventId
    name: str
    subject: str
    at: datetime
    attempts: int
    error: str
    actions: tuple[str, ...] = ("retry",)


@frozen(kw_only=True)
class Edge:
    """One row of a lifecycle's table."""

    source: str
    trigger: str
    target: str
    guard: str
    permission: str
    manual: bool
    causes: str


@frozen(kw_only=True)
class Lifecycle:
    """A lifecycle as its table."""

    name: str
    initial: str
    final: tuple[str, ...]
    edges: tuple[Edge, ...]


@routes.get("/api/v1/jobs", "The periodic jobs", answers=tuple[Job, ...], uses=ListJobs)
def list_jobs(call: Call[Nothing, Nothing]) -> tuple[Job, ...]:
    return call.ask(ListJobs())


@routes.post("/api/v1/jobs/{name}/run", "Have a worker run it soon", answers=Job, uses=RunJobSoon, idempotent=True)
def run_job_soon(call: Call[Nothing, Nothing]) -> Job:
    name = call.part("name")
    if name not in list(JobName):
        raise Missing("There is no such job.", Fault("name", f"one of: {', '.join(JobName)}"))
    return call.execute(RunJobSoon(name=JobName(name)))


@routes.get(
    "/api/v1/outbox/parked",
    "Events whose delivery was given up",
    query=Limited,
    answers=tuple[Parked, ...],
    permission=JOBS_VIEW,
)
def list_parked(call: Call[Nothing, Limited]) -> tuple[Parked, ...]:
    """Oldest first."""
    return tuple(map(_parked, call.services.deliveries.parked(call.organization.id, limited(call.query.limit))))


@routes.post(
    "/api/v1/outbox/retry", "Try parked events again from the start", body=RetryBody, answers=Retried, permission=JOBS
)
def retry_parked(call: Call[RetryBody, Nothing]) -> Retried:
    deliveries, organization = call.services.deliveries, call.organization.id
    wanted = call.body.events or tuple(one.id for one in deliveries.parked(organization, ALL_PARKED))
    return Retried(retried=deliveries.unpark(organization, wanted, call.services.clock.now()))


@routes.get("/api/v1/carts", "List carts", query=CartsQuery, answers=Page[Cart], uses=ListCarts)
def list_carts(call: Call[Nothing, CartsQuery]) -> Page[Cart]:
    """Newest first."""
    asked = call.query
    return call.ask(ListCarts(state=asked.state, cursor=asked.cursor, limit=asked.limit))


@routes.get("/api/v1/machines", "The lifecycles", answers=tuple[Lifecycle, ...], permission=SETTINGS_VIEW)
def list_machines(call: Call[Nothing, Nothing]) -> tuple[Lifecycle, ...]:
    """As their tables: from, on what, to, under which condition, by whom."""
    return tuple(map(_lifecycle, MACHINES))


@routes.get(
    "/api/v1/doctor",
    "Invariants that do not hold",
    answers=tuple[Finding, ...],
    permission=AUDIT,
    waits=True,
)
def check_invariants(call: Call[Nothing, Nothing]) -> tuple[Finding, ...]:
    """What is wrong in the books, what it means and what to do; nothing is changed, and nothing is the good answer."""
    return call.services.check_invariants(call.unkeyed)


@routes.post(
    "/api/v1/doctor/repair",
    "Repair what needs no person",
    answers=tuple[Repaired, ...],
    permission=RULE,
    waits=True,
)
def repair_findings(call: Call[Nothing, Nothing]) -> tuple[Repaired, ...]:
    """What was wrong, and what became of it: payments are looked at again, and what should have followed from a
    payment or an invoice follows, by the commands that do it anyway. Doing it again does no harm."""
    return call.services.repair(call.unkeyed)


def _parked(delivery: Delivery) -> Parked:
    return Parked(
        id=delivery.id,
        name=delivery.name,
        subject=delivery.subject,
        at=delivery.at,
        attempts=delivery.attempts,
        error=delivery.error,
    )


def _lifecycle(machine: AnyMachine) -> Lifecycle:
    return Lifecycle(
        name=machine.name,
        initial=machine.initial,
        final=tuple(sorted(machine.final)),
        edges=tuple(
            Edge(
                source=rule.source,
                trigger=rule.trigger,
                target=rule.target,
                guard="" if rule.guard is None else rule.guard.__name__.replace("_", " "),
                permission=rule.permission or "",
                manual=rule.manual,
                causes=rule.causes,
            )
            for rule in machine.rules
        ),
    )
