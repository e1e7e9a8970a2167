"""The goals about years of business: simulated, and judged by the bank's books and by the calendar."""

from __future__ import annotations

from hlc_adapters.simulation.books import check_books, check_ends
from hlc_adapters.simulation.engine import Simulation
from hlc_adapters.simulation.periods import check_periods
from hlc_adapters.simulation.wish import CLASSES, Wish
from proof import calendars
from proof.calendars import zones
from proof.goal import Result, Run, told

YEARS, SUBSCRIBERS = 2, 30
CENTURY, GROUP = 100, 50


def simulated_billing(run: Run) -> Result:
    """Simulated billing in every time zone: one invoice per period, exact to the cent, by calendar and by the bank.

    Two years of business in each zone of the IANA database: two billing processes at once, crashes, days on which the
    machine is down, a bank that loses and delays answers, at the three kinds of gateways in turn.
    """
    drawn = run.drawn(zones(), 3)
    wishes = [_wish(run.seed + number, zone, YEARS, SUBSCRIBERS) for number, zone in enumerate(drawn)]
    done = list(run.spread(_simulated, wishes))
    through = f"{YEARS} years of {SUBSCRIBERS} subscriptions in each zone, {sum(n for n, _ in done):,} charges"
    failures = tuple(text for _, failed in done for text in failed)
    return Result(count=len(done), of=len(zones()), seeds=told(run.seed, len(done)), through=through, failures=failures)


def a_century(run: Run) -> Result:
    """A hundred years of billing, two runners, random crashes: one invoice per period, exact to the cent.

    The counted subscriptions live in groups of fifty, each group in a time zone of its own drawn by the seed.
    """
    everywhere = run.drawn(zones(), len(zones()))
    groups = run.part(run.full // GROUP)
    wishes = [
        _wish(run.seed + number, everywhere[number % len(everywhere)], CENTURY, GROUP) for number in range(groups)
    ]
    done = list(run.spread(_simulated, wishes))
    return Result(
        count=GROUP * len(done),
        seeds=told(run.seed, len(done)),
        through=f"{CENTURY} years each, {sum(n for n, _ in done):,} charges",
        failures=tuple(text for _, failed in done for text in failed),
    )


def every_calendar(run: Run) -> Result:
    """Monthly periods in every time zone, from every day of the month, for forty years: they partition time, no drift.

    The days are compared with plain arithmetic; each instant is of its day, and the second before it is not.
    """
    everywhere = zones()
    done = list(run.spread(calendars.looked_through, run.drawn(everywhere, 3)))
    count = sum(n for n, _ in done)
    of = len(everywhere) * 31 * 12 * calendars.YEARS
    return Result(
        count=count,
        of=of,
        seeds="-" if count == of else str(run.seed),
        through=f"{len(done)} of {len(everywhere)} zones",
        failures=tuple(text for _, failed in done for text in failed),
    )


def _wish(seed: int, zone: str, years: int, subscriptions: int) -> Wish:
    kind = tuple(CLASSES)[seed % len(CLASSES)]
    return Wish(
        seed=seed, years=years, subscriptions=subscriptions, zone=zone, faults="rough", crashes=0.05, runners=2,
        gateway_class=kind,
    )  # fmt: skip


def _simulated(asked: Wish) -> tuple[int, tuple[str, ...]]:
    facts = Simulation(asked).run()
    wrong = (*check_books(facts), *check_ends(facts), *check_periods(facts))
    return len(facts.lines), tuple(f"{asked.command}: {one.wrong}, {one.subject}: {one.means}" for one in wrong)
