"""`hlc simulate`: years of business on the simulated bank, from a seed, judged by oracles of their own."""

from __future__ import annotations

from collections import Counter
from time import perf_counter
from typing import Annotated

import typer

from hlc_adapters.simulation.books import balance, check_books, check_ends
from hlc_adapters.simulation.engine import Simulation
from hlc_adapters.simulation.periods import check_periods
from hlc_adapters.simulation.plans import CURRENCY
from hlc_adapters.simulation.wish import CLASSES, Wish, policy_of
from hlc_cli.desk import desk_of
from hlc_core.kernel.errors import Conflict, Fault
from hlc_core.kernel.money import Money


class SimulationFailed(Conflict):
    """An oracle disagrees with what the use cases made."""


def simulate(
    context: typer.Context,
    seed: Annotated[int, typer.Option(help="Everything follows from it: the same seed gives the same run.")] = 1,
    years: Annotated[int, typer.Option(help="Virtual years, 1 to 200.")] = 1,
    subscriptions: Annotated[int, typer.Option(help="Buyers in all.")] = 200,
    gateway_faults: Annotated[str, typer.Option(help="calm, usual, rough, or rates: lost_answer=0.01,…")] = "usual",
    gateway_class: Annotated[str, typer.Option(help=f"One of: {', '.join(CLASSES)}.")] = "fencing",
    policy: Annotated[str, typer.Option(help="missed=…,final=…,delays=1,3,5,max=3")] = "",
    zone: Annotated[str, typer.Option(help="IANA time zone of the clinic.")] = "America/New_York",
    crashes: Annotated[float, typer.Option(help="Chance, each day, that the process dies somewhere.")] = 0.02,
    runners: Annotated[int, typer.Option(help="Billing processes at once, 1 to 4.")] = 1,
) -> None:
    """Live through years of business in memory, and judge them: the bank's own books, calendar arithmetic, sums.

    Nothing of it touches a database. Ends with a refusal, and the line that repeats the run, when anything is wrong.
    """
    out = desk_of(context).out
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
    begun = perf_counter()
    with out.progress("Days") as progress:
        facts = Simulation(wish).run(progress)
    seconds = perf_counter() - begun
    wrong = [*check_books(facts), *check_periods(facts), *check_ends(facts)]
    if wrong:
        raise SimulationFailed(
            f"{len(wrong)} things went wrong. Again: {wish.command}",
            *(Fault(f"{one.wrong} {one.subject}", one.means) for one in wrong[:50]),
        )
    money, states = balance(facts), Counter(case.state for case in facts.cases)
    told = {
        "captured": str(Money(money.captured, CURRENCY)),
        "refunded": str(Money(money.refunded, CURRENCY)),
        "charges": len(facts.lines),
        "subscriptions": len(facts.subscriptions),
        "invoices": len(facts.invoices),
        "recoveries": {str(state): count for state, count in sorted(states.items())},
        "messages": sum(facts.messages.values()),
        "sentAgainWithTheSameId": facts.repeated_messages,
        "seconds": round(seconds, 1),
        "again": wish.command,
    }
    rows = tuple((name, _line(value)) for name, value in told.items())
    out.record(told, rows, "Everything agrees: the bank's books, the calendar, and the sums of both sides.")


def _line(value: object) -> str:
    return ", ".join(f"{k} {v}" for k, v in value.items()) if isinstance(value, dict) else str(value)
