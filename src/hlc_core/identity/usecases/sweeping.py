"""Ending what outlived itself, forgetting from where people came, taking away what is of no use any more.

Logins and sessions stay as rows, for their moves do; after a while they do not say any more from where. Links, lanes of
guesses, known devices and tries are taken away. Most of it belongs to no clinic: whichever clinic's job comes first
does it, a batch at a time.
"""

from __future__ import annotations

from datetime import timedelta

from attrs import frozen

from hlc_core.identity.machine import SessionTrigger
from hlc_core.identity.model import Origin
from hlc_core.identity.ports import Env
from hlc_core.identity.throttle import FORGOTTEN
from hlc_core.kernel.commands import Command
from hlc_core.kernel.evolve import evolve

TRACES = timedelta(days=90)
"""How long it is kept from where a login came that has ended: as long as the longest session."""
LINKS = timedelta(days=30)
"""How long a link that ended is kept, so that whoever follows it late is told, and no welcome is sent twice."""
DEVICES = timedelta(days=400)
"""Browsers keep no cookie longer, so no device is known longer."""
STRAY_TRIES = timedelta(days=365)
"""How long tries are kept that were meant for no clinic; a clinic says for itself (`security.loginRecordDays`)."""

BATCH = 200
"""Rows of each kind in one turn."""


@frozen(kw_only=True)
class SweepSignIns(Command[int]):
    """Bring along, forget and take away what is due; answers how many rows, none when there is nothing left."""


def sweep_sign_ins(command: SweepSignIns, env: Env) -> int:
    """Rights end by themselves at their time; this brings the rows along. Doing it again does no harm."""
    return _ended(env) + _forgotten(env) + _removed(env)


def _ended(env: Env) -> int:
    now = env.clock.now()
    logins, sessions = env.logins.due(now, BATCH), env.sessions.due(now, BATCH)
    for login in logins:
        env.logins.save(login.abandoned(now))
    for session in sessions:
        env.sessions.save(session.ended(SessionTrigger.EXPIRE, now))
    return len(logins) + len(sessions)


def _forgotten(env: Env) -> int:
    before = env.clock.now() - TRACES
    logins, sessions = env.logins.traced(before, BATCH), env.sessions.traced(before, BATCH)
    for login in logins:
        env.logins.save(evolve(login, origin=Origin()))
    for session in sessions:
        env.sessions.save(evolve(session, origin=Origin()))
    return len(logins) + len(sessions)


def _removed(env: Env) -> int:
    now = env.clock.now()
    resets, lanes = env.resets.idle(now - LINKS, BATCH), env.lanes.idle(now - FORGOTTEN, BATCH)
    devices = env.devices.idle(now - DEVICES, BATCH)
    kept = timedelta(days=env.organization.security.login_record_days)
    tries = (
        *env.login_attempts.older(env.organization.id, now - kept, BATCH),
        *env.login_attempts.older(None, now - STRAY_TRIES, BATCH),
    )
    for reset in resets:
        env.resets.remove(reset)
    for lane in lanes:
        env.lanes.remove(lane)
    for device in devices:
        env.devices.remove(device)
    for one in tries:
        env.login_attempts.remove(one)
    return len(resets) + len(lanes) + len(devices) + len(tries)
