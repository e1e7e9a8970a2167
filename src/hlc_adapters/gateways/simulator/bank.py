"""What the simulated gateway does with a message that has arrived: idempotency keys first, then the object's rules."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from hlc_adapters.gateways.simulator.cards import Outcome, TestCard, card_of, mark_of, stored
from hlc_adapters.gateways.simulator.faults import SPARED, Fate
from hlc_adapters.gateways.simulator.ledger import Entry, Kept, Ledger, Line, Message, RefundLine, Waiting
from hlc_core.kernel.ids import AttemptId, OrganizationId
from hlc_core.kernel.money import Money
from hlc_core.payments.gateway import key
from hlc_core.payments.model import (
    Answer,
    Capabilities,
    Charge,
    ChargeRequest,
    DeclineClass,
    Instrument,
    RefundRequest,
    Result,
    StoreRequest,
)

CREATE, CONFIRM, CANCEL, REFUND, STORE = "create", "confirm", "cancel", "refund", "store"

_STRENGTH = (
    Result.CAPTURED,
    Result.PENDING,
    Result.ACTION,
    Result.UNCONFIRMED,
    Result.DECLINED,
    Result.CANCELLED,
)
"""Which of several objects of one reference tells most: money first."""

_CLOSED = frozenset({Result.CAPTURED, Result.CANCELLED})


def no_answer(code: str) -> Answer:
    """Nothing definite; `code` says why, for the log."""
    return Answer(result=Result.NO_ANSWER, code=code)


def _declined(decline: DeclineClass, code: str, text: str, object_id: str | None = None) -> Answer:
    return Answer(result=Result.DECLINED, object_id=object_id, decline=decline, code=code, text=text)


class Bank:
    """The rules of the simulated gateway over one ledger. Called only while the ledger is held."""

    def __init__(self, books: Ledger, capabilities: Capabilities, action_url: Callable[[str], str]) -> None:
        self._books = books
        self._capabilities = capabilities
        self._action_url = action_url
        self._lifetime = timedelta(seconds=capabilities.key_lifetime)

    def catch_up(self, now: datetime) -> None:
        """Execute everything whose time has come, earliest first."""
        while (waiting := self._books.due(now)) is not None:
            if waiting.settles:
                self._settle(waiting.message.object_id, waiting.due)
            else:
                self.arrive(waiting.message, waiting.due)

    def arrive(self, message: Message, now: datetime, fate: Fate = SPARED) -> Answer:
        """Execute the message, or replay what its key remembers.

        Source: Stripe's idempotent requests: the first answer is replayed, errors too, for the key's lifetime; another
        body under the same key is refused; what failed validation is not remembered.
        """
        if not self._lifetime:
            return self._executed(message, now, fate)[0]
        books = self._books
        name = key(AttemptId(message.reference), message.step)
        kept = books.kept(name)
        if kept is not None and kept.expires > now:
            return kept.answer if kept.message == message else no_answer("idempotency_error")
        answer, began = self._executed(message, now, fate)
        if began:
            books.forget(now)
            books.keep(name, Kept(message=message, answer=answer, expires=now + self._lifetime))
        return answer

    def _executed(self, message: Message, now: datetime, fate: Fate) -> tuple[Answer, bool]:
        if fate.server_error and not fate.effect:
            return no_answer("api_error"), True
        answer, began = self._do(message, now, fate)
        return (no_answer("api_error"), True) if fate.server_error else (answer, began)

    def _do(self, message: Message, now: datetime, fate: Fate) -> tuple[Answer, bool]:
        if message.refund is not None:
            return self._refund(message.refund, now)
        if message.store is not None:
            return self._store(message, message.store, now)
        if message.step == CANCEL:
            return self._cancel(message.object_id)
        if message.charge is None:
            return no_answer("unreadable"), False
        if message.step == CREATE:
            return self._create(message, message.charge)
        return self._confirm(message, message.charge, now, fate)

    # charges

    def _refused(self, request: ChargeRequest) -> Answer | None:
        refused = _no_card(request.instrument.token, request.instrument.customer)
        if refused is not None:
            return refused
        if request.amount.amount <= 0:
            return _declined(DeclineClass.HARD, "amount_too_small", "The amount is too small.")
        return None

    def _create(self, message: Message, request: ChargeRequest) -> tuple[Answer, bool]:
        refused = self._refused(request)
        if refused is not None:
            return refused, False
        entry = self._open(message)
        self._books.put(entry)
        return Answer(result=Result.CREATED, object_id=entry.id), True

    def _open(self, message: Message) -> Entry:
        number = len(self._books.entries(message.reference)) + 1
        return Entry(id=f"sim_{message.reference}_{number}", message=message, state=Result.UNCONFIRMED)

    def _confirm(self, message: Message, request: ChargeRequest, now: datetime, fate: Fate) -> tuple[Answer, bool]:
        if self._capabilities.two_step:
            entry = self._books.entry(message.object_id)
            if entry is None:
                return no_answer("no_such_object"), False
        else:
            refused = self._refused(request)
            if refused is not None:
                return refused, False
            entry = self._open(message)
        if entry.state in (Result.UNCONFIRMED, Result.DECLINED):
            self._decide(entry, now, fate)
            self._books.put(entry)
        return self.told(entry), True

    def _decide(self, entry: Entry, now: datetime, fate: Fate) -> None:
        request = entry.request
        card = card_of(request.instrument.token)
        if card is None:
            raise ValueError(f"{entry.id} was made without a card.")
        lag = max(fate.lag, float(card.lag))
        if lag:
            entry.seen_as, entry.seen_until = entry.state, now + timedelta(seconds=lag)
        entry.decline, entry.code, entry.text = None, "", ""
        outcome = card.off_session if request.off_session else card.on_session
        if outcome is Outcome.DECLINE and card.counted:
            served = self._books.count(f"card {request.instrument.token}")
            outcome = Outcome.DECLINE if served < card.count else Outcome.CAPTURE
        elif outcome is Outcome.DECLINE and card.dies:
            served = self._books.count(f"card {request.instrument.token}")
            outcome = Outcome.CAPTURE if served < card.count else Outcome.DECLINE
        if card.expired(now.date()):
            self._decline(entry, DeclineClass.HARD, "expired_card", "The card has expired.")
        elif outcome is Outcome.DECLINE:
            self._decline(entry, card.decline or DeclineClass.HARD, card.code, card.text)
        elif fate.soft_decline:
            self._decline(entry, DeclineClass.SOFT, "try_again_later", "The bank declined the card.")
        elif outcome is Outcome.ACTION:
            entry.state, entry.code = Result.ACTION, "authentication_required"
        elif outcome is Outcome.PENDING:
            entry.state = Result.PENDING
            end = Message(step="settle", reference=entry.message.reference, object_id=entry.id)
            self._books.wait(Waiting(due=now + timedelta(seconds=card.count), message=end, settles=True))
        else:
            self._capture(entry, card, now)

    @staticmethod
    def _decline(entry: Entry, decline: DeclineClass, code: str, text: str) -> None:
        entry.state, entry.decline, entry.code, entry.text = Result.DECLINED, decline, code, text

    def _capture(self, entry: Entry, card: TestCard, now: datetime) -> None:
        asked = entry.request.amount
        currency = ("EUR" if asked.currency == "USD" else "USD") if card.wrong_currency else asked.currency
        entry.state, entry.charge_id = Result.CAPTURED, f"ch_{entry.id}"
        entry.decline, entry.code, entry.text = None, "", ""
        self._books.book(
            Line(
                charge_id=entry.charge_id,
                object_id=entry.id,
                reference=entry.message.reference,
                amount=Money(asked.amount + card.wrong_by, currency),
                at=now,
            )
        )

    def _settle(self, object_id: str, now: datetime) -> None:
        entry = self._books.entry(object_id)
        if entry is None or entry.state is not Result.PENDING:
            return
        card = card_of(entry.request.instrument.token)
        if card is not None:
            self._capture(entry, card, now)
            self._books.put(entry)

    def act(self, object_id: str, agreed: bool, now: datetime) -> Answer:
        """The buyer completes or fails the 3-D Secure page. Answers what the object became, or NOT_FOUND."""
        entry = self._books.entry(object_id)
        if entry is None:
            return Answer(result=Result.NOT_FOUND)
        if entry.state is Result.ACTION:
            if agreed and entry.message.store is not None:
                entry.state, entry.code = Result.CREATED, ""
            elif agreed and (card := card_of(entry.request.instrument.token)) is not None:
                self._capture(entry, card, now)
            else:
                self._decline(
                    entry,
                    DeclineClass.NEEDS_ACTION,
                    "authentication_failed",
                    "The payment was not confirmed with the bank.",
                )
            self._books.put(entry)
        return self.told(entry)

    def _cancel(self, object_id: str) -> tuple[Answer, bool]:
        entry = self._named(object_id)
        if entry is None:
            return Answer(result=Result.NOT_FOUND), False
        if not self._capabilities.cancel and entry.state not in _CLOSED:
            return no_answer("cannot_cancel"), False
        if entry.state is Result.PENDING:
            return no_answer("pending"), False
        if entry.state not in _CLOSED:
            entry.state, entry.seen_as, entry.seen_until = Result.CANCELLED, None, None
            self._books.put(entry)
        return self.told(entry), True

    # reading

    def _named(self, object_id: str) -> Entry | None:
        found = self._books.entry(object_id)
        if found is not None or self._capabilities.two_step:
            return found
        return self._strongest(object_id)

    def _strongest(self, reference: str) -> Entry | None:
        entries = [entry for entry in self._books.entries(reference) if entry.message.charge is not None]
        return min(entries, key=lambda entry: _STRENGTH.index(entry.state)) if entries else None

    def look_up(self, object_id: str, now: datetime) -> Answer:
        """The object, as far as a look-up sees it now."""
        return self._seen(self._named(object_id), now)

    def find(self, reference: str, now: datetime) -> Answer:
        """The strongest object of the reference, as far as a look-up sees it now."""
        return self._seen(self._strongest(reference), now)

    def _seen(self, entry: Entry | None, now: datetime) -> Answer:
        if entry is None:
            return Answer(result=Result.NOT_FOUND)
        if entry.seen_as is None or entry.seen_until is None or entry.seen_until <= now:
            return self.told(entry)
        if not self._capabilities.two_step:
            return Answer(result=Result.NOT_FOUND)
        return Answer(result=entry.seen_as, object_id=entry.id, decline=entry.decline)

    def told(self, entry: Entry) -> Answer:
        """What the bank says of an object."""
        if entry.state is Result.CAPTURED:
            line = self._books.line_of(entry.id)
            return Answer(
                result=Result.CAPTURED,
                object_id=entry.id,
                charge_id=entry.charge_id,
                amount=line.amount if line else None,
                instrument=_kept_method(entry.request),
            )
        if entry.state is Result.CREATED and entry.message.store is not None:
            return Answer(result=Result.CREATED, object_id=entry.id, instrument=_kept_card(entry.message.store))
        return Answer(
            result=entry.state,
            object_id=entry.id,
            decline=entry.decline,
            code=entry.code,
            text=entry.text,
            action_url=self._action_url(entry.id) if entry.state is Result.ACTION else None,
        )

    # cards without a charge

    def _store(self, message: Message, request: StoreRequest, now: datetime) -> tuple[Answer, bool]:
        standing = self._books.entries(request.reference)
        if standing:
            return self.told(standing[0]), True
        refused = _no_card(request.token, request.customer)
        if refused is not None:
            return refused, False
        entry = Entry(id=f"sim_store_{request.reference}", message=message, state=Result.CREATED)
        card = card_of(request.token)
        if card is None:
            raise ValueError(f"{entry.id} was made without a card.")
        if card.expired(now.date()):
            self._decline(entry, DeclineClass.HARD, "expired_card", "The card has expired.")
        elif card.on_session is Outcome.DECLINE and not card.counted:
            self._decline(entry, card.decline or DeclineClass.HARD, card.code, card.text)
        elif card.on_session is Outcome.ACTION:
            entry.state, entry.code = Result.ACTION, "authentication_required"
        self._books.put(entry)
        return self.told(entry), True

    # refunds

    def _refund(self, request: RefundRequest, now: datetime) -> tuple[Answer, bool]:
        entry, line = self._named(request.object_id), None
        if entry is not None:
            line = self._books.line_of(entry.id)
        if entry is None or line is None:
            return _declined(DeclineClass.HARD, "charge_not_captured", "There is no such charge to refund."), False
        given = self._books.refunds_of(entry.id)
        again = next((refund for refund in given if refund.reference == request.reference), None)
        if again is not None:
            return _refunded(again, now), True
        left = line.amount.amount - sum(refund.amount.amount for refund in given)
        if request.amount.currency != line.amount.currency or not 0 < request.amount.amount <= left:
            return _declined(DeclineClass.HARD, "amount_too_large", "That is more than was captured."), False
        if not self._capabilities.partial_refunds and request.amount != line.amount:
            return _declined(DeclineClass.HARD, "only_in_full", "Only the whole charge can be refunded."), False
        card = card_of(entry.request.instrument.token)
        if card is not None and card.refund_declines:
            return _declined(DeclineClass.HARD, "refund_declined", "The bank refused the refund.", entry.id), True
        wait = card.refund_waits if card else 0
        refund = RefundLine(
            refund_id=f"re_{request.reference}",
            object_id=entry.id,
            reference=request.reference,
            amount=request.amount,
            at=now,
            settled_at=now + timedelta(seconds=wait),
        )
        self._books.give_back(refund)
        return _refunded(refund, now), True

    def find_refund(self, request: RefundRequest, now: datetime) -> Answer:
        """The refund of that reference."""
        entry = self._named(request.object_id)
        given = self._books.refunds_of(entry.id) if entry else ()
        for refund in given:
            if refund.reference == request.reference:
                return _refunded(refund, now)
        return Answer(result=Result.NOT_FOUND)

    def _payer(self, object_id: str) -> OrganizationId | None:
        entry = self._books.entry(object_id)
        return entry.request.organization if entry else None

    def charges(self, since: datetime, until: datetime) -> tuple[Charge, ...]:
        """The bank's books of that span."""
        return tuple(
            Charge(
                object_id=line.object_id,
                reference=line.reference,
                amount=line.amount,
                refunded=Money(
                    sum(refund.amount.amount for refund in self._books.refunds_of(line.object_id)),
                    line.amount.currency,
                ),
                at=line.at,
                organization=self._payer(line.object_id),
            )
            for line in self._books.lines()
            if since <= line.at < until
        )


