"""Stored events of all organizations, for the relay: its own, named cross-organization scope."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from attrs import frozen

from hlc_adapters.storage.session import Backend, Session
from hlc_adapters.storage.shape import above, at_most, eq, one_of
from hlc_adapters.storage.shapes.platform import DELIVERIES
from hlc_adapters.storage.units import Probe, no_probe
from hlc_core.kernel.evolve import evolve
from hlc_core.relay import Delivery, DeliveryState


@frozen
class StoredDeliveries:
    """Claims and settles deliveries; each call is one transaction. `probe` hears of their commits."""

    backend: Backend
    probe: Probe = no_probe

    def claim(self, now: datetime, lease: timedelta, limit: int) -> Sequence[Delivery]:
        """Due events, oldest first; never one whose subject has an earlier one that is not taken here."""
        session = self.backend.begin(write=True)
        try:
            taken = [_taken(delivery, now + lease) for delivery in _next(session, now, limit)]
            if taken:
                session.update(DELIVERIES, taken)
            self._commit(session)
        except BaseException:
            session.rollback()
            raise
        return taken

    def parked(self, organization: str, limit: int) -> Sequence[Delivery]:
        """Events of one organization whose delivery was given up, oldest first."""
        session = self.backend.begin(write=False)
        try:
            return session.select(DELIVERIES, organization, (eq("state", DeliveryState.PARKED),), limit=limit)
        finally:
            session.rollback()

    def depth(self) -> int:
        """How many events wait, of all organizations."""
        session = self.backend.begin(write=False)
        try:
            return session.count(DELIVERIES, None, (eq("state", DeliveryState.PENDING),))
        finally:
            session.rollback()

    def unpark(self, organization: str, ids: Sequence[str], now: datetime) -> int:
        """Let parked events be tried again from the start; answers how many there were."""
        session = self.backend.begin(write=True)
        try:
            found = [d for d in session.fetch(DELIVERIES, organization, ids) if d.state is DeliveryState.PARKED]
            again = [
                evolve(d, state=DeliveryState.PENDING, attempts=0, available_at=now, version=d.version + 1)
                for d in found
            ]
            if again:
                session.update(DELIVERIES, again)
            self._commit(session)
        except BaseException:
            session.rollback()
            raise
        return len(found)

    def settle(self, deliveries: Sequence[Delivery]) -> None:
        """Store how they ended. Refuses: Stale (a lease ran out and another worker took one over)."""
        session = self.backend.begin(write=True)
        try:
            session.update(DELIVERIES, [evolve(d, version=d.version + 1) for d in deliveries])
            self._commit(session)
        except BaseException:
            session.rollback()
            raise

    def _commit(self, session: Session) -> None:
        self.probe("commit.before")
        session.commit()
        self.probe("commit.after")


def _next(session: Session, now: datetime, limit: int) -> list[Delivery]:
    """So many due events that nothing holds back, however many are held back before them."""
    found: list[Delivery] = []
    last = ""
    while len(found) < limit:
        where = (eq("state", DeliveryState.PENDING), at_most("available_at", now), above("id", last))
        due = session.select(DELIVERIES, None, where, limit=limit, locked=True)
        found += _in_order(due, _pending(session, due))
        if len(due) < limit:
            break
        last = due[-1].id
    return found[:limit]


def _pending(session: Session, due: Sequence[Delivery]) -> Sequence[Delivery]:
    subjects = tuple({delivery.subject for delivery in due})
    if not subjects:
        return ()
    return session.select(DELIVERIES, None, (eq("state", DeliveryState.PENDING), one_of("subject", subjects)))


def _in_order(due: Sequence[Delivery], pending: Sequence[Delivery]) -> list[Delivery]:
    """Those of the due events before which nothing else of their subject waits."""
    here = {delivery.id for delivery in due}
    blocked: dict[tuple[str, str], str] = {}
    for delivery in sorted(pending, key=lambda d: d.id):
        if delivery.id not in here:
            blocked.setdefault((delivery.organization, delivery.subject), delivery.id)
    return [d for d in due if d.id < blocked.get((d.organization, d.subject), "~")]


def _taken(delivery: Delivery, until: datetime) -> Delivery:
    return evolve(delivery, available_at=until, attempts=delivery.attempts + 1, version=delivery.version + 1)
