"""Taking a job, ending it, asking for it now."""

from __future__ import annotations

from attrs import frozen

from hlc_core.jobs.model import EVERY, Job, JobName
from hlc_core.jobs.ports import Env
from hlc_core.kernel.commands import Command
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import JobId


@frozen(kw_only=True)
class TakeJobs(Command[tuple[Job, ...]]):
    """Lease the organization's due jobs of these names (none named: all); rows that are missing are made first."""

    names: tuple[JobName, ...] = ()


def take_jobs(command: TakeJobs, env: Env) -> tuple[Job, ...]:
    """The jobs to run now. Two workers never get the same one within its lease."""
    known = {job.name for job in env.jobs.all()}
    for name in EVERY:
        if name not in known:
            env.jobs.add(_job(name, env))
    now = env.clock.now()  # after the new rows were made: they are due at once
    wanted = command.names or tuple(EVERY)
    taken = [job.taken(now) for job in env.jobs.due(now) if job.name in wanted and job.due(now)]
    for job in taken:
        env.jobs.save(job)
    return tuple(taken)


@frozen(kw_only=True)
class EndJob(Command[Job]):
    """The worker that holds `token` ended the job; `outcome` is a short text without personal data."""

    job: JobId
    token: int
    outcome: str
    failed: bool = False


def end_job(command: EndJob, env: Env) -> Job:
    """The job, planned anew. A worker whose lease was taken over changes nothing. Refuses: Missing."""
    job = env.jobs.get(command.job)
    if job.token != command.token:
        return job
    ended = job.ended(env.clock.now(), command.outcome, command.failed)
    env.jobs.save(ended)
    return ended


@frozen(kw_only=True)
class RunJobSoon(Command[Job]):
    """Have the next worker run it, whatever its plan."""

    name: JobName


def run_job_soon(command: RunJobSoon, env: Env) -> Job:
    """The job, due now."""
    found = env.jobs.find(_id(command.name))
    if found is None:
        made = _job(command.name, env)
        env.jobs.add(made)
        return made
    soon = evolve(found, next_at=env.clock.now())
    env.jobs.save(soon)
    return soon


def _id(name: JobName) -> JobId:
    return JobId(f"job_{name}")


def _job(name: JobName, env: Env) -> Job:
    return Job(id=_id(name), organization=env.organization.id, name=name, next_at=env.clock.now())
