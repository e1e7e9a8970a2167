"""Ending by the clock what nobody ended by hand. Rights end by themselves at their time; this brings the rows along."""

from __future__ import annotations

from attrs import frozen

from hlc_core.kernel.commands import Command
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.machine import NoFacts
from hlc_core.people.machine import (
    CHART_ACCESS,
    IMPERSONATION,
    INVITATION,
    ChartAccessTrigger,
    ImpersonationTrigger,
    InvitationTrigger,
)
from hlc_core.people.ports import Env

BATCH = 200


@frozen(kw_only=True)
class EndGrants(Command[int]):
    """End invitations, impersonations and emergency accesses whose time is over."""


def end_grants(command: EndGrants, env: Env) -> int:
    """How many ended."""
    now = env.clock.now()
    invitations = env.invitations.due(now, BATCH)
    for invitation in invitations:
        expired = INVITATION.step(invitation.state, InvitationTrigger.EXPIRE, NoFacts())
        env.invitations.save(evolve(invitation, state=expired))
    impersonations = env.impersonations.due(now, BATCH)
    for one in impersonations:
        over = IMPERSONATION.step(one.state, ImpersonationTrigger.EXPIRE, NoFacts())
        env.impersonations.save(evolve(one, state=over, ended_at=one.ends_at))
    charts = env.chart_accesses.due(now, BATCH)
    for access in charts:
        closed = CHART_ACCESS.step(access.state, ChartAccessTrigger.CLOSE, NoFacts())
        env.chart_accesses.save(evolve(access, state=closed, closed_at=access.ends_at))
    return len(invitations) + len(impersonations) + len(charts)
