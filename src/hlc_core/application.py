"""The application: one registry of use cases and one road for every write.

The road: permission, idempotency key with the hash of the command, the use case, the reactions to its events, the
audit entry, the outbox, one commit. A preview is the same road ended by a rollback. Source: design/house, Registry.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from enum import StrEnum
from functools import cache
from typing import Any, Generic, NoReturn, Protocol, TypeVar, cast, get_type_hints

from attrs import field, frozen

from hlc_core.kernel.commands import ACROSS, STOP_ACTING, ActorKind, Command, Envelope, Query
from hlc_core.kernel.errors import AlreadyExists, Denied, Fault, Invalid, Stale
from hlc_core.kernel.events import Event

A = TypeVar("A")
C = TypeVar("C", bound=Command[Any])
Q = TypeVar("Q", bound=Query[Any])
E = TypeVar("E", bound=Event)

MOST_RUNS = 4
"""How often a use case is run when other transactions get in its way, before the caller is told."""

MOST_ROUNDS = 20
"""How long a chain of reactions may get before it is taken for a loop."""


class Effect(StrEnum):
    """What a use case can do."""

    READ = "read"
    WRITE = "write"
    MONEY = "money"


@frozen
class UseCase(Generic[C, A]):
    """A row of the registry: the command, its function, the key that permits it, its effect.

    `permission` None is for work that only HLC itself sends (jobs, resolver): no key opens it.
    """

    command: type[C]
    run: Callable[[C, Any], A]
    permission: str | None
    effect: Effect = Effect.WRITE
    asks: Callable[[C], frozenset[str]] = lambda _command: frozenset()
    """Further keys that this very command asks for: settings have one a section."""
    audited: bool = field(default=True, kw_only=True)
    """Steps that HLC takes because of a command that was recorded leave no entry of their own, only their moves."""
    across: bool = field(default=False, kw_only=True)
    """It reaches beyond the organization that it is sent in, and its entry says so."""


@frozen
class Question(Generic[Q, A]):
    """A row of the registry of queries.

    `shows` is for questions about health data: it names what an answer shows, as `kind id` (`patient pat_…`). The read
    is recorded before the answer is given; one that may not be asked is recorded as denied. `across`: it tells of other
    organizations than the one that it is asked in, so that its being asked is always recorded.
    """

    query: type[Q]
    run: Callable[[Q, Any], A]
    permission: str | None
    shows: Callable[[Q, A], Iterable[str]] | None = None
    across: bool = field(default=False, kw_only=True)


@frozen
class Reaction(Generic[E]):
    """What another context does, in the same transaction, when events of a type were put."""

    event: type[E]
    run: Callable[[Sequence[E], Any], None]


Why = Callable[[str, Any], str]
"""Says, from the environment, why its actor lacks a key; nothing to those who may not know."""


class Unit(Protocol):
    """One open transaction, as the application sees it."""

    @property
    def env(self) -> Any:
        """What use cases and queries may touch."""
        ...

    def drain(self) -> Sequence[Event]:
        """The events put since the last call; they stay stored."""
        ...

    def submitted(self, command: str, key: str, body: Command[Any], answer: Any) -> tuple[bool, Any]:
        """Whether the key was used, and the answer stored. Refuses: KeyReused (with another body)."""
        ...

    def remember(self, command: str, key: str, body: Command[Any], answer: object) -> None:
        """Have the answer stored under the key with the rest."""
        ...

    def record(self, command: Command[Any] | Query[Any], denied: bool, scope: str = "") -> None:
        """Have the audit entry written with the rest; `scope` where it is more than the actor's."""
        ...

    def record_read(self, query: Query[Any], shown: Sequence[str], scope: str) -> None:
        """Have the audit entry of a read written: what it showed, as `kind id`, and under which scope."""
        ...

    def check(self) -> None:
        """Write everything without keeping it. Refuses: Stale, AlreadyExists."""
        ...

    def commit(self) -> None:
        """Write everything. Refuses: Stale, AlreadyExists, Unavailable."""
        ...


class Units(Protocol):
    """Opens transactions; leaving the context without a commit rolls back."""

    def open(self, envelope: Envelope, cause: str, write: bool, repeated: bool = False) -> AbstractContextManager[Unit]:
        """A transaction for the actor's organization; `repeated` after others got in the way of the last one.

        Refuses: Unavailable.
        """
        ...


