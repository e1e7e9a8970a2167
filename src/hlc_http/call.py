"""One request as the endpoints see it: who asks, for which organization, with what. Nothing of aiohttp is in here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Generic, TypeVar

from attrs import frozen

from hlc_adapters.services import Services
from hlc_core.access.api import OWN
from hlc_core.identity.api import Presence
from hlc_core.kernel.commands import Actor, ActorKind, Command, Envelope, Query, system
from hlc_core.kernel.errors import Denied, Fault, Missing, Unauthenticated
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import PatientId
from hlc_core.organizations.api import Organization
from hlc_core.registry import QUESTIONS, USE_CASES
from hlc_http.settings import HttpSettings
from hlc_http.tenants import OrganizationUnknown

A = TypeVar("A")
N = TypeVar("N")
B = TypeVar("B")
Q = TypeVar("Q")

_READING = {row.query: row.permission for row in QUESTIONS}
_WRITING = {row.command: row.permission for row in USE_CASES}


@frozen(kw_only=True)
class Incoming:
    """What was read of the request: names of `headers` in lower case, `path` the variable parts of the route."""

    method: str
    host: str
    scheme: str
    path: Mapping[str, str]
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    cookies: Mapping[str, str]
    body: bytes
    correlation: str
    address: str = ""
    """The network address of the caller."""
    clinic: str = ""
    """The clinic that the query names, where a header could not."""
    target: str = ""
    """Path and query as they were asked for."""


@frozen(kw_only=True)
class Call(Generic[B, Q]):
    """One request, authenticated and decoded."""

    services: Services
    settings: HttpSettings
    incoming: Incoming
    body: B
    query: Q
    sender: Actor | None
    tenant: Organization | None
    presence: Presence | None = None
    """Who is signed in, where it is a person; a key is none."""
    key: str | None = None
    """The Idempotency-Key, where the route honours one."""

    @property
    def actor(self) -> Actor:
        """Who asks. Refuses: OrganizationUnknown (a route of the machine room, where nobody is asked for)."""
        if self.sender is None:
            raise OrganizationUnknown("Say which organization is meant.")
        return self.sender

    @property
    def person(self) -> Presence:
        """Who is signed in. Refuses: Unauthenticated (nobody, or a key)."""
        if self.presence is None:
            raise Unauthenticated("Sign in first; a key is no person.")
        return self.presence

    @property
    def organization(self) -> Organization:
        """The organization that is meant. Refuses: OrganizationUnknown."""
        if self.tenant is None:
            raise OrganizationUnknown("Say which organization is meant.")
        return self.tenant

    @property
    def envelope(self) -> Envelope:
        """What travels beside the command."""
        return Envelope(
            actor=self.actor,
            idempotency_key=self.key,
            correlation=self.incoming.correlation,
            channel="http",
            address=self.incoming.address,
        )

    @property
    def unkeyed(self) -> Envelope:
        """The same without the key: for work of several commands that is harmless when repeated."""
        return evolve(self.envelope, idempotency_key=None)

    @property
    def ours(self) -> Envelope:
        """What HLC does by itself because of this request: driving payments that the sender may only ask for."""
        return evolve(system(self.organization.id, "http"), correlation=self.incoming.correlation)

    def part(self, name: str) -> str:
        """The variable part of the path."""
        return self.incoming.path[name]

    def execute(self, command: Command[A]) -> A:
        """Run the command on the application's one road."""
        return self.services.application.execute(command, self.envelope)

    def ask(self, query: Query[A]) -> A:
        """Answer the query."""
        return self.services.application.ask(query, self.envelope)

    def may(self, command: type[Command[Any]]) -> bool:
        """Whether the sender holds the key of the command."""
        needed = _WRITING[command]
        return self.actor.kind is ActorKind.SYSTEM or (needed is not None and self.actor.may(needed))

    def keys_of(self, command: type[Command[Any]]) -> frozenset[str]:
        """The keys that the command asks for: for work done in the sender's name after a look of our own."""
        needed = _WRITING[command]
        return frozenset() if needed is None else frozenset({needed})

    def offered(self, actions: Iterable[tuple[N, type[Command[Any]]]]) -> tuple[N, ...]:
        """The `actions` of an answer: those of the possible ones whose command the sender may send."""
        return tuple(name for name, command in actions if self.may(command))

    @property
    def by_patient(self) -> bool:
        """Whether a patient asks, who sees only what is theirs."""
        return self.actor.kind is ActorKind.PATIENT

    @property
    def own_id(self) -> PatientId:
        """The patient who asks. Refuses: Denied."""
        own = self.actor.own
        if own is None or not self.actor.may(OWN):
            raise Denied("You may not do this.", Fault("permission", f"needs {OWN}"))
        return own

    @property
    def owned(self) -> tuple[PatientId, ...]:
        """The records of the patient who asks: their own, and those that joined it. Refuses: Denied."""
        return (self.own_id, *self.actor.joined)

    def ask_own(self, query: Query[A], owner: Callable[[A], PatientId | None]) -> A:
        """Answer the query; to a patient only if the answer is theirs. Refuses: Missing (all the same), Denied."""
        if not self.by_patient:
            return self.ask(query)
        try:
            answer = self.ask_as_owner(query)
        except Missing:
            raise _nothing() from None
        if owner(answer) not in self.owned:
            raise _nothing()
        return answer

    def ask_as_owner(self, query: Query[A]) -> A:
        """Answer a query of a patient that by its own terms asks only for what is theirs, or is checked to be."""
        needed = frozenset({_READING[type(query)] or ""})
        allowed = evolve(self.actor, permissions=self.actor.permissions | needed)
        return self.services.application.ask(query, evolve(self.unkeyed, actor=allowed))


def _nothing() -> Missing:
    """What is not theirs looks like what is not there."""
    return Missing("There is nothing of that name.", Fault("id", "one of your own"))
