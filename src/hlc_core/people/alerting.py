"""Telling the administrators at once what they must be able to object to. Source: spec/access, Identity."""

from __future__ import annotations

from datetime import datetime

from hlc_core.people.events import AdministratorAlerted, Alarm
from hlc_core.people.ports import Env


def alert_administrators(alarm: Alarm, about: str, until: datetime, env: Env) -> None:
    """A mail to every active administrator of the clinic: what, until when, and the id to look it up by."""
    for one in env.assignments.admins():
        env.outbox.put(AdministratorAlerted(administrator=one.user, alarm=alarm, about=about, until=until))