class Application:
    """Executes commands and answers queries. Thread-safe: every call has its own transaction."""

    def __init__(
        self,
        units: Units,
        use_cases: Sequence[UseCase[Any, Any]],
        questions: Sequence[Question[Any, Any]],
        reactions: Sequence[Reaction[Any]],
        why: Why | None = None,
    ) -> None:
        self._units = units
        self._why = why
        self._use_cases = {row.command: row for row in use_cases}
        self._questions = {row.query: row for row in questions}
        self._reactions: dict[type[Event], list[Callable[..., None]]] = {}
        for reaction in reactions:
            self._reactions.setdefault(reaction.event, []).append(reaction.run)

    def execute(self, command: Command[A], envelope: Envelope) -> A:
        """Run the command and commit; answers what its use case answers.

        Refuses: Denied, KeyReused, Unavailable, what the use case refuses; Stale or AlreadyExists when others kept
        winning.
        """
        return self._road(command, envelope, commit=True)

    def preview(self, command: Command[A], envelope: Envelope) -> A:
        """What `execute` would answer now; nothing is kept. Refuses as `execute` does."""
        return self._road(command, envelope, commit=False)

    def ask(self, query: Query[A], envelope: Envelope) -> A:
        """Answer a query. Refuses: Denied, what the query refuses, Unavailable.

        An answer that shows health data is given only when the read is stored in the audit trail.
        """
        row = self._questions[type(query)]
        if not _held(row.permission, envelope):
            if row.shows is not None:
                self._keep_denial(query, envelope)
            self._deny(row.permission, type(query).__name__, envelope)
        with self._units.open(envelope, type(query).__name__, write=False) as unit:
            answer: A = row.run(query, unit.env)
        across = ACROSS if row.across else envelope.actor.scope
        if (row.shows is not None or across) and not _by_itself(envelope):
            shown = () if row.shows is None else tuple(dict.fromkeys(row.shows(query, answer)))
            self._keep_read(query, shown, across, envelope)
        return answer

    def _keep_read(self, query: Query[Any], shown: Sequence[str], scope: str, envelope: Envelope) -> None:
        with self._units.open(envelope, type(query).__name__, write=True) as unit:
            unit.record_read(query, shown, scope)
            unit.commit()

    def _road(self, command: Command[A], envelope: Envelope, commit: bool) -> A:
        row = self._use_cases[type(command)]
        if _pays_for_another(row, envelope):
            if commit:
                self._keep_denial(command, envelope)
            raise Denied("Nobody pays in somebody else's name: the person pays.", STOP_ACTING)
        lacking = _lacking(row, command, envelope)
        if lacking is not _HELD:
            if commit:
                self._keep_denial(command, envelope)
            self._deny(lacking, type(command).__name__, envelope)
        for run in range(MOST_RUNS):
            try:
                answer: A = self._once(row, command, envelope, commit, repeated=run > 0)
            except (Stale, AlreadyExists):
                if run == MOST_RUNS - 1:
                    raise
                continue
            return answer
        raise Invalid("A use case must be run at least once.")

    def _once(self, row: UseCase[Any, A], command: Command[A], envelope: Envelope, commit: bool, repeated: bool) -> A:
        name, key = type(command).__name__, envelope.idempotency_key
        with self._units.open(envelope, name, write=True, repeated=repeated) as unit:
            if key is not None:
                used, stored = unit.submitted(name, key, command, _answer_of(row))
                if used:
                    return cast(A, stored)
            answer: A = row.run(command, unit.env)
            self._react(unit)
            if row.audited:
                unit.record(command, denied=False, scope=ACROSS if row.across else "")
            if key is not None:
                unit.remember(name, key, command, answer)
            if commit:
                unit.commit()
            else:
                unit.check()
            return answer

    def _react(self, unit: Unit) -> None:
        for _ in range(MOST_ROUNDS):
            by_type: dict[type[Event], list[Event]] = {}
            for event in unit.drain():
                by_type.setdefault(type(event), []).append(event)
            if not by_type:
                return
            for kind, events in by_type.items():
                for react in self._reactions.get(kind, ()):
                    react(events, unit.env)
        raise Invalid("The reactions to this command do not end.")

    def _deny(self, permission: str | None, cause: str, envelope: Envelope) -> NoReturn:
        """Refuses: Denied, naming the key; whoever may know reads why."""
        faults = [Fault("permission", f"needs {permission or 'nobody: HLC does this by itself'}")]
        if permission is not None and self._why is not None and envelope.actor.role:
            with self._units.open(envelope, cause, write=False) as unit:
                told = self._why(permission, unit.env)
            faults += [Fault("because", told)] if told else []
        faults += [STOP_ACTING] if envelope.actor.impersonates else []
        raise Denied("You may not do this.", *faults)

    def _keep_denial(self, command: Command[Any] | Query[Any], envelope: Envelope) -> None:
        if envelope.actor.kind is ActorKind.PUBLIC:
            return
        with self._units.open(envelope, type(command).__name__, write=True) as unit:
            unit.record(command, denied=True)
            unit.commit()


_HELD = ""


def _held(permission: str | None, envelope: Envelope) -> bool:
    actor = envelope.actor
    return actor.kind is ActorKind.SYSTEM or (permission is not None and permission in actor.permissions)


def _lacking(row: UseCase[Any, Any], command: Command[Any], envelope: Envelope) -> str | None:
    """The first key that is not held; None for one that nobody holds, `_HELD` where nothing lacks."""
    if not _held(row.permission, envelope):
        return row.permission
    return next((key for key in sorted(row.asks(command)) if not _held(key, envelope)), _HELD)


def _pays_for_another(row: UseCase[Any, Any], envelope: Envelope) -> bool:
    """Whatever key it asks for: what moves a patient's money is not done on the patient's behalf."""
    actor = envelope.actor
    return row.effect is Effect.MONEY and actor.impersonates and actor.kind is ActorKind.PATIENT


def _by_itself(envelope: Envelope) -> bool:
    """Whether HLC asks itself, such as a job: nobody sees the answer."""
    return envelope.actor.kind is ActorKind.SYSTEM and not envelope.channel


@cache
def _answer_of(row: UseCase[Any, A]) -> Any:
    return get_type_hints(row.run)["return"]


__all__ = [
    "Application",
    "Effect",
    "Question",
    "Reaction",
    "Unit",
    "Units",
    "UseCase",
    "Why",
]
