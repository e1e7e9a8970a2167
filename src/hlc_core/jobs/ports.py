"""What jobs need from outside."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from hlc_core.jobs.model import Job
from hlc_core.kernel.ids import JobId
from hlc_core.kernel.repository import Repository
from hlc_core.organizations.api import Env as OrganizationEnv


class Jobs(Repository[JobId, Job], Protocol):
    """Jobs of one organization."""

    def due(self, now: datetime) -> Sequence[Job]:
        """Those whose time has come, leased or not."""
        ...

    def all(self) -> Sequence[Job]:
        """All of them, by name."""
        ...


class Env(OrganizationEnv, Protocol):
    """What use cases of jobs may touch."""

    @property
    def jobs(self) -> Jobs: ...
