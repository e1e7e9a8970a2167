"""Sealing: entries become links of the chain, in batches, after the fact."""

from __future__ import annotations

from datetime import timedelta
from itertools import takewhile

from attrs import frozen

from hlc_core.audit.chain import sealed, statement
from hlc_core.audit.model import Seal
from hlc_core.audit.ports import Env
from hlc_core.kernel.commands import Command
from hlc_core.kernel.evolve import evolve

SETTLED = timedelta(minutes=2)
"""Only entries older than this are sealed: no transaction that could still add an earlier one lives so long."""

BATCH = 500


@frozen(kw_only=True)
class SealAudit(Command[Seal | None]):
    """Link the oldest entries that are not sealed yet, at most `limit` of them."""

    limit: int = BATCH


def seal_audit(command: SealAudit, env: Env) -> Seal | None:
    """The seal, or None where nothing waits. Of two that seal at once one is run again."""
    last = env.seals.last()
    now = env.clock.now()
    waiting = env.trail.after("" if last is None else last.last, command.limit)
    settled = tuple(takewhile(lambda entry: entry.at <= now - SETTLED, waiting))
    if not settled:
        return None
    made = sealed(last, settled, now)
    signed = evolve(made, signature=env.signer.sign(statement(made)))
    env.seals.add(signed)
    return signed
