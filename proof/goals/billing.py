"""The goals about years of business: simulated, and judged by the bank's books and by the calendar."""

from __future__ import annotations

from zoneinfo import available_timezones

from hlc_adapters.simulation.books import check_books, check_ends
from hlc_adapters.simulation.engine import Simulation
from hlc_adapters.simulation.periods import check_periods
from hlc_adapters.simulation.wish import CLASSES, Wish
from proof.goal import Result, Run, told

YEARS, SUBSCRIBERS = 2, 30
CENTURY, GROUP = 100, 100


def simulated_billing(run: Run) -> Result:
    """Simulated billing in every time zone: one invoice per period, exact to the cent, by calendar and by the bank.

    Two years of business in each zone of the IANA database: two billing processes at once, crashes, days on which the
    machine is down, a bank that loses and delays answers, at the three kinds of gateways in turn.
    """
    zones = _zones()
    drawn = run.drawn(zones, 3)
    wishes = [_wish(run.seed + number, zone, YEARS, SUBSCRIBERS) for number, zone in enumerate(drawn)]
    done = list(run.spread(_simulated, wishes))
    through = f"{YEARS} years of {SUBSCRIBERS} subscriptions in each zone, {sum(n for n, _ in done):,} charges"
    failures = tuple(text for _, failed in done for text in failed)
    return Result(count=len(done), of=len(zones), seeds=told(run.seed, len(done)), through=through, failures=failures)


def a_century(run: Run) -> Result:
    """A hundred years of billing, two runners, random crashes: one invoice per period, exact to the cent.

    The counted subscriptions live in groups of a hundred, each group in a time zone of its own drawn by the seed.
    """
    zones = run.drawn(_zones(), len(_zones()))
    groups = run.part(run.full // GROUP)
    wishes = [_wish(run.seed + number, zones[number % len(zones)], CENTURY, GROUP) for number in range(groups)]
    done = list(run.spread(_simulated, wishes))
    return Result(
        count=GROUP * len(done),
        seeds=told(run.seed, len(done)),
        through=f"{CENTURY} years each, {sum(n for n, _ in done):,} charges",
        failures=tuple(text for _, failed in done for text in failed),
    )


def _zones() -> list[str]:
    return sorted(available_timezones() - {"localtime", "Factory"})


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
