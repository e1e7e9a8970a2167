"""Prescribing: only on an approved decision, by a valid licence, and every drug once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core.intake.forms import bought, clinician, fill, licensed, order_of, publish, submit
from core.prescriptions.shelf import (
    OFFERED,
    approved,
    carry,
    controlled,
    dispatches,
    drug,
    prescribed,
    prescriptions,
    reviewed,
)
from hlc_core.access.api import Role
from hlc_core.kernel.errors import HlcError
from hlc_core.kernel.ids import DrugId, OrderId
from hlc_core.orders.api import MoveOrder, OrderState, OrderTrigger
from hlc_core.people.api import CreateUser
from hlc_core.prescriptions.api import (
    AlreadyPrescribed,
    CancelPrescription,
    DispatchState,
    DraftPrescription,
    GetPrescription,
    NotApproved,
    NotAPrescription,
    NotCertified,
    OrderNotReady,
    Prescribe,
    PrescriptionState,
    ProposePrescriptions,
    ScriptItem,
    SignPrescription,
)
from support.worlds import SYSTEM, World


def test_an_approved_order_is_prescribed_as_its_products_map_and_goes_to_the_pharmacy(world: World) -> None:
    """Number, approval with its licence, first fill; after the worker's round the order waits for the pharmacy."""
    drug(world)
    order = approved(world)
    proposal = world.ask(ProposePrescriptions(order=order.id))
    made = prescribed(world, order)

    assert (True, 1) == (proposal.approved, len(proposal.drugs))
    assert PrescriptionState.ACTIVE is made.state
    assert made.number.startswith("RX-")
    assert (1, "NY", (0,)) == (made.approval.revision, made.approval.licence.state, made.fills)
    assert [DispatchState.QUEUED] == [one.state for one in dispatches(world)]
    assert OrderState.AWAITING_SCRIPT is order_of(world, order.id).state
    world.restart()
    assert 1 == carry(world)
    assert [DispatchState.SENT] == [one.state for one in dispatches(world)]
    assert OrderState.AWAITING_FULFILLMENT is order_of(world, order.id).state
    world.sound()


def test_the_print_names_the_person_who_prescribes(world: World) -> None:
    """Where no other name was given; the number of an account says nothing to a pharmacy."""
    drug(world)
    order = approved(world)
    person = world.execute(CreateUser(email="ada@example.com", name="Ada Rivera", role=Role.CLINICIAN), SYSTEM).user

    (made,) = world.execute(Prescribe(order=order.id), clinician(person.id))

    assert "Ada Rivera" == made.prescriber


def test_nothing_is_prescribed_before_a_clinician_approved(world: World) -> None:
    """Not while the answers are outstanding, nor while they wait for review."""
    publish(world)
    medicine = drug(world)
    order = bought(world, drugs=OFFERED)
    wish = Prescribe(order=order.id, items=(ScriptItem(drug=medicine.id),))
    with pytest.raises(OrderNotReady):
        world.execute(wish, clinician())
    fill(world, order)
    submit(world, order)
    with pytest.raises(OrderNotReady):
        world.execute(wish, clinician())

    assert [] == prescriptions(world)


def test_an_approval_whose_licence_ran_out_meanwhile_carries_nothing(world: World) -> None:
    """The licence has to be valid in the patient's state on the day of prescribing, not only of the decision."""
    drug(world)
    publish(world)
    today = world.today
    licensed(world, expires_on=today + timedelta(days=1))
    order = reviewed(world, bought(world, drugs=OFFERED))
    world.advance(days=2)
    with pytest.raises(NotApproved):
        prescribed(world, order)

    assert [] == prescriptions(world)


def test_a_draft_of_an_earlier_decision_is_not_signed(world: World) -> None:
    """Sent back, answered anew and approved again: what was written on the first revision is not signed."""
    medicine = drug(world)
    order = approved(world)
    item = ScriptItem(drug=medicine.id)
    draft = world.execute(DraftPrescription(order=order.id, item=item), clinician())
    wish = MoveOrder(order=order.id, trigger=OrderTrigger.SEND_BACK, reason="Your weight, please.")
    world.execute(wish)
    with pytest.raises(HlcError):
        world.execute(SignPrescription(prescription=draft.id), clinician())

    assert PrescriptionState.CANCELLED is prescriptions(world)[0].state


