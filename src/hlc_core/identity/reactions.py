"""What identity does when people are made."""

from __future__ import annotations

from collections.abc import Sequence

from hlc_core.identity.ports import Env
from hlc_core.identity.usecases.passwords import welcome
from hlc_core.people.api import UserCreated


def people_created(events: Sequence[UserCreated], env: Env) -> None:
    """Each is welcomed once, with a link to set the first password."""
    for event in events:
        welcome(event.user, env)
