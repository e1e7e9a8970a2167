"""Jobs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from attrs import frozen

from hlc_adapters.storage.repositories.rows import Rows
from hlc_adapters.storage.shape import at_most
from hlc_adapters.storage.shapes.jobs import JOBS
from hlc_core.jobs.model import Job
from hlc_core.kernel.ids import JobId


@frozen
class StoredJobs(Rows[JobId, Job]):
    """Jobs of one organization."""

    shape = JOBS

    def due(self, now: datetime) -> Sequence[Job]:
        """Those whose time has come."""
        return self.unit.select(self.shape, at_most("next_at", now))

    def all(self) -> Sequence[Job]:
        """All of them."""
        return self.unit.select(self.shape)
