"""The machines themselves: steps a second, and what is allowed, a second."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from time import perf_counter
from typing import Any, get_args, get_type_hints

from attrs import fields, has

import hlc_core
from bench.report import Figure
from hlc_core.kernel.machine import AnyMachine, GuardRefused, Machine, NoFacts

GROUP = "Machines"


def machines() -> list[AnyMachine]:
    """Every machine of the core, by name."""
    found: dict[str, AnyMachine] = {}
    for module in pkgutil.walk_packages(hlc_core.__path__, "hlc_core."):
        if module.name.endswith(".machine") and ".kernel." not in module.name:
            for value in vars(importlib.import_module(module.name)).values():
                if isinstance(value, Machine):
                    found[value.name] = value
    return [found[name] for name in sorted(found)]


def measure(seconds: float) -> Iterator[Figure]:
    """Steps and questions a second of every machine, on one core. Nothing of a database is in it."""
    for machine in machines():
        moves = _moves(machine)
        rate = _rate(lambda moves=moves, step=machine.step: [step(*move) for move in moves], len(moves), seconds)  # type: ignore[misc]  # bound at once
        yield Figure(group=GROUP, place="", name=f"{machine.name}: steps a second", value=rate, unit="/s",
                     aim="500,000")  # fmt: skip
        asked = [(state, facts) for state, _, facts in moves]
        rate = _rate(lambda asked=asked, allowed=machine.allowed: [allowed(*one) for one in asked], len(asked), seconds)  # type: ignore[misc]  # bound at once
        yield Figure(group=GROUP, place="", name=f"{machine.name}: `allowed` a second", value=rate, unit="/s")


def _moves(machine: AnyMachine) -> list[tuple[Any, Any, Any]]:
    """Every rule once, with facts under which it is taken."""
    return [(rule.source, rule.trigger, _facts(machine, rule.source, rule.trigger)) for rule in machine.rules]


def _facts(machine: AnyMachine, source: Any, trigger: Any) -> Any:
    for facts in _all_facts(machine):
        try:
            machine.step(source, trigger, facts)
        except GuardRefused:
            continue
        return facts
    raise ValueError(f"{machine.name}: nothing lets {trigger} happen while {source}.")


def _all_facts(machine: AnyMachine) -> Iterator[Any]:
    kind = next((_kind(rule.guard) for rule in machine.rules if rule.guard is not None), NoFacts)
    names = [one.name for one in fields(kind)]
    for bits in range(2 ** len(names)):
        yield kind(**{name: bool(bits >> place & 1) for place, name in enumerate(names)})


def _kind(guard: Callable[[Any], bool]) -> type[Any]:
    kinds = [kind for name, kind in get_type_hints(guard).items() if name != "return"]
    found = kinds[0] if has(kinds[0]) else get_args(kinds[0])[0]
    if not isinstance(found, type):
        raise TypeError(f"{guard.__name__} does not say which facts it reads.")
    return found


def _rate(work: Callable[[], object], count: int, seconds: float) -> float:
    """The best of three stretches."""
    best = 0.0
    for _ in range(3):
        rounds, begun = 0, perf_counter()
        while (spent := perf_counter() - begun) < seconds / 3:
            work()
            rounds += 1
        best = max(best, rounds * count / spent)
    return best
