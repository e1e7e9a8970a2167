"""What pharmacies tell: taken once each, in any order, and the order of the patient follows."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.intake.forms import clinician, order_of
from core.prescriptions.shelf import Moody, approved, carry, carry_all, dispatches, drug, prescribed, prescriptions
from hlc_adapters.partners.payloads import event_id_of, told_of
from hlc_adapters.storage.shapes.partners import INBOUND_MESSAGES
from hlc_adapters.wire import edge
from hlc_adapters.wire.edge import camel
from hlc_core.kernel.errors import Missing
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import DispatchId
from hlc_core.orders.api import ExplainOrder, Order, OrderState
from hlc_core.partners.api import MessageSource, ReceiveMessage, from_pharmacy
from hlc_core.prescriptions.api import (
    CancelDispatch,
    Dispatch,
    DispatchFill,
    DispatchState,
    NotAMessage,
    PharmacyStatus,
    Prescribe,
    Progress,
    ScriptItem,
)
from support.worlds import SYSTEM, World

PARCEL = {"carrier": "UPS", "tracking_number": "1Z999", "tracking_url": "https://ups.example/1Z999"}


def told(world: World, status: PharmacyStatus, message: str = "", **more: Any) -> None:
    """A message of the pharmacy about the newest fill."""
    tell(world, dispatches(world)[-1], status, message, **more)


def tell(
    world: World, one: Dispatch, status: PharmacyStatus, message: str = "", pharmacy: str = "", **more: Any
) -> None:
    """As the webhook does: kept in the one inbox, then worked off."""
    name, id = pharmacy or one.pharmacy, message or f"m-{status}"
    fields = {"id": id, "dispatch": one.id, "status": status.value, **more}
    payload = told_of(edge.write({camel(key): value for key, value in fields.items()}))
    command = ReceiveMessage(
        source=MessageSource.PHARMACY,
        event_id=event_id_of(payload, f"{name}:{id}"),
        kind=status,
        told=from_pharmacy(name, payload),
    )
    kept = world.services.inbox.receive(command, SYSTEM)
    world.services.inbox.work_off(kept.message.id, SYSTEM)


def sent(world: World) -> Order:
    """An order whose fill is at the pharmacy."""
    drug(world)
    order = approved(world)
    prescribed(world, order)
    carry(world)
    return order


def test_a_parcel_goes_from_packed_over_its_tracking_to_delivered(world: World) -> None:
    """Every message moves the order one step, and the order says why it is where it is."""
    order = sent(world)
    seen = []
    for status, more in (
        (PharmacyStatus.ACKNOWLEDGED, {}),
        (PharmacyStatus.PACKED, {}),
        (PharmacyStatus.SHIPPED, PARCEL),
        (PharmacyStatus.DELIVERED, {}),
    ):
        told(world, status, **more)
        seen.append(order_of(world, order.id).state)
    stands = order_of(world, order.id)

    assert [
        OrderState.AWAITING_FULFILLMENT,
        OrderState.AWAITING_SHIPMENT,
        OrderState.SHIPPED,
        OrderState.COMPLETED,
    ] == seen
    assert stands.tracking is not None
    assert ("UPS", "1Z999") == (stands.tracking.carrier, stands.tracking.number)
    assert "As the pharmacy said." in world.ask(ExplainOrder(order=order.id)).because
    assert DispatchState.ACKNOWLEDGED is dispatches(world)[0].state
    world.sound()


STEPS: tuple[tuple[PharmacyStatus, dict[str, str]], ...] = (
    (PharmacyStatus.ACKNOWLEDGED, {}),
    (PharmacyStatus.PACKED, {}),
    (PharmacyStatus.SHIPPED, PARCEL),
    (PharmacyStatus.DELIVERED, {}),
)


@pytest.mark.parametrize("places", list(permutations(range(4))))
def test_any_order_of_messages_leads_to_the_same_end(places: tuple[int, ...]) -> None:
    """Each once, in all 24 orders: delivered, with its tracking."""
    world = World()
    order = sent(world)
    for place in places:
        status, more = STEPS[place]
        told(world, status, **more)
    stands = order_of(world, order.id)

    assert (OrderState.COMPLETED, Progress.DELIVERED) == (stands.state, dispatches(world)[0].progress)
    assert stands.tracking is not None
    assert "1Z999" == stands.tracking.number


@settings(max_examples=40)
@given(st.lists(st.integers(0, 3), min_size=1, max_size=12))
def test_repeated_messages_change_nothing(places: list[int]) -> None:
    """The end is that of the furthest message, however often and in what order they come, and even before our own
    call was answered."""
    world = World(pharmacies=(Moody(["lost"]),))
    order = sent(world)
    for place in places:
        status, more = STEPS[place]
        told(world, status, **more)
    carry_all(world)
    expected = (
        OrderState.AWAITING_FULFILLMENT,
        OrderState.AWAITING_SHIPMENT,
        OrderState.SHIPPED,
        OrderState.COMPLETED,
    )[max(places)]

    assert expected is order_of(world, order.id).state
    assert len(set(places)) == len(world.rows(INBOUND_MESSAGES))
    world.sound()


def test_a_fill_that_is_given_back_goes_to_the_prescriber_again(world: World) -> None:
    """Refused after it had been taken: the order waits for its prescriber; withdrawn and sent anew it goes on."""
    order = sent(world)
    told(world, PharmacyStatus.ACKNOWLEDGED)
    told(world, PharmacyStatus.REJECTED, reason="Out of business.")
    assert OrderState.AWAITING_SCRIPT is order_of(world, order.id).state
    failed = dispatches(world)[0]
    assert (DispatchState.ERROR, "Out of business.") == (failed.state, failed.error)
    world.execute(CancelDispatch(dispatch=failed.id, reason="They closed."))
    world.execute(DispatchFill(prescription=prescriptions(world)[0].id))
    carry(world)

    assert OrderState.AWAITING_FULFILLMENT is order_of(world, order.id).state
    world.sound()


def test_a_parcel_that_comes_back_is_returned(memory_world: World) -> None:
    """Shipped without a number, then back."""
    order = sent(memory_world)
    told(memory_world, PharmacyStatus.SHIPPED)
    told(memory_world, PharmacyStatus.RETURNED)

    assert OrderState.RETURNED is order_of(memory_world, order.id).state


def test_what_the_pharmacy_has_to_have_settled_is_a_block_beside_the_progress(memory_world: World) -> None:
    """Out of stock opens one, resolved closes it; the order does not move."""
    order = sent(memory_world)
    told(memory_world, PharmacyStatus.OUT_OF_STOCK, reason="Until Friday.")
    assert ["out_of_stock"] == [block.kind for block in prescriptions(memory_world)[0].blocks if block.open]
    told(memory_world, PharmacyStatus.RESOLVED, reason="It came.")

    assert [] == [block for block in prescriptions(memory_world)[0].blocks if block.open]
    assert OrderState.AWAITING_FULFILLMENT is order_of(memory_world, order.id).state


def test_a_pharmacy_speaks_only_of_its_own_fills(memory_world: World) -> None:
    """Another's fill is as missing as none at all."""
    sent(memory_world)
    one = dispatches(memory_world)[0]
    for pharmacy, dispatch in (("other", one.id), ("files", DispatchId("dsp_none"))):
        with pytest.raises(Missing):
            tell(memory_world, evolve(one, id=dispatch), PharmacyStatus.SHIPPED, pharmacy=pharmacy)