def _refunded(refund: RefundLine, now: datetime) -> Answer:
    return Answer(
        result=Result.REFUNDED if refund.settled_at <= now else Result.PENDING,
        object_id=refund.object_id,
        charge_id=refund.refund_id,
        amount=refund.amount,
    )


def _no_card(token: str, customer: str | None) -> Answer | None:
    if card_of(token) is None:
        return _declined(DeclineClass.HARD, "invalid_token", "The card was not accepted.")
    if token.startswith("pm_") and (customer is None or not mark_of(token).startswith(customer[4:])):
        return _declined(DeclineClass.HARD, "wrong_customer", "The saved card was not accepted.")
    return None


def _kept_card(request: StoreRequest) -> Instrument:
    token, customer = request.token, request.customer
    card = card_of(token)
    shown = card.shown if card else None
    if token.startswith("pm_"):
        return Instrument(token=token, customer=customer, card=shown)
    mark = request.reference if customer is None else f"{customer[4:]}-{request.reference}"
    return Instrument(token=stored(token, mark), customer=customer or f"cus_{request.reference}", card=shown)


def _kept_method(request: ChargeRequest) -> Instrument | None:
    if request.off_session or not request.keep_method:
        return None
    return _kept_card(
        StoreRequest(
            reference=request.reference,
            organization=request.organization,
            token=request.instrument.token,
            customer=request.instrument.customer,
        )
    )
