"""`hlc billing`: what is due, and doing it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Annotated

import typer

from hlc_adapters.tuning import calm_collector
from hlc_cli.desk import Desk, desk_of
from hlc_cli.group import Cursor, Limit, group
from hlc_cli.subscriptions import find
from hlc_core.billing.api import (
    ACTIONS,
    BillingRun,
    Line,
    LineKind,
    ListBillingRuns,
    ListHeldRenewals,
    ListSetAside,
    LookAtHeldRenewal,
    ReleaseSubscription,
    RunWish,
    planned_pages,
)
from hlc_core.kernel.ids import PatientId, SubscriptionId
from hlc_core.kernel.money import Money, total
from hlc_core.kernel.text import counted
from hlc_core.kernel.time import local_date
from hlc_core.prescriptions.api import HeldBack

app = group("Billing: renewals, retries, endings, reminders: what is due, and doing it.")
aside = group("Subscriptions that runs leave out because something about them is wrong.")
app.add_typer(aside, name="set-aside")

AsOf = Annotated[date | None, typer.Option("--as-of", help="Local day that counts as today, to catch up; else today.")]
Lines = Annotated[int, typer.Option("--lines", help="How many lines of the plan are shown.", min=0)]


@app.command()
def plan(context: typer.Context, as_of: AsOf = None, lines: Lines = 40) -> None:
    """What a run would do: every line with its reason. Nothing is changed."""
    desk = desk_of(context)
    _plan(desk, as_of or today(desk), lines)


@app.command()
def run(
    context: typer.Context,
    as_of: AsOf = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only print the plan.")] = False,
    override_bound: Annotated[
        bool, typer.Option("--override-bound", help="Bill however much it is, compared with earlier runs.")
    ] = False,
    lines: Lines = 40,
) -> None:
    """Do all that is due: renew, retry, end, pause, resume, remind.

    It can be stopped and started at any moment, and twice at once: nothing is charged twice.
    """
    desk = desk_of(context)
    on = as_of or today(desk)
    if dry_run:
        _plan(desk, on, lines)
        return
    with desk.out.progress(f"Billing as of {on}") as progress, calm_collector():
        done = desk.services.run_billing(RunWish(as_of=on, override_bound=override_bound), desk.machine, progress)
    if desk.out.json:
        desk.out.data(done)
        return
    _tell_broken(desk, done)
    if not done.tallies:
        desk.out.say(f"Nothing was due as of {on}.")
        return
    desk.out.table(
        ("what", "outcome", ">number", ">amount"),
        [(tally.kind, tally.outcome, tally.count, _or_blank(tally.amount)) for tally in done.tallies],
    )
    desk.out.say(f"{counted(done.charges, 'charge')} over {done.billed} for new periods, as of {on}.")


@app.command()
def runs(context: typer.Context, limit: Limit = 20) -> None:
    """The last runs, newest first."""
    desk = desk_of(context)
    desk.out.items(
        desk.ask(ListBillingRuns(limit=limit)),
        ("as of", "started", "finished", ">charges", ">billed", "stopped", ">broken", "id"),
        lambda one: (
            one.as_of,
            one.started_at,
            one.finished_at or "not finished",
            one.charges,
            one.billed,
            one.stopped,
            len(one.broken) or "",
            one.id,
        ),
        "No run yet.",
    )


@app.command()
def held(
    context: typer.Context,
    why: Annotated[HeldBack | None, typer.Option(help="Only those for that reason.")] = None,
    patient: Annotated[str | None, typer.Option(help="Only this patient's (an id).")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> None:
    """Renewals that are due and not charged, because care does not permit it now."""
    desk = desk_of(context)
    whose = None if patient is None else PatientId(patient)
    desk.out.page(
        desk.ask(ListHeldRenewals(why=why, patient=whose, cursor=cursor, limit=limit)),
        ("subscription", "due", "held since", "looked at", "why", "today", "patient"),
        lambda one: (
            one.number,
            one.held.due_on,
            one.held.since,
            one.held.looked_at or "",
            one.held.why,
            one.meaning,
            one.held.patient,
        ),
    )


@app.command()
def look(context: typer.Context, subscription: Annotated[str, typer.Argument(help="Its number (S-…) or id.")]) -> None:
    """Say that somebody knows of a held renewal: it stays held, and the doctor does not tell of it for a week."""
    desk = desk_of(context)
    held = desk.execute(LookAtHeldRenewal(subscription=find(desk, subscription).id))
    told = (("subscription", held.id), ("held since", held.since), ("why", held.why), ("looked at", held.looked_at))
    desk.out.record(held, told, "Noted.")


@aside.command("list")
def list_(context: typer.Context, limit: Limit = 50) -> None:
    """Those that wait for somebody to look at them."""
    desk = desk_of(context)
    desk.out.items(
        desk.ask(ListSetAside(limit=limit)),
        ("subscription", "since", "cause"),
        lambda one: (one.id, one.at, one.cause),
        "None is set aside.",
    )


@aside.command()
def release(
    context: typer.Context, subscription: Annotated[str, typer.Argument(help="The subscription's id.")]
) -> None:
    """The cause is mended: let the next run bill it again."""
    desk = desk_of(context)
    released = desk.execute(ReleaseSubscription(subscription=SubscriptionId(subscription)))
    desk.out.record(released, (("subscription", released.id), ("was", released.cause)), "Released.")


def _tell_broken(desk: Desk, done: BillingRun) -> None:
    if done.broken:
        what = counted(len(done.broken), "thing is not as it", "things are not as they")
        desk.out.say(f"Of what this run touched, {what} must be; ask `hlc doctor`:")
    for one in done.broken:
        desk.out.say(f"  {one}")


def today(desk: Desk) -> date:
    """The local day at the clinic."""
    return local_date(desk.services.clock.now(), desk.organization.zone)


def _plan(desk: Desk, on: date, most: int) -> None:
    planned: list[Line] = []
    for page in planned_pages(on, desk.services.application, desk.operator):
        planned += page.lines
    currency = desk.organization.currency
    sums = [(kind, *_sum(planned, kind, currency)) for kind in LineKind]
    if desk.out.json:
        summary = [{"kind": kind, "count": count, "amount": amount} for kind, count, amount in sums if count]
        desk.out.data({"asOf": on, "summary": summary, "lines": planned})
        return
    if not any(line.kind in ACTIONS for line in planned):
        desk.out.say(f"Nothing is due as of {on}.")
    if planned[:most]:
        desk.out.table(
            ("what", "due", ">amount", "why", "subject"),
            [(line.kind, line.due_on, line.amount, line.why, line.subject) for line in planned[:most]],
        )
    if len(planned) > most:
        desk.out.say(f"and {counted(len(planned) - most, 'more line')} (--lines, or --json for all)")
    if planned:
        rows = [(kind, count, _or_blank(amount)) for kind, count, amount in sums if count]
        desk.out.table(("in all", ">number", ">amount"), rows)


def _sum(lines: Iterable[Line], kind: LineKind, currency: str) -> tuple[int, Money]:
    found: Sequence[Line] = [line for line in lines if line.kind is kind]
    return len(found), total((line.amount for line in found if line.amount is not None), currency)


def _or_blank(amount: Money) -> object:
    return "" if amount.is_zero else amount
