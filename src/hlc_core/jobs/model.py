"""A periodic job of one organization: a row with a lease, so that of many workers one runs it."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from attrs import frozen

from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import JobId, OrganizationId


class JobName(StrEnum):
    """The periodic jobs. Each is idempotent and catches up after downtime."""

    RESOLVER = "resolver"
    CARTS = "carts"
    BILLING = "billing"
    RECONCILIATION = "reconciliation"
    SEALING = "sealing"
    DISPATCHES = "dispatches"
    REFILLS = "refills"
    GRANTS = "grants"
    SIGN_INS = "sign_ins"
    PATIENTS = "patients"
    ENCRYPTION = "encryption"


EVERY: dict[JobName, timedelta] = {
    JobName.RESOLVER: timedelta(seconds=5),
    JobName.CARTS: timedelta(minutes=5),
    JobName.BILLING: timedelta(hours=1),
    JobName.RECONCILIATION: timedelta(days=1),
    JobName.SEALING: timedelta(minutes=1),
    JobName.DISPATCHES: timedelta(seconds=10),
    JobName.REFILLS: timedelta(hours=1),
    JobName.GRANTS: timedelta(minutes=5),
    JobName.SIGN_INS: timedelta(hours=1),
    JobName.PATIENTS: timedelta(seconds=30),
    JobName.ENCRYPTION: timedelta(minutes=10),
}
"""How often each runs."""

LEASE = timedelta(minutes=15)
"""A worker that was not heard of for that long is taken for dead; its job may be taken over."""


@frozen(kw_only=True)
class Job:
    """When it runs next, who runs it now, and how it went last. `token` fences a worker that was taken for dead."""

    id: JobId
    organization: OrganizationId
    name: JobName
    next_at: datetime
    leased_until: datetime | None = None
    token: int = 0
    started_at: datetime | None = None
    ended_at: datetime | None = None
    outcome: str = ""
    failures: int = 0
    version: int = 0

    def due(self, now: datetime) -> bool:
        """Whether it may be taken now."""
        return self.next_at <= now and (self.leased_until is None or self.leased_until <= now)

    def taken(self, now: datetime) -> Job:
        """The job, leased."""
        return evolve(self, leased_until=now + LEASE, token=self.token + 1, started_at=now)

    def ended(self, now: datetime, outcome: str, failed: bool) -> Job:
        """The job, free again and planned anew: a failed one soon, a good one after its interval.

        One that was asked for while it ran is due at once.
        """
        every = EVERY[self.name]
        again = min(every, timedelta(seconds=30)) if failed else every
        failures = self.failures + 1 if failed else 0
        asked = self.started_at is not None and self.next_at > self.started_at
        next_at = now if asked else now + again
        return evolve(self, leased_until=None, ended_at=now, outcome=outcome, failures=failures, next_at=next_at)
