"""Property tests from the core's own tables, for whoever builds on them: `pip install 'hlc[testing]'`.

The moves of a lifecycle, enumerated; a walk through it that Hypothesis drives and your own process follows; strategies
for the kernel's values. Source: docs/guides/testing.
"""

from __future__ import annotations

from datetime import date
from enum import Enum
from itertools import product
from typing import Any, ClassVar, get_type_hints
from zoneinfo import available_timezones

from attrs import fields, frozen

from hlc_core.kernel.machine import AnyMachine, GuardRefused, IllegalTransition, NoFacts
from hlc_core.kernel.money import EXPONENTS, Money
from hlc_core.kernel.time import Interval, Period, Unit, period

try:
    from hypothesis import strategies as st
    from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
except ImportError as missing:
    raise ImportError("hlc_core.testing needs Hypothesis: pip install 'hlc[testing]'") from missing


@frozen
class Move:
    """One step that a lifecycle can make."""

    source: Any
    trigger: Any
    target: Any


# facts


def facts_type(machine: AnyMachine) -> type[Any]:
    """The class that the guards of the machine read; `NoFacts` where there is no guard."""
    for one in machine.rules:
        if one.guard is not None:
            hints = get_type_hints(one.guard)
            hints.pop("return", None)
            found: type[Any] = next(iter(hints.values()))
            return found
    return NoFacts


def every_facts(machine: AnyMachine) -> tuple[Any, ...]:
    """All facts that there can be. Refuses: TypeError (a fact that is neither a boolean, an enum, nor one or None)."""
    kind = facts_type(machine)
    hints = get_type_hints(kind)
    names = [one.alias for one in fields(kind)]
    choices = [_choices(hints[one.name]) for one in fields(kind)]
    return tuple(kind(**dict(zip(names, values, strict=True))) for values in product(*choices))


def _choices(kind: Any) -> tuple[Any, ...]:
    if kind is bool:
        return (False, True)
    if kind is type(None):
        return (None,)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return tuple(kind)
    several = getattr(kind, "__args__", ())
    if not several:
        raise TypeError(f"Facts are booleans and enums, so that they can be enumerated; {kind} is neither.")
    return tuple(choice for one in several for choice in _choices(one))


def facts_for(machine: AnyMachine) -> st.SearchStrategy[Any]:
    """Any facts of the machine."""
    return st.sampled_from(every_facts(machine))


# moves


def all_moves(machine: AnyMachine) -> frozenset[Move]:
    """The moves that some walk from the initial state makes under some facts, found by trying everything."""
    facts, found = every_facts(machine), set[Move]()
    seen, todo = {machine.initial}, [machine.initial]
    while todo:
        here = todo.pop()
        for trigger, known in product(machine.triggers, facts):
            try:
                target = machine.step(here, trigger, known)
            except (IllegalTransition, GuardRefused):
                continue
            found.add(Move(here, trigger, target))
            if target not in seen:
                seen.add(target)
                todo.append(target)
    return frozenset(found)


def declared_moves(machine: AnyMachine) -> frozenset[Move]:
    """The moves that the table declares: with a sound table the same as `all_moves`."""
    return frozenset(Move(one.source, one.trigger, one.target) for one in machine.rules)


def illegal_moves(machine: AnyMachine) -> tuple[tuple[Any, Any], ...]:
    """Every (state, trigger) for which the table has no rule, whatever the facts."""
    legal = {(one.source, one.trigger) for one in machine.rules}
    return tuple(pair for pair in product(machine.states, machine.triggers) if pair not in legal)


# walks