def test_the_same_drug_stands_once_for_an_order_and_prescribing_again_answers_it(memory_world: World) -> None:
    """Also after a double click; a cancelled one leaves room."""
    world = memory_world
    medicine = drug(world)
    order = approved(world)
    first = prescribed(world, order)
    again = prescribed(world, order)
    assert (first.id, 1) == (again.id, len(dispatches(world)))
    with pytest.raises(AlreadyPrescribed):
        world.execute(DraftPrescription(order=order.id, item=ScriptItem(drug=medicine.id)), clinician())
    world.execute(CancelPrescription(prescription=first.id, reason="Wrong dose."), clinician())
    second = prescribed(world, order)

    assert second.id != first.id
    assert [DispatchState.CANCELLED, DispatchState.QUEUED] == [one.state for one in dispatches(world)]


def test_what_cannot_be_prescribed_names_every_field(memory_world: World) -> None:
    """Quantity, days, refills of the schedule, directions, the last day."""
    world = memory_world
    medicine = controlled(world)
    order = approved(world)
    item = ScriptItem(
        drug=medicine.id,
        directions=" ",
        quantity=0,
        days_supply=999,
        refills=9,
        expires_on=world.today.replace(year=2030),
    )
    with pytest.raises(NotAPrescription) as refusal:
        world.execute(DraftPrescription(order=order.id, item=item), clinician())

    found = {fault.field for fault in refusal.value.faults}
    assert {"directions", "quantity", "daysSupply", "refills", "expiresOn"} == found


def test_unknown_order_drug_and_wrong_fields_are_told_together(memory_world: World) -> None:
    """Whoever mends one fault does not meet the next."""
    item = ScriptItem(drug=DrugId("drug_none"), quantity=0)
    draft = DraftPrescription(order=OrderId("ord_none"), item=item, prescriber="x" * 121)
    with pytest.raises(NotAPrescription) as refusal:
        memory_world.execute(draft, clinician())

    assert ["order", "drug", "quantity", "prescriber"] == [fault.field for fault in refusal.value.faults]


def test_every_item_at_fault_is_named_by_its_place(memory_world: World) -> None:
    """Prescribing several drugs at once; nothing is written."""
    world = memory_world
    good = drug(world)
    order = approved(world)
    items = (
        ScriptItem(drug=good.id),
        ScriptItem(drug=good.id, days_supply=0, refills=1000),
        ScriptItem(drug=DrugId("drug_none")),
    )
    with pytest.raises(NotAPrescription) as refusal:
        world.execute(Prescribe(order=order.id, items=items), clinician())

    named = [fault.field for fault in refusal.value.faults]
    assert ["items[1].daysSupply", "items[1].refills", "items[2].drug"] == named
    assert [] == dispatches(world)


def test_a_controlled_drug_goes_only_through_a_certified_adapter(memory_world: World) -> None:
    """The default pharmacy writes files and is not certified: nothing of the act is kept."""
    world = memory_world
    controlled(world)
    order = approved(world)
    with pytest.raises(NotCertified):
        prescribed(world, order)

    assert [] == prescriptions(world)


def test_an_order_that_is_refunded_takes_its_prescription_with_it(memory_world: World) -> None:
    """Cancelled by hand: the queued fill ends, and nothing is sent."""
    world = memory_world
    drug(world)
    order = approved(world)
    prescribed(world, order)
    world.execute(MoveOrder(order=order.id, trigger=OrderTrigger.CANCEL, reason="Changed their mind."))
    carry(world)

    assert [PrescriptionState.CANCELLED] == [one.state for one in prescriptions(world)]
    assert [DispatchState.CANCELLED] == [one.state for one in dispatches(world)]
    world.sound()


def test_the_card_names_what_can_be_done(memory_world: World) -> None:
    """By number too; what only HLC does is not offered."""
    world = memory_world
    drug(world)
    made = prescribed(world)
    card = world.ask(GetPrescription(prescription=made.number.lower()))

    assert ("hold", "cancel") == card.actions
    assert ("cancel",) == card.dispatches[0].actions
    assert 3 == card.fills_left
