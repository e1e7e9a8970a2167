"""Questions about jobs."""

from __future__ import annotations

from attrs import frozen

from hlc_core.jobs.model import Job
from hlc_core.jobs.ports import Env
from hlc_core.kernel.commands import Query


@frozen(kw_only=True)
class ListJobs(Query[tuple[Job, ...]]):
    """All jobs of the organization."""


def list_jobs(query: ListJobs, env: Env) -> tuple[Job, ...]:
    """By name."""
    return tuple(env.jobs.all())
