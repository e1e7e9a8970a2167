"""`hlc simulate`: years of business in seconds, judged by the bank's own books; a failing seed repeats exactly."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from hlc_adapters.simulation.page import page_of
from hlc_adapters.simulation.plans import CURRENCY
from hlc_adapters.simulation.report import Report
from hlc_adapters.simulation.run import Replay, SimulationBroke, replay_of, simulate
from hlc_adapters.simulation.wish import Wish, policy_of
from hlc_cli.desk import Desk, desk_of
from hlc_core.kernel.errors import Fault, Unavailable
from hlc_core.kernel.money import Money

WRONG = 1
"""The exit code of a simulation in which something is wrong."""


def run(
    context: typer.Context,
    seed: Annotated[int, typer.Option("--seed", help="The same seed gives the same run, to the byte.")] = 1,
    years: Annotated[int, typer.Option("--years", help="How long, 1 to 200.")] = 3,
    subscriptions: Annotated[int, typer.Option("--subscriptions", help="How many buyers come.")] = 1000,
    gateway_faults: Annotated[
        str,
        typer.Option("--gateway-faults", help="calm, usual, rough, or rates such as lost_answer=0.01,outage=0.02."),
    ] = "usual",
    gateway_class: Annotated[
        str, typer.Option("--gateway-class", help="fencing, keyed or bare: what the gateway can do.")
    ] = "fencing",
    policy: Annotated[
        str,
        typer.Option("--policy", help="missed=bill_all|bill_current|forgive,final=nothing|pause|cancel,delays=…,max=…"),
    ] = "",
    zone: Annotated[str, typer.Option("--zone", help="The clinic's IANA zone.")] = "America/New_York",
    crashes: Annotated[float, typer.Option("--crashes", help="The chance of a crash each day, 0 to 1.")] = 0.02,
    runners: Annotated[int, typer.Option("--runners", help="Billing processes at once, 1 to 4.")] = 1,
    report: Annotated[
        Path | None, typer.Option("--report", metavar="FILE", help="Write the curves as a page (HTML).")
    ] = None,
    replay: Annotated[
        str, typer.Option("--replay", metavar="SEED|FILE", help="A seed, or what --json wrote: the same run again.")
    ] = "",
) -> None:
    """Years of business in seconds: the real use cases on a simulated bank, judged by its own books.

    Ends with 1 if anything is wrong, and says how to repeat it.
    """
    desk = desk_of(context)
    wish = Wish(
        seed=seed,
        years=years,
        subscriptions=subscriptions,
        faults=gateway_faults,
        gateway_class=gateway_class,
        policy=policy_of(policy),
        zone=zone,
        crashes=crashes,
        runners=runners,
    )
    again = replay_of(replay, wish) if replay else Replay(wish=wish)
    done, seconds = _lived(desk, again.wish)
    if report is not None:
        _write(report, page_of(done))
    if desk.out.json:
        desk.out.plain(done.text())
    else:
        _tell(desk, done, seconds)
    same = again.expected is None or again.expected == done.text()
    if again.expected is not None:
        desk.out.note("The report is the same, to the byte." if same else "The report is not the one in the file.")
    if not (done.sound and same):
        raise typer.Exit(WRONG)


def _lived(desk: Desk, wish: Wish) -> tuple[Report, float]:
    begun = time.perf_counter()
    try:
        with desk.out.progress(f"{wish.years} years, {wish.subscriptions} buyers: days") as tell:
            done = simulate(wish, tell)
    except SimulationBroke as broke:
        cause = type(broke.__cause__).__name__
        desk.out.beside.print(Text(f"The program failed: {cause}. {broke.__cause__}", "bold red"))
        desk.out.beside.print(Text(f"Repeat it: {broke.wish.command}"), soft_wrap=True)
        raise typer.Exit(WRONG) from broke
    return done, time.perf_counter() - begun


def _write(file: Path, page: str) -> None:
    try:
        file.write_text(page, encoding="utf-8")
    except OSError as error:
        raise Unavailable("The page cannot be written.", Fault("report", error.strerror or "no such place")) from None


def _tell(desk: Desk, report: Report, seconds: float) -> None:
    out, sums, recovery = desk.out, report.balance, report.recovery
    out.table(
        ("what", ">number", ">amount"),
        [
            ("subscriptions sold", f"{report.sold:,}", ""),
            ("charges captured", f"{report.charges:,}", _money(sums.captured)),
            ("given back", f"{report.counts.get('refunds', 0):,}", _money(sums.refunded)),
            ("renewals that failed", f"{recovery.failed:,}", _money(recovery.failed_amount)),
            ("recovered", f"{recovery.recovered:,}", _money(recovery.recovered_amount)),
            ("lost", f"{recovery.lost:,}", _money(recovery.lost_amount)),
            ("recovery rate", _percent(recovery.rate_by_count), _percent(recovery.rate_by_value)),
            ("unaccounted for", "", _money(sums.difference)),
        ],
    )
    out.table(("message", ">number"), [(name, f"{number:,}") for name, number in report.messages.items()])
    out.table(("what happened", ">number"), [(name, f"{number:,}") for name, number in report.counts.items()])
    out.table(("what is wrong", ">number"), [(name, f"{number:,}") for name, number in report.wrong.items()])
    if report.sound:
        out.say("Nothing is wrong.")
    for finding in report.findings[:20]:
        out.say(f"{finding.wrong}: {finding.subject}: {finding.means}")
    out.say(f"Repeat it: {report.wish.command}")
    out.note(f"{seconds:.1f} s, {report.charges / max(seconds, 0.001):,.0f} charges a second.")


def _money(amount: int) -> Money:
    return Money(amount, CURRENCY)


def _percent(basis_points: int) -> str:
    return f"{basis_points / 100:.1f} %"
