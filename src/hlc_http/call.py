"""One request as the endpoints see it: who asks, for which organization, with what. Nothing of aiohttp is in here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Generic, TypeVar

from attrs import frozen

from hlc_core.kernel.commands import Actor, Command, Envelope, Query
from hlc_core.organizations.api import Organization
from hlc_http.services import Services
from hlc_http.settings import HttpSettings
from hlc_http.tenants import OrganizationUnknown

A = TypeVar("A")
B = TypeVar("B")
Q = TypeVar("Q")


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

    @property
    def actor(self) -> Actor:
        """Who asks. Refuses: OrganizationUnknown (a route of the machine room, where nobody is asked for)."""
        if self.sender is None:
            raise OrganizationUnknown("Say which organization is meant.")
        return self.sender

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
            idempotency_key=self.incoming.headers.get("idempotency-key"),
            correlation=self.incoming.correlation,
        )

    def part(self, name: str) -> str:
        """The variable part of the path."""
        return self.incoming.path[name]

    def execute(self, command: Command[A]) -> A:
        """Run the command on the application's one road."""
        return self.services.application.execute(command, self.envelope)

    def ask(self, query: Query[A]) -> A:
        """Answer the query."""
        return self.services.application.ask(query, self.envelope)