class Walk(RuleBasedStateMachine):
    """A walk through one lifecycle. `state` is where it stands, `path` where it was; made by `machine_walk`.

    Override `moved` and `refused` to let a process of your own follow, and add invariants that compare the two.
    """

    machine: ClassVar[AnyMachine]

    def __init__(self) -> None:
        super().__init__()
        self.state: Any = self.machine.initial
        self.path: list[Any] = [self.state]

    def moved(self, move: Move, facts: Any) -> None:
        """The table moved; `self.state` is the target already."""

    def refused(self, trigger: Any, facts: Any) -> None:
        """The table refused the trigger; nothing was moved."""

    def pull(self, trigger: Any, facts: Any) -> None:
        """Try one trigger, and look that `step`, `rule`, `allowed` and `edges` agree about it."""
        machine, before = self.machine, self.state
        allowed = machine.allowed(before, facts)
        try:
            after = machine.step(before, trigger, facts)
        except (IllegalTransition, GuardRefused) as refusal:
            assert trigger not in allowed, f"{machine.name}: {trigger} while {before} is allowed, and refused"
            self._check_refusal((before, trigger), isinstance(refusal, IllegalTransition))
            self.refused(trigger, facts)
            return
        assert trigger in allowed, f"{machine.name}: {trigger} while {before} is not allowed, and moved"
        assert before not in machine.final, f"{machine.name}: {before} is final, and was left"
        assert (before, after) in machine.edges()
        assert machine.rule(before, trigger, facts).target is after
        self.state = after
        self.path.append(after)
        self.moved(Move(before, trigger, after), facts)

    def _check_refusal(self, tried: tuple[Any, Any], illegal: bool) -> None:
        assert illegal is (tried in illegal_moves(self.machine)), f"{self.machine.name}: {tried} is refused wrongly"

    @invariant()
    def stands_in_a_state_of_the_table(self) -> None:
        """Where it stands has a name, and can be reached."""
        assert self.state in self.machine.reachable()


def machine_walk(machine: AnyMachine, facts: st.SearchStrategy[Any] | None = None) -> type[Walk]:
    """A Hypothesis state machine with one rule for each trigger, pulled in any state, under any of the facts.

    Run it with `run_state_machine_as_test`, or subclass it and hand `TheWalk.TestCase` to the test runner.
    """
    known = facts_for(machine) if facts is None else facts
    pulls = {f"pull_{trigger.name.lower()}": rule(facts=known)(_pulling(trigger)) for trigger in machine.triggers}
    name = "".join(word.capitalize() for word in machine.name.split("_"))
    return type(f"{name}Walk", (Walk,), {"machine": machine, **pulls})


def _pulling(trigger: Any) -> Any:
    def pull(self: Walk, facts: Any) -> None:
        self.pull(trigger, facts)

    pull.__name__ = f"pull_{trigger.name.lower()}"
    return pull


# strategies


def currencies() -> st.SearchStrategy[str]:
    """Currencies of two, no and three decimals."""
    return st.sampled_from(["USD", "EUR", *sorted(EXPONENTS)])


def money(currency: str | None = None, least: int = 0, most: int = 10**12) -> st.SearchStrategy[Money]:
    """Amounts from `least` to `most` minor units, of the currency or of any."""
    kinds = currencies() if currency is None else st.just(currency)
    return st.builds(Money, st.integers(least, most), kinds)


def intervals() -> st.SearchStrategy[Interval]:
    """Billing intervals of up to ten units."""
    return st.builds(Interval, st.sampled_from(Unit), st.integers(1, 10))


def anchors(first: date = date(2000, 1, 1), last: date = date(2060, 12, 31)) -> st.SearchStrategy[date]:
    """Dates, the ends of months and leap days more often than chance would have them."""
    any_day = st.dates(first, last)
    ends = st.sampled_from([d for d in _awkward() if first <= d <= last] or [first])
    return st.one_of(any_day, ends)


def _awkward() -> list[date]:
    late = [date(year, month, 31) for year in (2023, 2024) for month in (1, 3, 5, 7, 8, 10, 12)]
    return [*late, date(2024, 1, 29), date(2023, 1, 30), date(2024, 2, 29), date(2023, 2, 28), date(2024, 12, 1)]


def periods() -> st.SearchStrategy[Period]:
    """One of the first 500 periods of some anchor and interval."""
    return st.builds(period, anchors(), intervals(), st.integers(1, 500))


def zones() -> st.SearchStrategy[str]:
    """Every IANA zone."""
    return st.sampled_from(sorted(available_timezones() - {"localtime", "posixrules", "Factory"}))


__all__ = [
    "Move",
    "Walk",
    "all_moves",
    "anchors",
    "currencies",
    "declared_moves",
    "every_facts",
    "facts_for",
    "facts_type",
    "illegal_moves",
    "intervals",
    "machine_walk",
    "money",
    "periods",
    "zones",
]
