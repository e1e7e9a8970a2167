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

    @property
    def login(self) -> str:
        """The name of the cookie with the handle of a sign-in in progress."""
        return self._name("login")

    @property
    def visit(self) -> str:
        """The name of the cookie that ties forms to the browser of somebody who is not signed in."""
        return self._name("visit")

    @property
    def flash(self) -> str:
        """The name of the cookie with the word of what was just done."""
        return self._name("flash")

    @property
    def card(self) -> str:
        """The name of the cookie with the one-time token of a card that the bank asks about."""
        return self._name("card")

    def kept(self, name: str, value: str, seconds: int) -> Mapping[str, Cookie]:
        """One cookie of our own pages; an empty value takes it away."""
        return {name: self._cookie(value, seconds if value else 0, strict=True)}

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
