"""The simulator's own books: what the bank holds, and the questions that proofs ask of it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from heapq import heappop, heappush
from threading import RLock
from types import TracebackType
from typing import Protocol

from attrs import define, frozen

from hlc_core.kernel.money import Money, total
from hlc_core.payments.model import Answer, ChargeRequest, DeclineClass, RefundRequest, Result, StoreRequest


@frozen(kw_only=True)
class Message:
    """One request on its way to the bank; two equal messages under one key are a repetition."""

    step: str
    reference: str
    object_id: str = ""
    charge: ChargeRequest | None = None
    refund: RefundRequest | None = None
    store: StoreRequest | None = None


@define(kw_only=True)
class Entry:
    """One object at the bank. Until `seen_until`, look-ups still show the state `seen_as`."""

    id: str
    message: Message
    state: Result
    charge_id: str | None = None
    decline: DeclineClass | None = None
    code: str = ""
    text: str = ""
    seen_as: Result | None = None
    seen_until: datetime | None = None

    @property
    def request(self) -> ChargeRequest:
        """What was asked for when the object was made."""
        if self.message.charge is None:
            raise ValueError(f"{self.id} is no object of a charge.")
        return self.message.charge

    @property
    def return_url(self) -> str:
        """Where the buyer goes after the 3-D Secure step."""
        asked = self.message.store or self.request
        return asked.return_url


@frozen(kw_only=True)
class Kept:
    """What the bank remembers under an idempotency key, until it expires."""

    message: Message
    answer: Answer
    expires: datetime


@frozen(kw_only=True)
class Waiting:
    """What executes later: a delayed message, or (`settles`) the end of a pending charge."""

    due: datetime
    message: Message
    settles: bool = False


@frozen(kw_only=True)
class Line:
    """One captured charge. Never changed, never deleted."""

    charge_id: str
    object_id: str
    reference: str
    amount: Money
    at: datetime


@frozen(kw_only=True)
class RefundLine:
    """One refund; `settled_at` lies ahead while it is pending."""

    refund_id: str
    object_id: str
    reference: str
    amount: Money
    at: datetime
    settled_at: datetime


class Ledger(Protocol):
    """Where the simulator keeps its books. All calls are made inside `with ledger:`, one caller at a time.

    Leaving the block keeps what was written; an exception drops it where the backend can (the file), and the memory
    ledger is never left half-written because the bank writes last.
    """

    def __enter__(self) -> Ledger:
        """Wait for the books and hold them."""
        ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let them go."""
        ...

    def entry(self, object_id: str) -> Entry | None:
        """The object of that id."""
        ...

    def entries(self, reference: str) -> Sequence[Entry]:
        """The objects of that reference, oldest first."""
        ...

    def put(self, entry: Entry) -> None:
        """Keep a new or changed object."""
        ...

    def kept(self, key: str) -> Kept | None:
        """What is remembered under the key, expired or not."""
        ...

    def keep(self, key: str, kept: Kept) -> None:
        """Remember; a later one replaces it."""
        ...

    def forget(self, now: datetime) -> None:
        """Drop the keys that have expired."""
        ...

    def book(self, line: Line) -> None:
        """Write a captured charge."""
        ...

    def give_back(self, line: RefundLine) -> None:
        """Write a refund."""
        ...

    def lines(self) -> Iterator[Line]:
        """All captured charges, oldest first."""
        ...

    def line_of(self, object_id: str) -> Line | None:
        """The captured charge of that object."""
        ...

    def refunds_of(self, object_id: str) -> Sequence[RefundLine]:
        """The refunds of that object, oldest first."""
        ...

    def count(self, what: str) -> int:
        """How often that was counted before this call."""
        ...

    def wait(self, waiting: Waiting) -> None:
        """Put aside what executes later."""
        ...

    def due(self, now: datetime) -> Waiting | None:
        """Take out the earliest thing whose time has come."""
        ...


