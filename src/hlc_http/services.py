"""What the HTTP service needs from the rest of the house; the composition root fills it in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol, TypeVar

from attrs import field, frozen

from hlc_core.kernel.commands import Command, Envelope, Query
from hlc_core.kernel.time import Clock
from hlc_core.organizations.api import Organization
from hlc_http.auth import Authentication

A = TypeVar("A")


class Road(Protocol):
    """The application: the one road of every command and query. Refuses: HlcError of every kind."""

    def execute(self, command: Command[A], envelope: Envelope) -> A: ...
    def ask(self, query: Query[A], envelope: Envelope) -> A: ...
    def preview(self, command: Command[A], envelope: Envelope) -> A: ...


def _no_gauges() -> Mapping[str, float]:
    return {}


def _always_ready() -> None:
    return None


@frozen(kw_only=True)
class Services:
    """`organizations` lists the tenants; `default_organization` is the slug meant where nothing else says.

    `public_permissions` are the keys of visitors without credentials. `ready` refuses with Unavailable while the service cannot work (database gone, migration missing).
    `permissions` says which key each command and query needs, for the document. `gauges` are measures of the moment, such as the depth of the relay's queue.
    """

    application: Road
    authentication: Authentication
    organizations: Callable[[], Sequence[Organization]]
    clock: Clock
    default_organization: str = ""
    public_permissions: frozenset[str] = frozenset()
    permissions: Mapping[type, str | None] = field(factory=dict)
    ready: Callable[[], None] = _always_ready
    gauges: Callable[[], Mapping[str, float]] = _no_gauges
