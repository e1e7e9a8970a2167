"""Lifecycles as tables: rules as data, from which behaviour, allowed actions, diagrams and tests come."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from typing import Any, Generic, TypeVar

from attrs import field, frozen

from hlc_core.kernel.errors import Conflict, Fault

S = TypeVar("S", bound=StrEnum)
T = TypeVar("T", bound=StrEnum)
F = TypeVar("F")


class IllegalTransition(Conflict):
    """The table has no such move from this state."""


class GuardRefused(Conflict):
    """The table has the move, but a guard on the facts refuses it."""


@frozen
class NoFacts:
    """For machines whose moves need no facts."""


@frozen
class Rule(Generic[S, T, F]):
    """One edge: from `source`, on `trigger`, to `target`, if `guard` holds.

    `permission` is the key that lets a person pull it by hand; `manual` edges are exceptional and ask a reason.
    `causes` says in words what else happens.
    """

    source: S
    trigger: T
    target: S
    guard: Callable[[F], bool] | None = None
    permission: str | None = field(default=None, kw_only=True)
    manual: bool = field(default=False, kw_only=True)
    causes: str = field(default="", kw_only=True)


@frozen
class Note:
    """What a state means: whose turn it is, a sentence for the patient and one for staff, days until late."""

    waits_for: str
    patient: str
    staff: str
    deadline_days: int | None = None


@frozen
class Machine(Generic[S, T, F]):
    """A lifecycle. Refuses at construction (ValueError): a state that cannot be reached, a state that is not
    final and has no way out, a final state with a way out, two rules that cannot be told apart, no rules."""

    name: str
    initial: S
    final: frozenset[S]
    rules: tuple[Rule[S, T, F], ...]
    notes: Mapping[S, Note] = field(factory=dict)
    mends: Mapping[Callable[[F], bool], str] = field(factory=dict)
    """How somebody brings about what a guard asks for."""
    _by_move: dict[tuple[S, T], tuple[Rule[S, T, F], ...]] = field(init=False, repr=False, eq=False)

    def __attrs_post_init__(self) -> None:
        if not self.rules:
            raise ValueError(f"{self.name} has no rules")
        moves: dict[tuple[S, T], list[Rule[S, T, F]]] = {}
        for rule in self.rules:
            moves.setdefault((rule.source, rule.trigger), []).append(rule)
        for (source, trigger), rules in moves.items():
            guards = {rule.guard for rule in rules}
            if len(rules) > 1 and (None in guards or len(guards) < len(rules)):
                raise ValueError(f"{self.name}: {trigger} from {source} is ambiguous without guards")
        object.__setattr__(self, "_by_move", {move: tuple(rules) for move, rules in moves.items()})
        leaving = {rule.source for rule in self.rules}
        for state in self.states:
            if state not in self.reachable():
                raise ValueError(f"{self.name}: {state} cannot be reached")
            if (state in self.final) == (state in leaving):
                raise ValueError(f"{self.name}: {state} must be either final or left by some rule")

    @property
    def states(self) -> tuple[S, ...]:
        """All states, in the order of their declaration."""
        return tuple(type(self.initial))

    @property
    def triggers(self) -> tuple[T, ...]:
        """All triggers, in the order of their declaration."""
        return tuple(type(self.rules[0].trigger))

    def step(self, state: S, trigger: T, facts: F) -> S:
        """The next state. Refuses: IllegalTransition, GuardRefused; nothing is ignored silently."""
        rules = self._by_move.get((state, trigger))
        if rules is None:
            raise IllegalTransition(
                f"{self.name}: {trigger} is not possible while {state}.", self._remedy(state, facts)
            )
        for rule in rules:
            if rule.guard is None or rule.guard(facts):
                return rule.target
        guards = [rule.guard for rule in rules if rule.guard]
        reasons = " or ".join(guard.__name__.replace("_", " ") for guard in guards)
        mends = [Fault("trigger", self.mends[guard]) for guard in guards if guard in self.mends]
        sentence = f"{self.name}: {trigger} while {state} needs: {reasons}."
        raise GuardRefused(sentence, *mends, self._remedy(state, facts))

    def _remedy(self, state: S, facts: F) -> Fault:
        """What can be done instead: the moves that somebody may make by hand now, or on whom it waits."""
        by_hand = self.offered(state, facts, lambda _: True)
        if by_hand:
            return Fault("trigger", f"possible now: {', '.join(by_hand)}")
        note = self.notes.get(state)
        if state in self.final:
            return Fault("trigger", f"nothing more: {state} is an end")
        told = f" {note.staff}" if note is not None and note.staff else ""
        return Fault("trigger", f"nothing by hand now; it goes on by itself.{told}")

    def rule(self, state: S, trigger: T, facts: F) -> Rule[S, T, F]:
        """The rule that `step` would take. Refuses as `step` does."""
        self.step(state, trigger, facts)
        return next(r for r in self._by_move[state, trigger] if r.guard is None or r.guard(facts))

    def allowed(self, state: S, facts: F) -> tuple[T, ...]:
        """The triggers that would be accepted now: the `actions` of every answer."""
        return tuple(rule.trigger for rule in self._open(state, facts))

    def offered(self, state: S, facts: F, may: Callable[[str], bool]) -> tuple[T, ...]:
        """Those of the allowed triggers whose rule asks for a key that is held; moves without one are HLC's own."""
        return tuple(
            rule.trigger for rule in self._open(state, facts) if rule.permission is not None and may(rule.permission)
        )

    def _open(self, state: S, facts: F) -> Iterator[Rule[S, T, F]]:
        seen: set[T] = set()
        for rule in self.rules:
            if rule.source is state and rule.trigger not in seen and (rule.guard is None or rule.guard(facts)):
                seen.add(rule.trigger)
                yield rule

    def reachable(self) -> frozenset[S]:
        """The states that some path leads to from the initial one."""
        found, todo = {self.initial}, [self.initial]
        while todo:
            here = todo.pop()
            for rule in self.rules:
                if rule.source is here and rule.target not in found:
                    found.add(rule.target)
                    todo.append(rule.target)
        return frozenset(found)

    def edges(self) -> frozenset[tuple[S, S]]:
        """All (from, to) pairs: what a row of moves in the database may contain."""
        return frozenset((rule.source, rule.target) for rule in self.rules)

    def mermaid(self) -> str:
        """The diagram, as Mermaid text."""
        lines = ["stateDiagram-v2", f"    [*] --> {self.initial}"]
        for rule in self.rules:
            guard = f" [{rule.guard.__name__.replace('_', ' ')}]" if rule.guard else ""
            by_hand = " (by hand)" if rule.manual else ""
            lines.append(f"    {rule.source} --> {rule.target}: {rule.trigger}{guard}{by_hand}")
        lines += [f"    {state} --> [*]" for state in self.states if state in self.final]
        return "\n".join(lines) + "\n"


AnyMachine = Machine[Any, Any, Any]
