"""The gateway port: our verbs, not a vendor's; every method answers the closed set of `Answer`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Protocol

from hlc_core.kernel.ids import AttemptId, RefundId
from hlc_core.payments.model import Answer, Capabilities, Charge, ChargeRequest, RefundRequest, StoreRequest


class Gateway(Protocol):
    """A payment gateway. No method raises for what the network or the gateway did: that is `Result.NO_ANSWER`.

    Only a definite answer is anything else: timeouts, resets, 5xx, 409, 429, unreadable and unlisted answers are
    NO_ANSWER. Keys are made from the reference and the step, so a repeated call cannot do a second thing while the
    gateway remembers its keys. Never called while a transaction is open.
    """

    @property
    def name(self) -> str:
        """The word stored beside attempts, such as `simulator` or `stripe`."""
        ...

    @property
    def capabilities(self) -> Capabilities:
        """What it can do."""
        ...

    def create(self, request: ChargeRequest) -> Answer:
        """Make the gateway object without moving money: CREATED, DECLINED (token refused) or NO_ANSWER."""
        ...

    def confirm(self, object_id: str, request: ChargeRequest) -> Answer:
        """Move the money of that object: CAPTURED, DECLINED, ACTION, PENDING, CANCELLED or NO_ANSWER.

        A gateway without two steps gets the reference as `object_id` and charges now.
        """
        ...

    def look_up(self, object_id: str) -> Answer:
        """Read the object: UNCONFIRMED, CAPTURED, DECLINED, ACTION, PENDING, CANCELLED, NOT_FOUND or NO_ANSWER."""
        ...

    def find(self, reference: AttemptId) -> Answer:
        """Read by our reference, where the gateway can; NOT_FOUND is no proof of absence before the flight time."""
        ...

    def cancel(self, object_id: str, reference: AttemptId) -> Answer:
        """Fence the object: CANCELLED, CAPTURED (it had won), NOT_FOUND or NO_ANSWER."""
        ...

    def refund(self, request: RefundRequest) -> Answer:
        """Give back: REFUNDED, PENDING, DECLINED or NO_ANSWER."""
        ...

    def find_refund(self, request: RefundRequest) -> Answer:
        """Read a refund by our reference: REFUNDED, PENDING, DECLINED, NOT_FOUND or NO_ANSWER."""
        ...

    def store(self, request: StoreRequest) -> Answer:
        """Keep a card without a charge: CREATED (with `instrument`), DECLINED, ACTION or NO_ANSWER.

        Repeating it with the same reference keeps one card, and says how an ACTION has ended.
        """
        ...

    def charges(self, since: datetime, until: datetime) -> Iterator[Charge]:
        """The gateway's own books, captured in [since, until). Refuses: Unavailable (it cannot be asked now)."""
        ...


class Gateways(Protocol):
    """The gateways that this installation has, by name. Refuses: Missing."""

    def named(self, name: str) -> Gateway:
        """The gateway of that name. Refuses: Missing (not configured here)."""
        ...


def key(reference: AttemptId | RefundId | str, step: str) -> str:
    """The gateway's idempotency key: from our id and the step, never from time, client or person.

    Source: design/charge-protocol, Keys.
    """
    return f"hlc-{reference}-{step}"
