"""Events: past-tense records of what happened. They go up; commands go down."""

from __future__ import annotations

from typing import ClassVar, Protocol

from attrs import frozen


@frozen(kw_only=True)
class Event:
    """Base of all events. `name` (`subscription.renewed`) is the word used in storage and on the wire.

    An event carries ids, amounts and dates, no personal or health data. Fields only ever grow at the end.
    """

    name: ClassVar[str]

    @property
    def subject(self) -> str:
        """The id of the aggregate it tells of; events of one subject are delivered in order."""
        raise NotImplementedError(type(self).__name__)


class Outbox(Protocol):
    """Where use cases put events; they are stored in the same transaction and delivered after it."""

    def put(self, event: Event) -> None:
        """Store for delivery, and hand to this transaction's reactions."""
        ...
