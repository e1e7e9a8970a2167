"""What is kept of every write: who did what, and each move of a lifecycle."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from attrs import field, frozen

from hlc_core.kernel.commands import ActorKind
from hlc_core.kernel.ids import ActorId, EventId, OrganizationId


class Outcome(StrEnum):
    """How it ended; READ is a question that showed health data, or was asked across organizations. Refusals other than
    DENIED change nothing and are not kept."""

    DONE = "done"
    DENIED = "denied"
    READ = "read"


@frozen(kw_only=True, slots=False)
class AuditEntry:
    """One command or one question about health data: by whom, on whose behalf, what was asked, written or shown.

    `asked` is the command as JSON without free text; `written` names aggregates as `kind id version`, `shown` as
    `kind id`. `cause`, `channel` and `address` are those of the envelope.
    `changes` is a JSON list of {field, before, after} of settings, roles and assignments, without what is hidden.
    `scope` names the scope beyond one organization under which it was done, and is empty for all that is not.
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
    changes: str = ""
    scope: str = ""
    version: int = 0


def seal_id(number: int) -> str:
    """There is one seal of each number: two chains cannot grow from one."""
    return f"seal_{number:012d}"


@frozen(kw_only=True, slots=False)
class Seal:
    """So many entries in a row, sealed: `hash` is the end of the chain that begins at `previous`, the end before.

    `marks` are lines of an entry's id and the start of the hash of its content: they tell which entry was touched.
    `signature` is empty where the installation has no key for it.
    """

    id: str
    organization: OrganizationId
    number: int
    at: datetime
    count: int
    first: str
    last: str
    marks: tuple[str, ...]
    previous: str
    hash: str
    signature: str = field(default="", repr=False)
    version: int = 0


@frozen(kw_only=True, slots=False)
class Move:
    """One step of one lifecycle; (subject, version) is its place in the sequence. `source` None is the birth.

    `on_behalf_of`: for whom the actor acted, where they acted for somebody else.
    """

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
    on_behalf_of: ActorId | None = None
