"""Commands, queries, who sends them, and what travels beside them."""

from __future__ import annotations

from enum import StrEnum
from typing import Generic, TypeVar

from attrs import field, frozen

from hlc_core.kernel.errors import Fault
from hlc_core.kernel.ids import ActorId, OrganizationId, PatientId

Answer_co = TypeVar("Answer_co", covariant=True)


class Command(Generic[Answer_co]):
    """A wish to change something; the type parameter is what `Application.execute` answers."""

    __slots__ = ()


class Query(Generic[Answer_co]):
    """A question; the type parameter is what `Application.ask` answers."""

    __slots__ = ()


class ActorKind(StrEnum):
    """Who is acting. Identity (who exactly) comes through the authentication port."""

    SYSTEM = "system"
    STAFF = "staff"
    PATIENT = "patient"
    PUBLIC = "public"


ACROSS = "across organizations"
"""The scope of super admins: in a clinic in which they are nothing, or over all of them. Source: spec/access."""


STOP_ACTING = Fault("impersonation", "you act for somebody else; end that first: `DELETE /api/v1/auth/impersonation`")
"""The way out of what is refused to whoever acts for somebody else."""


@frozen(kw_only=True)
class Actor:
    """Who does it, for which organization, with which permission keys.

    `id` is the person's own, even while they act for somebody else (`on_behalf_of`). `role` is the word of their role
    here, empty for keys and for HLC itself. `patient` is whose own things a patient's account opens, `joined` the
    records of the same person that joined that one. `scope` is
    `ACROSS` where they act beyond the organizations that they are assigned to: all that they do and ask is recorded.
    """

    kind: ActorKind
    id: ActorId
    organization: OrganizationId
    permissions: frozenset[str] = frozenset()
    on_behalf_of: ActorId | None = None
    role: str = ""
    patient: PatientId | None = None
    joined: tuple[PatientId, ...] = ()
    scope: str = ""

    @property
    def impersonates(self) -> bool:
        """Whether they act for somebody else: credentials and bank details are out of reach meanwhile."""
        return self.on_behalf_of is not None

    @property
    def own(self) -> PatientId | None:
        """The patient whose own things it may see and change: a patient's account, or a patient's key."""
        return (self.patient or PatientId(self.id)) if self.kind is ActorKind.PATIENT else None

    @property
    def owned(self) -> tuple[PatientId, ...]:
        """The records whose things are its own: `own`, then those that joined it."""
        return () if self.own is None else (self.own, *self.joined)

    def may(self, permission: str) -> bool:
        """Whether the permission key is held; the system actor holds all."""
        return self.kind is ActorKind.SYSTEM or permission in self.permissions


@frozen(kw_only=True)
class Envelope:
    """What travels beside a command: the actor, the idempotency key, the correlation of one journey, whence it came.

    `channel` is the face that it came through (`http`, `cli`); work that HLC does by itself has none. `address` is the
    network address of the caller, `cause` the reason that was given for it; as far as the face knows them.
    """

    actor: Actor
    idempotency_key: str | None = field(default=None)
    correlation: str = ""
    channel: str = ""
    address: str = ""
    cause: str = ""


def system(organization: OrganizationId, name: str = "system") -> Envelope:
    """The envelope of work that HLC does by itself (jobs, resolver, relay)."""
    return Envelope(actor=Actor(kind=ActorKind.SYSTEM, id=ActorId(name), organization=organization))
