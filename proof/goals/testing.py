"""The goals that are tests of the suite, looked at deeper."""

from __future__ import annotations

from proof import subsets
from proof.goal import Result, Run

_TIME = ("tests/kernel/test_time.py", "tests/kernel/test_money.py", "tests/core/subscriptions/test_calendar.py")
_PRORATION = ("tests/core/subscriptions/test_proration.py", "tests/core/subscriptions/test_terms.py")


def state_machines(run: Run) -> Result:
    """Every lifecycle, generated from its table: no illegal move is possible, and every legal one is reachable.

    These and all other property tests (the retry ladder, the charge protocol, prices, walks through whole lives of
    subscriptions), many times deeper than with the tests and with examples that are drawn anew.
    """
    paths = ("tests/kernel", "tests/core", "tests/properties", "tests/payments_road")
    return _deeper(run, paths, without=(*_TIME, *_PRORATION))


def time_algebra(run: Run) -> Result:
    """Time and money: periods partition time in every zone and never drift; what is allocated adds up to the cent."""
    return _deeper(run, _TIME)


def proration_algebra(run: Run) -> Result:
    """Proration: there and back is nothing, what is billed is the price in force, and a quote is what is charged."""
    return _deeper(run, _PRORATION)


def sql_statements(run: Run) -> Result:
    """Every SQL statement names the organization whose rows it reaches, or runs in a scope with a name: 0 do not.

    Each statement that the tests of the roads, the storage, the service and the command line send to SQLite and to
    PostgreSQL is read by itself, with nothing taken over from the code that made it.
    """
    passed, statements, failures = subsets.statements(("tests/payments_road", "tests/ports", "tests/tenancy"))
    return Result(count=statements, of=statements, through=f"{passed} tests on two databases", failures=failures)


def _deeper(run: Run, paths: tuple[str, ...], without: tuple[str, ...] = ()) -> Result:
    deeper = subsets.deeper(run.scale)
    subset = subsets.Subset(paths=paths, without=without, deeper=deeper, seed=run.seed)
    passed, failures = subsets.run(subset, run.jobs)
    through = f"property tests, {deeper} times as many examples each as with the tests"
    return Result(count=passed, of=passed, seeds=str(run.seed), through=through, failures=failures)