class MemoryLedger:
    """Books in memory; thread-safe, gone with the process."""

    def __init__(self) -> None:
        self._lock = RLock()
        self.clear()

    def clear(self) -> None:
        """Books without an entry."""
        self._entries: dict[str, Entry] = {}
        self._by_reference: dict[str, list[Entry]] = {}
        self._keys: dict[str, Kept] = {}
        self._expiry: deque[tuple[datetime, str]] = deque()
        self._lines: list[Line] = []
        self._by_object: dict[str, Line] = {}
        self._refunds: dict[str, list[RefundLine]] = {}
        self._counts: dict[str, int] = {}
        self._waiting: list[tuple[datetime, int, Waiting]] = []
        self._waited = 0

    def __enter__(self) -> MemoryLedger:
        self._lock.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lock.release()

    def entry(self, object_id: str) -> Entry | None:
        """See `Ledger.entry`."""
        return self._entries.get(object_id)

    def entries(self, reference: str) -> Sequence[Entry]:
        """See `Ledger.entries`."""
        return self._by_reference.get(reference, ())

    def put(self, entry: Entry) -> None:
        """See `Ledger.put`."""
        if entry.id not in self._entries:
            self._entries[entry.id] = entry
            self._by_reference.setdefault(entry.message.reference, []).append(entry)

    def kept(self, key: str) -> Kept | None:
        """See `Ledger.kept`."""
        return self._keys.get(key)

    def keep(self, key: str, kept: Kept) -> None:
        """See `Ledger.keep`."""
        self._keys[key] = kept
        self._expiry.append((kept.expires, key))

    def forget(self, now: datetime) -> None:
        """See `Ledger.forget`."""
        while self._expiry and self._expiry[0][0] <= now:
            _, key = self._expiry.popleft()
            kept = self._keys.get(key)
            if kept is not None and kept.expires <= now:
                del self._keys[key]

    def book(self, line: Line) -> None:
        """See `Ledger.book`."""
        self._lines.append(line)
        self._by_object[line.object_id] = line

    def give_back(self, line: RefundLine) -> None:
        """See `Ledger.give_back`."""
        self._refunds.setdefault(line.object_id, []).append(line)

    def lines(self) -> Iterator[Line]:
        """See `Ledger.lines`."""
        return iter(tuple(self._lines))

    def line_of(self, object_id: str) -> Line | None:
        """See `Ledger.line_of`."""
        return self._by_object.get(object_id)

    def refunds_of(self, object_id: str) -> Sequence[RefundLine]:
        """See `Ledger.refunds_of`."""
        return tuple(self._refunds.get(object_id, ()))

    def count(self, what: str) -> int:
        """See `Ledger.count`."""
        before = self._counts.get(what, 0)
        self._counts[what] = before + 1
        return before

    def wait(self, waiting: Waiting) -> None:
        """See `Ledger.wait`."""
        self._waited += 1
        heappush(self._waiting, (waiting.due, self._waited, waiting))

    def due(self, now: datetime) -> Waiting | None:
        """See `Ledger.due`."""
        if self._waiting and self._waiting[0][0] <= now:
            return heappop(self._waiting)[2]
        return None


class Audit:
    """The independent oracle: what the books say, whatever the caller believes."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def charges(self, reference: str | None = None) -> tuple[Line, ...]:
        """Every captured charge, oldest first; of one reference if named."""
        with self._ledger as books:
            return tuple(line for line in books.lines() if reference is None or line.reference == reference)

    def refunds(self, reference: str | None = None) -> tuple[RefundLine, ...]:
        """Every refund of the captured charges; of one charge's reference if named."""
        with self._ledger as books:
            return tuple(
                refund
                for line in books.lines()
                if reference is None or line.reference == reference
                for refund in books.refunds_of(line.object_id)
            )

    def balance(self, reference: str, currency: str) -> Money:
        """Captured less refunded. Refuses: MixedCurrencies."""
        captured = total((line.amount for line in self.charges(reference)), currency)
        return captured - total((refund.amount for refund in self.refunds(reference)), currency)

    def captured(self, obligation_of: Callable[[str], str] = str) -> Mapping[str, tuple[Line, ...]]:
        """The captured charges by obligation; each reference is its own unless the caller says whose it is."""
        found: dict[str, tuple[Line, ...]] = {}
        for line in self.charges():
            owner = obligation_of(line.reference)
            found[owner] = (*found.get(owner, ()), line)
        return found

    def double_charges(self, obligation_of: Callable[[str], str] = str) -> int:
        """How many captures are one too many: the number that must be zero."""
        return sum(len(lines) - 1 for lines in self.captured(obligation_of).values())
