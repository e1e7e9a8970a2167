"""The lifecycle of an item, and the queue under any history. Source: spec/care, Provider queue."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product
from threading import Barrier, Thread

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from core.intake.forms import HOME, claimed, clinician, licensed
from hlc_adapters.storage.shapes.orders import INVOICES
from hlc_adapters.storage.shapes.provider_queue import QUEUE_ITEMS
from hlc_core.invoicing.api import Invoice, InvoiceState, RecordRefund
from hlc_core.kernel.errors import Conflict, HlcError
from hlc_core.kernel.ids import InvoiceId, QueueItemId
from hlc_core.orders.api import GetOrder, MoveOrder, Order, OrderState, OrderTrigger
from hlc_core.provider_queue.api import (
    ITEM,
    CompareQueue,
    DeclineItem,
    ItemState,
    ItemTrigger,
    ListQueue,
    MarkPrescribed,
    QueueItem,
    QueueOrder,
    RemoveItem,
    Side,
)
from hlc_core.provider_queue.machine import ItemFacts
from hlc_core.provider_queue.model import place_of, places_until
from hlc_core.review.api import ApproveReview
from support.worlds import SYSTEM, World

FACTS = [ItemFacts(held=held, refill=refill) for held, refill in product((False, True), repeat=2)]


@pytest.mark.parametrize("facts", FACTS, ids=str)
@pytest.mark.parametrize("state", ItemState)
def test_every_move_is_allowed_or_refused(state: ItemState, facts: ItemFacts) -> None:
    """What `allowed` names is what `step` takes, and nothing else; what has left stays out."""
    taken = []
    for trigger in ItemTrigger:
        try:
            ITEM.step(state, trigger, facts)
        except Conflict:
            continue
        taken.append(trigger)

    assert set(ITEM.allowed(state, facts)) == set(taken)
    assert (state in ITEM.final) is (ITEM.allowed(state, facts) == ())


def test_no_trigger_of_the_queue_is_a_payment() -> None:
    """An item leaves by a decision, never by money."""
    leaving = {rule.trigger for rule in ITEM.rules if rule.target in ITEM.final}

    assert {ItemTrigger.PRESCRIBE, ItemTrigger.DECLINE, ItemTrigger.REMOVE, ItemTrigger.COMPLETE} == leaving


class Walk(RuleBasedStateMachine):
    """Purchases, decisions and money in any order; the queue and its sources agree after each step."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        licensed(self.world)
        self.offer = self.world.product(needs_prescription=True)
        self.plain = self.world.product()
        self.decided: set[str] = set()

    def teardown(self) -> None:
        """Let go of threads."""
        self.world.close()

    @rule(with_script=st.booleans())
    def buy(self, with_script: bool) -> None:
        """A purchase."""
        self.world.buy(self.offer if with_script else self.plain, address=HOME)
        self.world.advance(minutes=1)

    @rule(data=st.data())
    def approve(self, data: st.DataObject) -> None:
        """A clinician approves an order that is in review."""
        for order in self._some(data, OrderState.PROCESSING):
            review, token = claimed(self.world, order)
            self.world.execute(ApproveReview(review=review, token=token), clinician())

    @rule(data=st.data(), how=st.sampled_from(("prescribe", "decline", "remove")))
    def decide(self, data: st.DataObject, how: str) -> None:
        """A provider or an administrator decides; what is not ready is refused."""
        for item in self._items(data):
            commands = {
                "prescribe": MarkPrescribed(item=item.id),
                "decline": DeclineItem(item=item.id, reason="Not suitable."),
                "remove": RemoveItem(item=item.id, reason="By mistake."),
            }
            try:
                self.world.execute(commands[how])
            except Conflict:
                continue
            self.decided.add(item.subject)

    @rule(data=st.data())
    def queue(self, data: st.DataObject) -> None:
        """An administrator puts an order before a provider."""
        for order in self._some(data, OrderState.AWAITING_SCRIPT):
            self._try(QueueOrder(order=order.id, reason="Please look."))

    @rule(data=st.data(), trigger=st.sampled_from((OrderTrigger.PRESCRIBE, OrderTrigger.CANCEL, OrderTrigger.REJECT)))
    def move(self, data: st.DataObject, trigger: OrderTrigger) -> None:
        """An order is moved by hand."""
        for order in self._some(data, OrderState.AWAITING_SCRIPT):
            self.world.execute(MoveOrder(order=order.id, trigger=trigger, reason="By hand."))
            self.decided.update((order.id, str(order.invoice)))

    @rule(data=st.data())
    def give_back(self, data: st.DataObject) -> None:
        """Money goes back: it moves no item."""
        paid = [one for one in self._invoices() if one.kept.amount > 0]
        if paid:
            invoice = data.draw(st.sampled_from(paid))
            self.world.execute(RecordRefund(invoice=invoice.id, amount=invoice.kept, reference="cash"))

    @invariant()
    def sides_agree(self) -> None:
        """Nothing waits without a reason; every reason waits."""
        for side in Side:
            assert () == self.world.ask(CompareQueue(side=side)).differences

    @invariant()
    def nothing_leaves_without_a_decision(self) -> None:
        """Whatever happened to the money."""
        for invoice in self._invoices():
            if invoice.prescribing.processed:
                assert invoice.id in self.decided
            elif invoice.prescribing.processed is False and invoice.state is InvoiceState.PAID:
                assert any(one.subject == invoice.id and one.open for one in self._rows())

    def _try(self, wish: QueueOrder) -> None:
        try:
            self.world.execute(wish)
        except HlcError:
            return

    def _rows(self) -> list[QueueItem]:
        return self.world.rows(QUEUE_ITEMS)

    def _invoices(self) -> list[Invoice]:
        return self.world.rows(INVOICES)

    def _items(self, data: st.DataObject) -> list[QueueItem]:
        found = [card.item for card in self.world.ask(ListQueue()).items]
        return [data.draw(st.sampled_from(found))] if found else []

    def _some(self, data: st.DataObject, state: OrderState) -> list[Order]:
        known = [one.order for one in self._rows() if one.order is not None]
        orders = [self.world.ask(GetOrder(order=id)).order for id in dict.fromkeys(known)]
        found = [order for order in orders if order.state is state]
        return [data.draw(st.sampled_from(found))] if found else []


