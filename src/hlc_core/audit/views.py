"""Questions about the recorded past."""

from __future__ import annotations

from datetime import datetime

from attrs import frozen

from hlc_core.audit.chain import Breach, Broken, breaches, statement
from hlc_core.audit.model import AuditEntry, Move, Outcome, Seal
from hlc_core.audit.ports import Behalf, Env, Filter
from hlc_core.kernel.commands import Query
from hlc_core.kernel.errors import Fault, Invalid
from hlc_core.kernel.ids import ActorId
from hlc_core.kernel.paging import Page, limited
from hlc_core.kernel.text import counted

SEALS_AT_ONCE = 20


@frozen(kw_only=True)
class ListAuditEntries(Query[Page[AuditEntry]]):
    """The recorded past of the organization, newest first; `cursor` is the last id of the page before.

    `subject` is an id that was written or shown; `until` is not included; `across`: only what somebody did who acted
    beyond their own organizations. What was done on behalf of somebody else (impersonation) is left out.
    """

    actor: ActorId | None = None
    command: str | None = None
    outcome: Outcome | None = None
    subject: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    across: bool = False
    cursor: str | None = None
    limit: int = 50


def list_audit_entries(query: ListAuditEntries, env: Env) -> Page[AuditEntry]:
    """Refuses: Invalid (limit)."""
    return _page(query, env, Behalf.OWN)


@frozen(kw_only=True)
class ListAllAuditEntries(ListAuditEntries):
    """The same with what was done on behalf of somebody else: for super admins. `impersonated`: only that."""

    impersonated: bool = False


def list_all_audit_entries(query: ListAllAuditEntries, env: Env) -> Page[AuditEntry]:
    """Refuses: Invalid (limit)."""
    return _page(query, env, Behalf.OTHERS if query.impersonated else Behalf.ANY)


def _page(query: ListAuditEntries, env: Env, behalf: Behalf) -> Page[AuditEntry]:
    wanted = Filter(
        actor=query.actor,
        command=query.command,
        outcome=query.outcome,
        subject=query.subject,
        since=query.since,
        until=query.until,
        behalf=behalf,
        across=query.across,
    )
    found = env.trail.entries(wanted, query.cursor, limited(query.limit) + 1)
    page = tuple(found[: query.limit])
    return Page(page, page[-1].id if len(found) > query.limit else None)


@frozen(kw_only=True)
class ListMoves(Query[tuple[Move, ...]]):
    """Moves of one aggregate, oldest first, without those that were made on behalf of somebody else."""

    subject: str


def list_moves(query: ListMoves, env: Env) -> tuple[Move, ...]:
    """An unknown subject has no moves."""
    return tuple(env.trail.moves(query.subject, impersonated=False))


@frozen(kw_only=True)
class ListAllMoves(Query[tuple[Move, ...]]):
    """All moves of one aggregate, on whosever behalf: for super admins."""

    subject: str


def list_all_moves(query: ListAllMoves, env: Env) -> tuple[Move, ...]:
    """An unknown subject has no moves."""
    return tuple(env.trail.moves(query.subject, impersonated=True))


@frozen(kw_only=True)
class Checkpoint:
    """The end of the chain as it stood once: kept elsewhere, it shows that nothing before it was cut off since."""

    number: int
    hash: str
    signature: str = ""

    def __str__(self) -> str:
        return f"{self.number}:{self.hash}:{self.signature}"


def read_checkpoint(text: str) -> Checkpoint:
    """A checkpoint as it was printed. Refuses: Invalid."""
    number, _, rest = text.strip().partition(":")
    end, _, signature = rest.partition(":")
    if not (number.isascii() and number.isdigit() and len(number) < 12 and len(end) == 64):
        raise Invalid("That is no checkpoint.", Fault("checkpoint", "the line that `hlc audit checkpoint` printed"))
    return Checkpoint(number=int(number), hash=end, signature=signature)


@frozen(kw_only=True)
class GetCheckpoint(Query[Checkpoint | None]):
    """The end of the chain as it stands."""


def get_checkpoint(query: GetCheckpoint, env: Env) -> Checkpoint | None:
    """The newest seal, to be kept where the database's keepers cannot change it; None where nothing is sealed."""
    last = env.seals.last()
    return None if last is None else Checkpoint(number=last.number, hash=last.hash, signature=last.signature)


@frozen(kw_only=True)
class SealsChecked:
    """What was found. `upto` is the last seal looked at, None at the end of the chain; `waiting` are not sealed yet."""

    seals: int
    entries: int
    broken: tuple[Broken, ...]
    upto: int | None
    waiting: int = 0
    signed: bool = True


@frozen(kw_only=True)
class CheckSeals(Query[SealsChecked]):
    """Whether the entries are as they were sealed: the seals behind `after`, some at a time.

    `checkpoint`: the chain must hold it.
    """

    after: int = 0
    checkpoint: str | None = None


def check_seals(query: CheckSeals, env: Env) -> SealsChecked:
    """Refuses: Invalid (checkpoint)."""
    broken: list[Broken] = []
    previous = env.seals.numbered(query.after) if query.after else None
    if query.checkpoint is not None and query.after == 0:
        broken += _without(read_checkpoint(query.checkpoint), env)
    looked = env.seals.after(query.after, SEALS_AT_ONCE)
    entries = 0
    for seal in looked:
        found = env.trail.after("" if previous is None else previous.last, 10 * seal.count + 1000, until=seal.last)
        entries += len(found)
        broken += breaches(seal, previous, found)
        if env.signer.signs and not env.signer.signed(statement(seal), seal.signature):
            broken.append(Broken(breach=Breach.SIGNATURE_WRONG, seal=seal.number))
        previous = seal
    more = len(looked) == SEALS_AT_ONCE
    return SealsChecked(
        seals=len(looked),
        entries=entries,
        broken=tuple(broken),
        upto=looked[-1].number if more else None,
        waiting=0 if more else env.trail.count_after("" if previous is None else previous.last),
        signed=env.signer.signs,
    )


def _without(checkpoint: Checkpoint, env: Env) -> list[Broken]:
    found = env.seals.numbered(checkpoint.number)
    if found is not None and found.hash == checkpoint.hash:
        return []
    return [Broken(breach=Breach.CHECKPOINT_MISSING, seal=checkpoint.number)]


def sealed_by(seal: Seal) -> str:
    """A line for the log: it holds the checkpoint, and so keeps one outside of the database."""
    return f"{counted(seal.count, 'entry', 'entries')} sealed; checkpoint {seal.number}:{seal.hash}:{seal.signature}"
