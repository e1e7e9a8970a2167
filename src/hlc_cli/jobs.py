"""`hlc jobs`: the periodic work."""

from __future__ import annotations

from typing import Annotated

import typer

from hlc_adapters.worker import Worker
from hlc_cli.desk import desk_of
from hlc_cli.group import group
from hlc_core.jobs.api import JobName, ListJobs, RunJobSoon

app = group("Jobs: the periodic work, when each runs next and how it went.")


@app.command("list")
def list_(context: typer.Context) -> None:
    """All jobs of the clinic."""
    desk = desk_of(context)
    desk.out.items(
        desk.ask(ListJobs()),
        ("job", "next", "running since", "ended", "outcome", ">failures in a row"),
        lambda job: (
            job.name,
            job.next_at,
            job.started_at if job.leased_until is not None else None,
            job.ended_at,
            job.outcome,
            job.failures,
        ),
        "No job yet: they are made when a worker first looks.",
    )


@app.command()
def run(
    context: typer.Context,
    name: Annotated[JobName, typer.Argument(help="Which one.")],
    soon: Annotated[bool, typer.Option("--soon", help="Leave it to the next worker instead of doing it here.")] = False,
) -> None:
    """Run a job now, whatever its plan."""
    desk = desk_of(context)
    job = desk.execute(RunJobSoon(name=name))
    if not soon:
        Worker(desk.services, desk.out.note).run_jobs(desk.organization, frozenset({name}))
        job = next(one for one in desk.ask(ListJobs()) if one.name is name)
    desk.out.record(
        job,
        (("job", job.name), ("outcome", None if soon else job.outcome), ("next", job.next_at)),
        "The next worker runs it." if soon else "",
    )
