"""The gateways of an installation, by name, each guarded: never inside a transaction, never an exception."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import TypeVar

from attrs import frozen

from hlc_core.kernel.errors import Fault
from hlc_core.kernel.ids import AttemptId
from hlc_core.payments.api import GatewayNotConfigured
from hlc_core.payments.gateway import Gateway
from hlc_core.payments.model import Answer, Capabilities, Charge, ChargeRequest, RefundRequest, Result, StoreRequest

T = TypeVar("T")


class InsideTransaction(RuntimeError):
    """A gateway was called while a transaction was open: a fault of the program, never of its input."""


@frozen
class GuardedGateway:
    """Any gateway; the probe hears `gateway.before` and `gateway.after` around each call (crash enumeration)."""

    gateway: Gateway
    inside: Callable[[], bool]
    probe: Callable[[str], None]

    @property
    def name(self) -> str:
        """The gateway's own."""
        return self.gateway.name

    @property
    def capabilities(self) -> Capabilities:
        """The gateway's own."""
        return self.gateway.capabilities

    def create(self, request: ChargeRequest) -> Answer:
        """See the port."""
        return self._call(lambda: self.gateway.create(request))

    def confirm(self, object_id: str, request: ChargeRequest) -> Answer:
        """See the port."""
        return self._call(lambda: self.gateway.confirm(object_id, request))

    def look_up(self, object_id: str) -> Answer:
        """See the port."""
        return self._call(lambda: self.gateway.look_up(object_id))

    def find(self, reference: AttemptId) -> Answer:
        """See the port."""
        return self._call(lambda: self.gateway.find(reference))

    def cancel(self, object_id: str, reference: AttemptId) -> Answer:
        """See the port."""
        return self._call(lambda: self.gateway.cancel(object_id, reference))

    def refund(self, request: RefundRequest) -> Answer:
        """See the port."""
        return self._call(lambda: self.gateway.refund(request))

    def find_refund(self, request: RefundRequest) -> Answer:
        """See the port."""
        return self._call(lambda: self.gateway.find_refund(request))

    def store(self, request: StoreRequest) -> Answer:
        """See the port."""
        return self._call(lambda: self.gateway.store(request))

    def charges(self, since: datetime, until: datetime) -> Iterator[Charge]:
        """See the port."""
        return self.gateway.charges(since, until)

    def _call(self, ask: Callable[[], Answer]) -> Answer:
        if self.inside():
            raise InsideTransaction("No gateway may be called while a transaction is open.")
        self.probe("gateway.before")
        try:
            answer = ask()
        except Exception as fault:  # by the port's contract none comes; if one does, nothing is known
            answer = Answer(result=Result.NO_ANSWER, code=type(fault).__name__)
        self.probe("gateway.after")
        return answer


@frozen
class GatewayRegistry:
    """Gateways by name. Refuses: GatewayNotConfigured."""

    by_name: Mapping[str, Gateway]

    def named(self, name: str) -> Gateway:
        """The gateway of that name."""
        found = self.by_name.get(name)
        if found is None:
            raise GatewayNotConfigured(
                f"There is no gateway {name!r} here.", Fault("gateway", f"one of: {', '.join(sorted(self.by_name))}")
            )
        return found

    def capabilities(self, name: str) -> Capabilities:
        """What the gateway of that name can do."""
        return self.named(name).capabilities
