"""What identity does when people are made, and when what was issued to them ends."""

from __future__ import annotations

from collections.abc import Sequence

from hlc_core.identity.machine import SessionTrigger
from hlc_core.identity.ports import Env
from hlc_core.identity.usecases.passwords import welcome
from hlc_core.identity.usecases.sessions import end_all
from hlc_core.people.api import UserCreated, UserExpelled


def people_created(events: Sequence[UserCreated], env: Env) -> None:
    """Each is welcomed once, with a link to set the first password."""
    for event in events:
        welcome(event.user, env)


def people_expelled(events: Sequence[UserExpelled], env: Env) -> None:
    """Their sessions of an older generation count no more by themselves; here the rows say so, too."""
    for event in events:
        older = [one for one in env.sessions.open_of(event.user) if one.generation < event.generation]
        end_all(older, SessionTrigger.REVOKE, env)
