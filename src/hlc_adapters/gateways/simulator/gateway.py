"""The simulator behind the gateway port: the way to the bank and back, with its accidents."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from urllib.parse import quote

from hlc_adapters.gateways.simulator.bank import CANCEL, CONFIRM, CREATE, REFUND, STORE, Bank, no_answer
from hlc_adapters.gateways.simulator.cards import Wire, card_of, token_for
from hlc_adapters.gateways.simulator.faults import CALM, SPARED, Fate, Faults
from hlc_adapters.gateways.simulator.ledger import Audit, Ledger, MemoryLedger, Message, Waiting
from hlc_core.kernel.errors import Unavailable
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import AttemptId
from hlc_core.kernel.time import Clock
from hlc_core.payments.model import Answer, Capabilities, Charge, ChargeRequest, RefundRequest, Result, StoreRequest

FENCING = Capabilities(
    two_step=True,
    cancel=True,
    key_lifetime=86_400,
    find_by_reference=True,
    off_session=True,
    refunds=True,
    partial_refunds=True,
    longest_flight=172_800,
)
"""An object first, the money later, and a cancel that fences: the class of Stripe."""

KEYED = evolve(FENCING, two_step=False, cancel=False)
"""Charge now under a key that is remembered for a day; no fence."""

BARE = evolve(KEYED, key_lifetime=0)
"""Charge now, no keys, no fence: every repetition is another charge; only `find` helps."""


class SimulatorGateway:
    """A payment gateway without a bank: test cards, a ledger of its own, and accidents from a seed.

    `clock` is the only time it knows; `sleep` is called with seconds of latency, never while the books are held.
    Thread-safe. `audit` is the oracle of what truly happened.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        ledger: Ledger | None = None,
        capabilities: Capabilities = FENCING,
        faults: Faults = CALM,
        sleep: Callable[[float], None] = time.sleep,
        public_url: str = "http://127.0.0.1:8490",
        name: str = "simulator",
    ) -> None:
        self._clock = clock
        self._books: Ledger = MemoryLedger() if ledger is None else ledger
        self._capabilities = capabilities
        self._sleep = sleep
        self._public_url = public_url.rstrip("/")
        self._name = name
        self._bank = Bank(self._books, capabilities, self.action_url)
        self._faults = faults
        self._calm = faults.none

    @property
    def name(self) -> str:
        """See `Gateway.name`."""
        return self._name

    @property
    def capabilities(self) -> Capabilities:
        """See `Gateway.capabilities`."""
        return self._capabilities

    @property
    def audit(self) -> Audit:
        """Questions to the books, free of all faults."""
        return Audit(self._books)

    def behave(self, faults: Faults) -> None:
        """From now on these faults; `CALM` heals it."""
        self._faults = faults
        self._calm = faults.none

    def tokenize(self, number: str, expires: tuple[int, int] | None = None) -> str | None:
        """A fresh token for a test card number, as a browser form gets it; None for a number that is no test card."""
        with self._books as books:
            return token_for(number, f"t{books.count('tokens') + 1}", expires)

    def action_url(self, object_id: str) -> str:
        """Where the buyer completes or fails the 3-D Secure step of that object."""
        return f"{self._public_url}/actions/{quote(object_id)}"

    def act(self, object_id: str, agreed: bool) -> Answer:
        """The buyer's answer to the 3-D Secure step: what the object became, or NOT_FOUND."""
        with self._books:
            now = self._clock.now()
            self._bank.catch_up(now)
            return self._bank.act(object_id, agreed, now)

    def return_url(self, object_id: str) -> str | None:
        """Where the buyer goes after the 3-D Secure step; empty if nowhere, None if there is no such object."""
        with self._books as books:
            entry = books.entry(object_id)
            return entry.return_url if entry else None

    def tick(self) -> None:
        """Execute what has become due, as every call does first."""
        with self._books:
            self._bank.catch_up(self._clock.now())

    # the port

    def create(self, request: ChargeRequest) -> Answer:
        """See `Gateway.create`. Without two steps there is nothing to make: CREATED, with the reference as the id."""
        if not self._capabilities.two_step:
            return Answer(result=Result.CREATED, object_id=request.reference)
        return self._send(Message(step=CREATE, reference=request.reference, charge=request))

    def confirm(self, object_id: str, request: ChargeRequest) -> Answer:
        """See `Gateway.confirm`."""
        message = Message(step=CONFIRM, reference=request.reference, object_id=object_id, charge=request)
        card = card_of(request.instrument.token)
        if card is None or card.wire is Wire.FINE:
            return self._send(message)
        return self._send(message, card.wire, card.count)

    def look_up(self, object_id: str) -> Answer:
        """See `Gateway.look_up`."""
        return self._read(object_id, "look_up", lambda now: self._bank.look_up(object_id, now))

    def find(self, reference: AttemptId) -> Answer:
        """See `Gateway.find`."""
        if not self._capabilities.find_by_reference:
            return no_answer("cannot_find")
        return self._read(reference, "find", lambda now: self._bank.find(reference, now))

    def cancel(self, object_id: str, reference: AttemptId) -> Answer:
        """See `Gateway.cancel`."""
        return self._send(Message(step=CANCEL, reference=reference, object_id=object_id))

    def refund(self, request: RefundRequest) -> Answer:
        """See `Gateway.refund`."""
        if not self._capabilities.refunds:
            return no_answer("cannot_refund")
        return self._send(
            Message(step=REFUND, reference=request.reference, object_id=request.object_id, refund=request)
        )

    def find_refund(self, request: RefundRequest) -> Answer:
        """See `Gateway.find_refund`."""
        return self._read(request.reference, "find_refund", lambda now: self._bank.find_refund(request, now))

    def store(self, request: StoreRequest) -> Answer:
        """See `Gateway.store`. The cards of the table behave as at an on-session charge."""
        message = Message(step=STORE, reference=request.reference, store=request)
        card = card_of(request.token)
        wire, seconds = (Wire.FINE, 0) if card is None else (card.wire, card.count)
        answer = self._send(message, wire, seconds)
        if answer.result is not Result.ACTION:
            return answer
        object_id = answer.object_id or ""
        return self._read(request.reference, "read_store", lambda now: self._bank.look_up(object_id, now))

    def charges(self, since: datetime, until: datetime) -> Iterator[Charge]:
        """See `Gateway.charges`."""
        fate = self._fate("books", "charges")
        if fate.outage or fate.lost_request or fate.lost_answer or fate.server_error:
            raise Unavailable("The simulated gateway cannot be asked now.", retry_after=60)
        with self._books:
            self._bank.catch_up(self._clock.now())
            return iter(self._bank.charges(since, until))

    # the way there and back

    def _fate(self, reference: str, step: str) -> Fate:
        if self._calm:
            return SPARED
        with self._books as books:
            count = books.count(f"{step} {reference}")
        fate = self._faults.fate(reference, step, count)
        if fate.latency > 0:
            self._sleep(fate.latency)
        return fate

    def _read(self, reference: str, step: str, answer: Callable[[datetime], Answer]) -> Answer:
        fate = self._fate(reference, step)
        if fate.outage or fate.server_error:
            return no_answer("unavailable")
        if fate.lost_request or fate.lost_answer or fate.late_by is not None:
            return no_answer("timeout")
        with self._books:
            now = self._clock.now()
            self._bank.catch_up(now)
            return answer(now)

    def _send(self, message: Message, wire: Wire = Wire.FINE, seconds: int = 0) -> Answer:
        fate = self._fate(message.reference, message.step)
        with self._books as books:
            now = self._clock.now()
            self._bank.catch_up(now)
            if wire is not Wire.FINE and books.count(f"wire {message.reference}") == 0:
                fate = _accident(fate, wire, seconds)
            if fate.outage:
                return no_answer("unavailable")
            if fate.lost_request:
                return no_answer("timeout")
            if fate.late_by is not None:
                books.wait(Waiting(due=now + timedelta(seconds=fate.late_by), message=message))
                return no_answer("timeout")
            answer = self._bank.arrive(message, now, fate)
        return no_answer("timeout") if fate.lost_answer else answer


def _accident(fate: Fate, wire: Wire, seconds: int) -> Fate:
    if wire is Wire.LOST_REQUEST:
        return evolve(fate, lost_request=True)
    if wire is Wire.LOST_ANSWER:
        return evolve(fate, lost_answer=True)
    if wire is Wire.SERVER_ERROR:
        return evolve(fate, server_error=True, effect=True)
    return evolve(fate, late_by=float(seconds))
