"""The relay: delivers stored events to effects, in order per subject, with leases, attempts and parking.

Effects are what HLC does to the outside world because of an event. They run after the commit, outside of any
transaction, at least once; the event id is the same every time, so that the receiver can tell a repetition.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from attrs import frozen

from hlc_core.kernel.errors import HlcError, Stale
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import ActorId, EventId, OrganizationId
from hlc_core.kernel.time import Clock

LEASE = timedelta(seconds=60)
MOST_ATTEMPTS = 8


class DeliveryState(StrEnum):
    """Where an event stands on its way out. Only events that some effect waits for are stored."""

    PENDING = "pending"
    DONE = "done"
    PARKED = "parked"


@frozen(kw_only=True, slots=False)
class Delivery:
    """A stored event: `name` and `body` (JSON) as put by the use case, and how far its delivery is.

    `available_at` is when it may be taken (again): a worker that takes it moves this forward by the lease.
    """

    id: EventId
    organization: OrganizationId
    name: str
    subject: str
    body: str
    at: datetime
    correlation: str
    actor: ActorId
    state: DeliveryState
    available_at: datetime
    attempts: int = 0
    error: str = ""
    version: int = 0


class Deliveries(Protocol):
    """Stored events of all organizations: the relay's own, named scope. Each call is one transaction."""

    def claim(self, now: datetime, lease: timedelta, limit: int) -> Sequence[Delivery]:
        """Take due events, oldest first, never one whose subject has an earlier pending one not taken here."""
        ...

    def settle(self, deliveries: Sequence[Delivery]) -> None:
        """Store how the deliveries ended. Refuses: Stale (another worker took one over; then none is stored)."""
        ...


class NotYet(Exception):
    """An effect is to happen later: nothing was done, and nothing went wrong. Never raised in a transaction."""

    def __init__(self, until: datetime) -> None:
        super().__init__(until)
        self.until = until


Effect = Callable[[Delivery], None]
"""Does what an event asks of the outside world. Refuses: NotYet (the event waits, and what follows it of its subject),
and whatever else it likes: that is tried again."""


def backoff(attempts: int) -> timedelta:
    """How long to wait after the n-th failed attempt: 5 s, 10 s, 20 s … at most an hour."""
    return timedelta(seconds=min(3600.0, 5.0 * 2 ** (attempts - 1)))


def relay_once(deliveries: Deliveries, effects: Mapping[str, Sequence[Effect]], clock: Clock, limit: int = 100) -> int:
    """Deliver what is due now; answers how many events were taken. One that fails does not stop the others.

    What is left when the lease runs out is left to whoever takes it next.
    """
    claimed = deliveries.claim(clock.now(), LEASE, limit)
    blocked: set[tuple[str, str]] = set()
    ended: list[Delivery] = []
    for delivery in claimed:
        subject = (delivery.organization, delivery.subject)
        if clock.now() >= delivery.available_at:
            break
        if subject in blocked:
            ended.append(evolve(delivery, attempts=delivery.attempts - 1, available_at=clock.now() + backoff(1)))
            continue
        try:
            error = _deliver(delivery, effects.get(delivery.name, ()))
        except NotYet as later:
            blocked.add(subject)
            ended.append(evolve(delivery, attempts=delivery.attempts - 1, available_at=later.until))
            continue
        if error is None:
            ended.append(evolve(delivery, state=DeliveryState.DONE, error=""))
        elif delivery.attempts >= MOST_ATTEMPTS:
            ended.append(evolve(delivery, state=DeliveryState.PARKED, error=error))
        else:
            blocked.add(subject)
            ended.append(evolve(delivery, error=error, available_at=clock.now() + backoff(delivery.attempts)))
    if ended:
        _settle(deliveries, ended)
    return len(claimed)


def _settle(deliveries: Deliveries, ended: Sequence[Delivery]) -> None:
    """Together; where another worker took some over, one by one, so that the others are not delivered again."""
    try:
        deliveries.settle(ended)
    except Stale:
        for one in ended:
            with suppress(Stale):
                deliveries.settle([one])


def _deliver(delivery: Delivery, effects: Sequence[Effect]) -> str | None:
    try:
        for effect in effects:
            effect(delivery)
    except NotYet:
        raise
    except HlcError as refusal:
        return f"{refusal.code}: {refusal.detail}"
    except Exception as fault:  # a poison event must not stop the queue; its text may hold secrets, its type does not
        return type(fault).__name__
    return None
