"""A provider's round over several clinics: theirs, in one order, and nobody else's. Source: spec/care."""

from __future__ import annotations

import pytest

from core.intake.forms import HOME
from hlc_adapters.storage.shapes.people import ASSIGNMENTS, USERS
from hlc_core.access.api import Role
from hlc_core.audit.api import ListAuditEntries
from hlc_core.cart.api import CreateCart
from hlc_core.catalog.api import AddProduct, Offer, ProductKind
from hlc_core.checkout.api import SubmitCheckout
from hlc_core.kernel.commands import Actor, ActorKind, Envelope, system
from hlc_core.kernel.errors import Denied, Missing
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import ActorId, AssignmentId, OrganizationId
from hlc_core.organizations.api import OpenOrganization
from hlc_core.patients.api import Contact
from hlc_core.people.api import ClinicAssignment, CreateUser, Membership, User, actor_of
from hlc_core.provider_queue.api import DeclineItem, ListQueue, NoClinic, Reason, RemoveItem
from support.refusals import refused
from support.worlds import ORGANIZATION, PUBLIC, World, usd

SECOND, THIRD = OrganizationId("org_second"), OrganizationId("org_third")


def bought(world: World, place: OrganizationId, name: str) -> None:
    """Something that has to be prescribed is bought in that clinic."""
    application, buyer = world.services.application, evolve(PUBLIC, actor=evolve(PUBLIC.actor, organization=place))
    offer = Offer(name=name, price=usd(4900), kind=ProductKind.ONE_TIME, needs_prescription=True)
    product = application.execute(AddProduct(offer=offer), system(place))
    cart = application.execute(CreateCart(products=(product.id,)), buyer)
    assert cart.quote is not None
    command = SubmitCheckout(
        cart=cart.id,
        quote_hash=cart.quote.hash,
        contact=Contact(email=f"{name}@example.com".lower(), name=name),
        address=HOME,
        token="tok_success",
    )
    world.services.submit_checkout(command, buyer)
    world.advance(minutes=1)


@pytest.fixture
def clinics(world: World) -> World:
    """Three clinics with two items each, one after the other."""
    for place in (SECOND, THIRD):
        opened = OpenOrganization(slug=place.removeprefix("org_"), name=place, zone="UTC", currency="USD")
        world.services.application.execute(opened, system(place))
    for number in range(2):
        for place in (ORGANIZATION, SECOND, THIRD):
            bought(world, place, f"{place.removeprefix('org_')}{number}")
    return world


def provider(world: World, *places: OrganizationId) -> Envelope:
    """A clinician of these clinics, who acts in the first."""
    command = CreateUser(email="doc@example.com", name="Dana Doc", role=Role.CLINICIAN)
    held = world.services.application.execute(command, system(places[0]))
    user: User = held.user
    memberships = tuple(Membership(organization=place, role=Role.CLINICIAN) for place in places)
    session = world.services.backend.begin(write=True)
    session.update(USERS, [evolve(user, memberships=memberships, version=user.version + 1)])
    more = [
        ClinicAssignment(
            id=AssignmentId(f"asg_{place.removeprefix('org_')}"),
            organization=place,
            user=user.id,
            role=Role.CLINICIAN,
            created_at=world.clock.now(),
            version=1,
        )
        for place in places[1:]
    ]
    for one in more:
        session.insert(ASSIGNMENTS, [one])
    session.commit()
    organization = next(one for one in world.services.directory.all() if one.id == places[0])
    actor = actor_of(user, held.assignment, None, organization)
    assert actor is not None
    return Envelope(actor=actor, channel="http")


def test_the_queues_of_all_assigned_clinics_are_one(clinics: World) -> None:
    """In one stable order over pages; the third clinic's is never shown; each read is recorded where it was read."""
    doctor = provider(clinics, ORGANIZATION, SECOND)
    rounds, seen, cursor = clinics.services.rounds, list[str](), None
    while True:
        page = rounds.page(ListQueue(limit=3, cursor=cursor), doctor)
        seen += [card.item.treatment.medication for card in page.items]
        cursor = page.next
        if cursor is None:
            break
    reads = {
        place: [
            one.command for one in clinics.ask(ListAuditEntries(), system(place)).items if one.actor == doctor.actor.id
        ]
        for place in (ORGANIZATION, SECOND, THIRD)
    }

    assert ["clinic0", "second0", "clinic1", "second1"] == seen
    assert 4 == rounds.count(doctor).waiting
    assert ([2, 2, 0], {"ListQueue"}) == (
        [len(one) for one in reads.values()],
        {command for one in reads.values() for command in one},
    )


def test_a_decision_is_made_where_the_item_is(clinics: World) -> None:
    """As whoever the provider is there; of another clinic it is missing, as if it did not exist."""
    doctor = provider(clinics, ORGANIZATION, SECOND)
    rounds = clinics.services.rounds
    theirs = next(one for one in rounds.page(ListQueue(), doctor).items if one.clinic_id == SECOND)
    stranger = clinics.ask(ListQueue(), system(THIRD)).items[0]

    with refused(Denied):
        rounds.decide(theirs.item.id, RemoveItem(item=theirs.item.id, reason="Not mine to do."), doctor)
    with refused(Missing):
        reason = DeclineItem(item=stranger.item.id, reason="Not suitable.")
        rounds.decide(stranger.item.id, reason, doctor)
    with refused(Missing):
        rounds.detail(stranger.item.id, doctor)
    assert theirs.item.id == rounds.detail(theirs.item.id, doctor).card.item.id
    told = rounds.explain(stranger.invoice_number + "0", doctor)
    assert [Reason.OTHER_CLINIC] == [one.reason for one in told.obstacles]


def test_who_is_assigned_to_no_clinic_is_told_so(clinics: World) -> None:
    """A clear refusal; a key of one clinic works in that one."""
    nobody = Actor(kind=ActorKind.STAFF, id=ActorId("usr_nobody"), organization=ORGANIZATION, role=Role.CLINICIAN)
    key = Actor(
        kind=ActorKind.STAFF,
        id=ActorId("key-1"),
        organization=SECOND,
        permissions=frozenset({"emr.provider_queue.view"}),
    )
    rounds = clinics.services.rounds

    with refused(NoClinic) as told:
        rounds.page(ListQueue(), Envelope(actor=nobody))
    assert "You are not assigned to any clinic, so no queue is yours." == told.detail
    assert {SECOND} == {card.clinic_id for card in rounds.page(ListQueue(), Envelope(actor=key)).items}
    with refused(Denied):
        rounds.page(ListQueue(), Envelope(actor=evolve(key, permissions=frozenset())))
