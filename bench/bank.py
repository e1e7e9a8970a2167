"""A gateway that says yes: at once or after a fixed time, and keeps no books, so that only HLC's memory is measured."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock

from attrs import define, field

from hlc_adapters.gateways.simulator import SimulatorGateway
from hlc_core.kernel.time import Clock
from hlc_core.payments.model import Answer, ChargeRequest, Result

CALLS = 2
"""Calls to a gateway that makes an object first, for a renewal that succeeds: create and confirm."""


class YesBank(SimulatorGateway):
    """The simulator without its ledger: every charge succeeds, `seconds` after it was asked for."""

    def __init__(self, *, clock: Clock, seconds: float = 0.0) -> None:
        super().__init__(clock=clock)
        self._seconds = seconds
        self.span = Span()

    def create(self, request: ChargeRequest) -> Answer:
        """CREATED."""
        return self._after(lambda: Answer(result=Result.CREATED, object_id=f"yes_{request.reference}"))

    def confirm(self, object_id: str, request: ChargeRequest) -> Answer:
        """CAPTURED, all of it."""
        return self._after(
            lambda: Answer(
                result=Result.CAPTURED, object_id=object_id, charge_id=f"ch_{request.reference}", amount=request.amount
            )
        )

    def _after(self, answer: Callable[[], Answer]) -> Answer:
        if not self._seconds:
            return answer()
        self.span.begun()
        time.sleep(self._seconds)
        self.span.ended()
        return answer()


@define
class Span:
    """From the first call's begin to the last call's end: while there was something to ask the gateway."""

    first: float = 0.0
    last: float = 0.0
    _lock: Lock = field(factory=Lock, init=False)

    def begun(self) -> None:
        """A call begins."""
        with self._lock:
            self.first = self.first or time.perf_counter()

    def ended(self) -> None:
        """A call has ended."""
        with self._lock:
            self.last = time.perf_counter()