def test_a_message_at_fault_names_its_fields(memory_world: World) -> None:
    """Nothing of it is taken."""
    sent(memory_world)
    with pytest.raises(NotAMessage) as refusal:
        told(memory_world, PharmacyStatus.SHIPPED, tracking_number="1Z", tracking_url="javascript:alert(1)")

    assert {"carrier", "trackingUrl"} == {fault.field for fault in refusal.value.faults}
    assert Progress.NONE is dispatches(memory_world)[0].progress


def test_several_drugs_of_an_order_go_on_together(memory_world: World) -> None:
    """The order waits for the slowest of its fills."""
    world = memory_world
    one, other = drug(world), drug(world, name="Vitamin B12", strength="1 mg/mL")
    order = approved(world)
    items = (ScriptItem(drug=one.id), ScriptItem(drug=other.id))
    world.execute(Prescribe(order=order.id, items=items), clinician())
    carry(world)
    first, second = dispatches(world)
    for fill in (first, second):
        assert OrderState.AWAITING_FULFILLMENT is order_of(world, order.id).state
        tell(world, fill, PharmacyStatus.PACKED, f"p-{fill.id}")

    assert OrderState.AWAITING_SHIPMENT is order_of(world, order.id).state
    carry_all(world)
    assert [None, None] == [each.available_at for each in dispatches(world)]


def test_a_message_that_came_again_after_its_block_was_settled_opens_none(memory_world: World) -> None:
    """Each message once, by the id that its pharmacy gave it; another pharmacy may give the same."""
    sent(memory_world)
    told(memory_world, PharmacyStatus.OUT_OF_STOCK, "one")
    told(memory_world, PharmacyStatus.RESOLVED, "two", reason="It came.")
    told(memory_world, PharmacyStatus.OUT_OF_STOCK, "one")

    assert [False] == [block.open for block in prescriptions(memory_world)[0].blocks]
    told(memory_world, PharmacyStatus.OUT_OF_STOCK, "three")
    assert [False, True] == [block.open for block in prescriptions(memory_world)[0].blocks]
