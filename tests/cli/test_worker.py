"""The worker: what it does by itself, what one failure may not stop, and a database that goes away."""

from __future__ import annotations

import signal
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest

from cli.clinic import ORGANIZATION, SYSTEM, Hlc
from hlc_adapters.services import Services
from hlc_adapters.worker import Worker
from hlc_core.billing.api import ListBillingRuns
from hlc_core.jobs.api import Job, JobName, ListJobs, TakeJobs
from hlc_core.kernel.commands import Envelope, system
from hlc_core.kernel.ids import OrganizationId
from hlc_core.organizations.api import OpenOrganization


@pytest.fixture
def services(hlc: Hlc) -> Iterator[Services]:
    """The installation of the clinic."""
    made = hlc.services()
    yield made
    made.close()


@contextmanager
def working(worker: Worker) -> Iterator[None]:
    """The worker in the background, faster than in life."""
    with worker.running():
        yield


def until(holds: Callable[[], bool], seconds: float = 60.0) -> bool:
    """Whether it comes to hold."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.02)
    return holds()


def jobs(services: Services) -> dict[JobName, Job]:
    """The jobs of the clinic, by name."""
    return {job.name: job for job in services.application.ask(ListJobs(), SYSTEM)}


def all_of(services: Services, name: str, envelope: Envelope = SYSTEM) -> bool:
    """Whether every job has that."""
    known = services.application.ask(ListJobs(), envelope)
    return len(known) == len(JobName) and all(getattr(job, name) for job in known)


def test_a_worker_bills_resolves_and_relays(services: Services) -> None:
    """Every job runs at once; the due renewals are charged; stored events are delivered."""
    assert services.deliveries.depth() > 0
    with working(Worker(services, lambda line: None, pause=0.05)):
        done = until(lambda: all_of(services, "outcome"))
        relayed = until(lambda: services.deliveries.depth() == 0)

    assert (True, True) == (done, relayed)
    assert "2 charges over 398.00 USD" in jobs(services)[JobName.BILLING].outcome
    assert () == services.check_invariants(SYSTEM, settle_seconds=0)


def test_jobs_that_are_not_due_are_left_alone(services: Services) -> None:
    """The second look runs nothing, and an idle look writes nothing."""
    worker = Worker(services, lambda line: None)
    clinic = services.directory.chosen("clinic")

    assert len(JobName) == worker.run_jobs(clinic)
    before = jobs(services)
    assert 0 == worker.run_jobs(clinic)
    assert before == jobs(services)


def test_a_run_with_nothing_to_do_leaves_no_record(services: Services) -> None:
    """The list of runs holds what the bound of the next one is drawn from, not an entry an hour."""
    worker, clinic = Worker(services, lambda line: None), services.directory.chosen("clinic")
    worker.run_jobs(clinic)
    taken = services.application.execute(TakeJobs(names=(JobName.BILLING,)), SYSTEM)
    assert () == taken

    outcome = worker._bill(clinic, SYSTEM)

    assert outcome.startswith("nothing due")
    assert 1 == len(services.application.ask(ListBillingRuns(), SYSTEM))


def test_one_job_that_fails_stops_no_other(hlc: Hlc, services: Services) -> None:
    """A spoilt subscription makes billing fail; the others run, the other clinic too, and the row tells the cause."""
    north = system(OrganizationId("org_north"))
    services.application.execute(
        OpenOrganization(slug="north", name="North", zone="Europe/Berlin", currency="EUR"), north
    )
    with sqlite3.connect(hlc.database) as connection:
        connection.execute("UPDATE subscriptions SET body = '{\"secret\": 1}'")
    lines: list[str] = []

    with working(Worker(services, lines.append, pause=0.05)):
        assert until(lambda: all_of(services, "ended_at"))
        assert until(lambda: all_of(services, "outcome", north))

    told = jobs(services)
    assert told[JobName.BILLING].failures > 0
    assert 0 == told[JobName.CARTS].failures
    assert not any(job.failures for job in services.application.ask(ListJobs(), north))
    assert any(line.startswith("clinic: billing failed:") for line in lines)
    assert "secret" not in "".join(lines) + told[JobName.BILLING].outcome


def test_a_database_that_goes_away_is_waited_for(hlc: Hlc, services: Services) -> None:
    """While a table is gone the lanes tell it once each and live; when it is back they work."""
    lines: list[str] = []
    with sqlite3.connect(hlc.database) as connection:
        connection.execute("ALTER TABLE organizations RENAME TO elsewhere")

    with working(Worker(services, lines.append, pause=0.02)):
        assert until(lambda: any(line.startswith("quick:") for line in lines))
        with sqlite3.connect(hlc.database) as connection:
            connection.execute("ALTER TABLE elsewhere RENAME TO organizations")
        back = until(lambda: len(jobs(services)) == len(JobName))

    assert back
    assert any("the database is back" in line for line in lines)
    assert len(lines) < 20


def test_a_job_whose_worker_died_is_taken_over(services: Services) -> None:
    """Its lease runs out; the next worker runs it, and the dead one's late word counts for nothing."""
    (dead,) = services.application.execute(TakeJobs(names=(JobName.CARTS,)), SYSTEM)
    worker, clinic = Worker(services, lambda line: None), services.directory.chosen("clinic")

    assert len(JobName) - 1 == worker.run_jobs(clinic)
    assert not jobs(services)[JobName.CARTS].outcome
    assert jobs(services)[JobName.CARTS].due(services.clock.now() + timedelta(minutes=16))
    assert ORGANIZATION == dead.organization


def test_stopping_is_quick_and_safe_from_any_thread(services: Services) -> None:
    """Twice, from another thread, before it has begun: it ends."""
    worker = Worker(services, lambda line: None)
    thread = threading.Thread(target=worker.run)
    thread.start()
    worker.stop()
    worker.stop()
    thread.join(10)

    assert not thread.is_alive()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_worker_command_ends_when_it_is_told_to(hlc: Hlc, number: signal.Signals) -> None:
    """By SIGTERM and by Ctrl-C: it ends what is under way and says so."""
    process = hlc.start("worker")
    try:
        assert until(lambda: "2 charges" in hlc("jobs", "list").out)
        process.send_signal(number)
        said = process.communicate(timeout=20)[1]
    finally:
        process.kill()

    assert 0 == process.returncode
    assert "The worker has ended." in said
    assert "Traceback" not in said
