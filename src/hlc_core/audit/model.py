"""What is kept of every write: who did what, and each move of a lifecycle."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from attrs import frozen

from hlc_core.kernel.commands import ActorKind
from hlc_core.kernel.ids import ActorId, EventId, OrganizationId


class Outcome(StrEnum):
    """How it ended; READ is a question that showed health data. Refusals other than DENIED change nothing and are not
    kept."""

    DONE = "done"
    DENIED = "denied"
    READ = "read"


@frozen(kw_only=True, slots=False)
class AuditEntry:
    """One command or one question about health data: by whom, on whose behalf, what was asked, written or shown.

    `asked` is the command as JSON without free text; `written` names aggregates as `kind id version`, `shown` as
    `kind id`. `cause`, `channel` and `address` are those of the envelope.
    """

    id: EventId
    organization: OrganizationId
    at: datetime
    actor_kind: ActorKind
    actor: ActorId
    on_behalf_of: ActorId | None
    command: str
    outcome: Outcome
    asked: str
    written: str
    correlation: str
    shown: str = ""
    cause: str = ""
    channel: str = ""
    address: str = ""
    version: int = 0


@frozen(kw_only=True, slots=False)
class Move:
    """One step of one lifecycle; (subject, version) is its place in the sequence. `source` None is the birth."""

    id: str
    organization: OrganizationId
    machine: str
    subject: str
    version: int
    source: str | None
    target: str
    at: datetime
    actor: ActorId
    cause: str