def test_the_queue_says_what_its_sources_say_in_any_history() -> None:
    """Hypothesis walks it."""
    run_state_machine_as_test(Walk, settings=settings(max_examples=30, stateful_step_count=20))


def test_two_decisions_at_once_leave_one(world: World) -> None:
    """One wins, the other is told; the invoice keeps the winner's word."""
    licensed(world)
    view = world.buy(world.product(needs_prescription=True), address=HOME)
    review, token = claimed(world, world.ask(GetOrder(order=str(view.checkout.order))).order)
    world.execute(ApproveReview(review=review, token=token), clinician())
    item = world.ask(ListQueue()).items[0].item
    commands = (
        MarkPrescribed(item=item.id),
        DeclineItem(item=item.id, reason="Not suitable."),
        RemoveItem(item=item.id, reason="By mistake."),
        MarkPrescribed(item=item.id),
    )
    start, ends = Barrier(len(commands)), list[str]()

    def decide(command: MarkPrescribed | DeclineItem | RemoveItem) -> None:
        start.wait()
        try:
            ends.append(world.execute(command, SYSTEM).state)
        except HlcError as refusal:
            ends.append(refusal.code)

    threads = [Thread(target=decide, args=(command,)) for command in commands]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (stands,) = world.rows(QUEUE_ITEMS)
    invoice = next(one for one in world.rows(INVOICES) if one.id == InvoiceId(stands.subject))

    assert {stands.state} == {ItemState(end) for end in ends if end in list(ItemState)}
    assert stands.state == invoice.prescribing.outcome


@given(first=st.integers(0, 10**6), second=st.integers(0, 10**6))
def test_places_sort_as_their_instants(first: int, second: int) -> None:
    """The cursor of a page is comparable as text."""
    start = datetime(2026, 1, 1, tzinfo=UTC)
    early, late = (start + timedelta(seconds=one, microseconds=one) for one in sorted((first, second)))

    assert place_of(early, QueueItemId("qi_b")) <= place_of(late, QueueItemId("qi_b"))
    assert place_of(early, QueueItemId("qi_zzzz")) < places_until(late)
