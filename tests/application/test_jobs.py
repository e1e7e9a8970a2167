"""Periodic jobs: leased to one worker, taken over from a dead one, planned anew after each run."""

from __future__ import annotations

import threading
from datetime import timedelta

from hlc_core.jobs.api import EVERY, EndJob, Job, JobName, ListJobs, RunJobSoon, TakeJobs
from hlc_core.jobs.model import LEASE
from hlc_core.kernel.errors import Missing
from hlc_core.kernel.ids import JobId
from support.refusals import refused
from support.worlds import World

MISSING = JobId("job_nothing")


def take(world: World) -> dict[JobName, Job]:
    """What a worker gets now."""
    return {job.name: job for job in world.execute(TakeJobs())}


def end(world: World, job: Job, failed: bool = False) -> Job:
    """The worker has done it."""
    return world.execute(EndJob(job=job.id, token=job.token, outcome="done", failed=failed))


def test_a_job_is_given_to_one_worker(world: World) -> None:
    """All at first, none while they are leased; the list shows them all."""
    assert set(JobName) == set(take(world))
    assert {} == take(world)
    assert set(JobName) == {job.name for job in world.ask(ListJobs())}


def test_workers_at_once_never_get_the_same(world: World) -> None:
    """Four of them: each job goes to one."""
    got: list[JobName] = []
    faults: list[BaseException] = []
    barrier = threading.Barrier(4)

    def work() -> None:
        barrier.wait()
        try:
            got.extend(take(world))
        except BaseException as fault:
            faults.append(fault)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    assert [] == faults
    assert sorted(JobName) == sorted(got)


def test_a_job_that_ended_runs_again_after_its_interval(memory_world: World) -> None:
    """A good one after its interval, one that failed soon; failures are counted until it works again."""
    world = memory_world
    jobs = take(world)
    for name, job in jobs.items():
        done = end(world, job)
        assert (None, "done", 0) == (done.leased_until, done.outcome, done.failures)
        assert world.clock.now() + EVERY[name] == done.next_at
    world.clock.advance(EVERY[JobName.BILLING])
    billing = take(world)[JobName.BILLING]
    failed = end(world, billing, failed=True)
    assert (1, world.clock.now() + timedelta(seconds=30)) == (failed.failures, failed.next_at)
    world.advance(seconds=30)
    assert 0 == end(world, take(world)[JobName.BILLING]).failures


def test_a_dead_workers_job_is_taken_over_and_the_dead_one_is_fenced(world: World) -> None:
    """After the lease, not before; what the first one says afterwards changes nothing."""
    first = take(world)[JobName.CARTS]
    world.clock.advance(LEASE - timedelta(seconds=1))
    assert JobName.CARTS not in take(world)
    world.advance(seconds=1)
    second = take(world)[JobName.CARTS]
    assert second.token == first.token + 1

    assert second == end(world, first)
    assert None is not second.leased_until
    assert None is end(world, second).leased_until


def test_a_job_can_be_asked_for_now(memory_world: World) -> None:
    """Whatever its plan; also one that was never made."""
    world = memory_world
    world.execute(RunJobSoon(name=JobName.BILLING))
    end(world, take(world)[JobName.BILLING])
    assert JobName.BILLING not in take(world)
    world.execute(RunJobSoon(name=JobName.BILLING))
    assert JobName.BILLING in take(world)


def test_a_job_that_is_asked_for_while_it_runs_runs_once_more(memory_world: World) -> None:
    """The run that is under way may have passed what the wish is about."""
    world = memory_world
    job = take(world)[JobName.BILLING]
    world.advance(seconds=10)
    world.execute(RunJobSoon(name=JobName.BILLING))
    end(world, job)

    assert JobName.BILLING in take(world)


def test_a_job_that_is_not_there_cannot_end(memory_world: World) -> None:
    """A clear refusal."""
    with refused(Missing):
        memory_world.execute(EndJob(job=MISSING, token=1, outcome=""))
