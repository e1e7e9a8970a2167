"""What pharmacies tell: taken once each, in any order, and the order of the patient follows."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.intake.forms import clinician, order_of
from core.prescriptions.shelf import Moody, approved, carry, carry_all, dispatches, drug, prescribed, prescriptions
from hlc_core.kernel.errors import Missing
from hlc_core.kernel.ids import DispatchId
from hlc_core.orders.api import ExplainOrder, Order, OrderState
from hlc_core.prescriptions.api import (
    CancelDispatch,
    DispatchFill,
    DispatchState,
    HearPharmacy,
    NotAMessage,
    PharmacyStatus,
    Prescribe,
    Progress,
    ScriptItem,
)
from support.worlds import World

PARCEL = {"carrier": "UPS", "tracking_number": "1Z999", "tracking_url": "https://ups.example/1Z999"}


def told(world: World, status: PharmacyStatus, message: str = "", **more: Any) -> None:
    """A message of the pharmacy about the newest fill."""
    one = dispatches(world)[-1]
    world.execute(
        HearPharmacy(pharmacy=one.pharmacy, message=message or f"m-{status}", dispatch=one.id, status=status, **more)
    )


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
    assert len(set(places)) == len(dispatches(world)[0].heard)
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
            memory_world.execute(
                HearPharmacy(pharmacy=pharmacy, message="m", dispatch=dispatch, status=PharmacyStatus.SHIPPED)
            )


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
        world.execute(HearPharmacy(pharmacy=fill.pharmacy, message="p", dispatch=fill.id, status=PharmacyStatus.PACKED))

    assert OrderState.AWAITING_SHIPMENT is order_of(world, order.id).state
    carry_all(world)
    assert [None, None] == [each.available_at for each in dispatches(world)]
