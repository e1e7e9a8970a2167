"""The cookies of a sign-in: no script reads them, no other host sets them, no other site uses them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from attrs import frozen

from hlc_core.identity.api import Tickets
from hlc_http.table import Cookie

DEVICE_SECONDS = 400 * 86_400
"""As long as browsers keep any cookie."""


@frozen
class Jar:
    """Names and settings of the cookies. `plain`: over http too, for a browser on the same machine."""

    plain: bool = False

    @property
    def access(self) -> str:
        """The name of the cookie with the access token."""
        return self._name("access")

    @property
    def refresh(self) -> str:
        """The name of the cookie with the refresh token."""
        return self._name("refresh")

    @property
    def device(self) -> str:
        """The name of the cookie by which the device is known again."""
        return self._name("device")

    def issued(self, tickets: Tickets, now: datetime) -> Mapping[str, Cookie]:
        """The cookies of a sign-in or a refresh."""
        made = {
            self.access: self._cookie(tickets.access, _seconds(tickets.access_until, now)),
            self.refresh: self._cookie(tickets.refresh, _seconds(tickets.refresh_until, now), strict=True),
        }
        if tickets.device:
            made[self.device] = self._cookie(tickets.device, DEVICE_SECONDS, strict=True)
        return made

    def cleared(self) -> Mapping[str, Cookie]:
        """The cookies of a sign-in, taken away; the device stays known."""
        return {name: self._cookie("", 0) for name in (self.access, self.refresh)}

    def _name(self, word: str) -> str:
        return f"hlc_{word}" if self.plain else f"__Host-hlc_{word}"

    def _cookie(self, value: str, seconds: int, strict: bool = False) -> Cookie:
        return Cookie(value=value, seconds=seconds, strict=strict, secure=not self.plain)


def _seconds(until: datetime, now: datetime) -> int:
    return max(1, int((until - now).total_seconds()))
