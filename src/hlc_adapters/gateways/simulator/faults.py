"""Misbehaviour from a seed: the same seed, reference, step and count always meet the same fate."""

from __future__ import annotations

from hashlib import blake2b
from struct import unpack

from attrs import frozen

_WHOLE = float(1 << 64)


@frozen
class Fate:
    """What happens to one message. `late_by` in seconds, None when it is executed at once; `latency` in seconds."""

    outage: bool = False
    lost_request: bool = False
    late_by: float | None = None
    lost_answer: bool = False
    server_error: bool = False
    effect: bool = True
    """Whether a 500 comes after the effect or instead of it."""
    soft_decline: bool = False
    lag: float = 0.0
    latency: float = 0.0


SPARED = Fate()
"""Nothing happens to the message."""


@frozen
class Faults:
    """Rates between 0 and 1, drawn per message. Refuses at construction: ValueError (a rate outside 0..1).

    `lost_answer`: executed, not heard of. `lost_request`: never arrives. `zombie`: executed later, between
    `zombie_after[0]` and `zombie_after[1]` seconds of virtual time. `outage`: 503, nothing done. `server_error`: 500,
    done or not, kept under the key. `soft_decline`: the bank declines a good card. `lag`: look-ups stay behind for
    `lag_for` seconds. Latency is drawn between half and one and a half times `latency_ms`.
    """

    seed: int = 0
    lost_answer: float = 0.0
    lost_request: float = 0.0
    zombie: float = 0.0
    outage: float = 0.0
    server_error: float = 0.0
    soft_decline: float = 0.0
    lag: float = 0.0
    latency_ms: float = 0.0
    zombie_after: tuple[float, float] = (1.0, 172_800.0)
    lag_for: float = 60.0

    def __attrs_post_init__(self) -> None:
        for rate in (
            self.lost_answer,
            self.lost_request,
            self.zombie,
            self.outage,
            self.server_error,
            self.soft_decline,
            self.lag,
        ):
            if not 0 <= rate <= 1:
                raise ValueError("A fault's rate lies between 0 and 1.")

    @property
    def none(self) -> bool:
        """Whether nothing can ever happen, so that nothing need be drawn."""
        return not (
            self.lost_answer
            or self.lost_request
            or self.zombie
            or self.outage
            or self.server_error
            or self.soft_decline
            or self.lag
            or self.latency_ms
        )

    def fate(self, reference: str, step: str, count: int) -> Fate:
        """What happens to the count-th message of that step of that reference. At most one fault a message."""
        drawn = blake2b(f"{self.seed}|{reference}|{step}|{count}".encode(), digest_size=40).digest()
        which, when, half, lag, slow = [number / _WHOLE for number in unpack(">5Q", drawn)]
        latency = self.latency_ms * (0.5 + slow) / 1000
        seen_late = self.lag_for if lag < self.lag else 0.0
        edge = self.outage
        if which < edge:
            return Fate(outage=True, latency=latency)
        edge += self.lost_request
        if which < edge:
            return Fate(lost_request=True, latency=latency)
        edge += self.zombie
        if which < edge:
            first, last = self.zombie_after
            return Fate(late_by=first + when * (last - first), latency=latency, lag=seen_late)
        edge += self.lost_answer
        if which < edge:
            return Fate(lost_answer=True, latency=latency, lag=seen_late)
        edge += self.server_error
        if which < edge:
            return Fate(server_error=True, effect=half < 0.5, latency=latency, lag=seen_late)
        edge += self.soft_decline
        return Fate(soft_decline=which < edge, latency=latency, lag=seen_late)


CALM = Faults()
"""No faults, no latency."""
