"""Acting for somebody else: with a reason, for a quarter of an hour, under both names. Source: spec/access."""

from __future__ import annotations

from datetime import timedelta

from attrs import field, frozen

from hlc_core.kernel.commands import Command
from hlc_core.kernel.errors import Fault, Missing
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import ImpersonationId, UserId
from hlc_core.kernel.machine import NoFacts
from hlc_core.kernel.text import line
from hlc_core.people.alerting import alert_administrators
from hlc_core.people.errors import NotImpersonable, StillImpersonating
from hlc_core.people.events import Alarm, ImpersonationEnded, ImpersonationStarted
from hlc_core.people.machine import IMPERSONATION, ImpersonationState, ImpersonationTrigger
from hlc_core.people.model import Impersonation
from hlc_core.people.ports import Env
from hlc_core.people.standing import acting_user, actor_here, member, own_id

LASTS = timedelta(minutes=15)


@frozen(kw_only=True)
class StartImpersonation(Command[Impersonation]):
    """Act as a person of this organization; the reason is kept. Their own sessions are not touched."""

    user: UserId
    reason: str = field(repr=False)


def start_impersonation(command: StartImpersonation, env: Env) -> Impersonation:
    """The grant; a repetition answers the one that runs.

    Refuses: Invalid (reason), Missing, NotAPerson, NotImpersonable, StillImpersonating.
    """
    reason = line(command.reason, "reason", most=500, least=3)
    actor, now = acting_user(env), env.clock.now()
    if env.actor.impersonates:
        raise StillImpersonating("You are acting for somebody already.", Fault("user", "end that first"))
    target, _ = member(command.user, env)
    if target.super_admin or target.id == actor.id or actor_here(target.id, env) is None:
        raise NotImpersonable(
            "Nobody acts for that person.", Fault("user", "an active person of this clinic, no super admin, not you")
        )
    running = env.impersonations.active(actor.id)
    if running is not None and running.running(now):
        if running.target != target.id:
            raise StillImpersonating("You are acting for somebody already.", Fault("user", "end that first"))
        return running
    if running is not None:
        env.impersonations.save(_ended(running, ImpersonationTrigger.EXPIRE, env))
    made = Impersonation(
        id=ImpersonationId(env.ids.new("imp")),
        organization=env.organization.id,
        state=ImpersonationState.ACTIVE,
        actor=actor.id,
        target=target.id,
        reason=reason,
        started_at=now,
        ends_at=now + LASTS,
    )
    env.impersonations.add(made)
    env.outbox.put(ImpersonationStarted(impersonation=made.id))
    alert_administrators(Alarm.IMPERSONATION, made.id, made.ends_at, env)
    return made


@frozen(kw_only=True)
class EndImpersonation(Command[Impersonation]):
    """Be oneself again."""

    impersonation: ImpersonationId


def end_impersonation(command: EndImpersonation, env: Env) -> Impersonation:
    """One that is over is the answer that stands. Refuses: Missing (also somebody else's)."""
    held = env.impersonations.get(command.impersonation)
    if held.actor != own_id(env):
        raise Missing("There is no such impersonation.", Fault("impersonation", "the one that began it answered it"))
    if held.state is not ImpersonationState.ACTIVE:
        return held
    return _close(held, ImpersonationTrigger.END, env)


def _close(held: Impersonation, trigger: ImpersonationTrigger, env: Env) -> Impersonation:
    ended = _ended(held, trigger, env)
    env.impersonations.save(ended)
    env.outbox.put(ImpersonationEnded(impersonation=held.id))
    return ended


def _ended(held: Impersonation, trigger: ImpersonationTrigger, env: Env) -> Impersonation:
    state = IMPERSONATION.step(held.state, trigger, NoFacts())
    return evolve(held, state=state, ended_at=min(env.clock.now(), held.ends_at))
