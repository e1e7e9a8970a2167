"""Clocks: the machine's, and one that a run sets."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from attrs import define, frozen


@frozen
class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The instant, aware, in UTC."""
        return datetime.now(UTC)


@define
class VirtualClock:
    """A clock that stands still until it is told to go on: for simulations, demos and tests."""

    instant: datetime

    def now(self) -> datetime:
        """The instant it was set to."""
        return self.instant

    def advance(self, by: timedelta) -> None:
        """Go on by that much."""
        self.instant += by

    def set(self, instant: datetime) -> None:
        """Jump to the instant."""
        self.instant = instant
