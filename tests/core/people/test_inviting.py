"""Invitations: asked once, linked and never overwritten, ended by hand or by the clock."""

from __future__ import annotations

from datetime import timedelta

from core.people.team import AT_OTHER, OTHER, acting, member, person, second_clinic
from hlc_adapters.storage.shapes.platform import DELIVERIES
from hlc_core.access.api import CARTS, Role
from hlc_core.kernel.errors import Denied, Invalid
from hlc_core.kernel.machine import IllegalTransition
from hlc_core.patients.api import Contact
from hlc_core.people.api import (
    AcceptInvitation,
    AddRole,
    DisableUser,
    EndGrants,
    GetInvitation,
    InvitationState,
    InviteUser,
    ListInvitations,
    ResendInvitation,
    RevokeInvitation,
)
from hlc_core.people.errors import AlreadyInvited, AlreadyMember, InvitationTooOld
from support.refusals import refused
from support.worlds import World


def test_somebody_unknown_joins_after_proof(world: World) -> None:
    """Asked once however often; the proof is identity's, so nobody but HLC itself accepts."""
    made = world.execute(InviteUser(email="Ada@example.com", role=Role.CLINICIAN, name="Ada"))
    again = world.execute(InviteUser(email="ada@EXAMPLE.com", role=Role.CLINICIAN))
    with refused(AlreadyInvited):
        world.execute(InviteUser(email="ada@example.com", role=Role.STAFF))
    joined = world.execute(AcceptInvitation(invitation=made.id))
    repeated = world.execute(AcceptInvitation(invitation=made.id))

    assert made.id == again.id
    assert (True, False) == (joined.new, repeated.new)
    assert joined.member.user.id == repeated.member.user.id
    assert (Role.CLINICIAN, "Ada") == (joined.member.assignment.role, joined.member.user.name)
    with refused(Denied):
        world.execute(AcceptInvitation(invitation=made.id), acting(world, joined.member.user.id))
    told = [one.name for one in world.rows(DELIVERIES)]
    assert told.count("user.created") <= 1


def test_somebody_known_elsewhere_is_linked(world: World) -> None:
    """Name, portal and global role stay; the person has two clinics now."""
    second_clinic(world)
    before = person(world, "ada@example.com", Role.CLINICIAN, at=OTHER).user
    role = world.execute(AddRole(name="Carts", keys=(CARTS,)))
    made = world.execute(InviteUser(email="ada@example.com", role=Role.STAFF, name="Eve", custom_role=role.id))
    joined = world.execute(AcceptInvitation(invitation=made.id, name="Eve"))

    after = joined.member.user
    assert not joined.new
    assert (before.id, before.name, before.portal, before.role, OTHER) == (
        after.id, after.name, after.portal, after.role, after.primary,
    )  # fmt: skip
    assert [(OTHER, Role.CLINICIAN), ("org_clinic", Role.STAFF)] == [
        (one.organization, one.role) for one in after.clinics
    ]
    assert role.id == member(world, after.id).assignment.custom_role
    with refused(AlreadyMember):
        world.execute(InviteUser(email="ada@example.com", role=Role.STAFF))


def test_a_disabled_colleague_comes_back_by_an_invitation(world: World) -> None:
    """The assignment is refreshed; there is still one."""
    person(world, "boss@example.com", Role.ORG_ADMIN)
    ada = person(world, "ada@example.com", Role.CLINICIAN).user
    world.execute(DisableUser(user=ada.id))
    made = world.execute(InviteUser(email="ada@example.com", role=Role.STAFF))
    joined = world.execute(AcceptInvitation(invitation=made.id)).member

    assert (True, Role.STAFF) == (joined.assignment.active, joined.assignment.role)
    assert 1 == len(joined.user.memberships)


def test_a_patient_is_invited_to_their_own_portal(world: World) -> None:
    """The address must be the patient's; without a patient the address's account, or a new one, is meant."""
    patient = world.buy(world.product(), contact=Contact(email="pat@example.com", name="Pat")).checkout.patient
    with refused(Invalid):
        world.execute(InviteUser(email="eve@example.com", role=Role.PATIENT, patient=patient))
    with refused(AlreadyMember):
        world.execute(InviteUser(email="pat@example.com", role=Role.PATIENT, patient=patient))
    made = world.execute(InviteUser(email="new@example.com", role=Role.PATIENT, name="New"))
    joined = world.execute(AcceptInvitation(invitation=made.id)).member

    assert joined.assignment.patient is not None
    assert joined.assignment.patient == acting(world, joined.user.id).actor.patient


def test_invitations_end_by_hand_and_by_the_clock(world: World) -> None:
    """Revoked, resent, too old; the sweep brings the rows along, and what is over is asked anew."""
    one = world.execute(InviteUser(email="one@example.com", role=Role.STAFF))
    two = world.execute(InviteUser(email="two@example.com", role=Role.STAFF))
    assert InvitationState.REVOKED is world.execute(RevokeInvitation(invitation=one.id)).state
    with refused(IllegalTransition):
        world.execute(AcceptInvitation(invitation=one.id))
    world.advance(days=6)
    assert two.expires_at + timedelta(days=6) == world.execute(ResendInvitation(invitation=two.id)).expires_at
    world.advance(days=8)

    with refused(InvitationTooOld):
        world.execute(AcceptInvitation(invitation=two.id))
    assert 1 == world.execute(EndGrants())
    assert InvitationState.EXPIRED is world.ask(GetInvitation(invitation=two.id)).state
    anew = world.execute(InviteUser(email="two@example.com", role=Role.STAFF))
    assert [anew.id] == [held.id for held in world.ask(ListInvitations(state=InvitationState.PENDING)).items]


def test_one_address_may_be_invited_by_two_clinics(world: World) -> None:
    """Neither sees the other's; both are accepted, and the person is one."""
    second_clinic(world)
    here = world.execute(InviteUser(email="ada@example.com", role=Role.STAFF))
    there = world.execute(InviteUser(email="ada@example.com", role=Role.CLINICIAN), AT_OTHER)
    first = world.execute(AcceptInvitation(invitation=here.id))
    second = world.execute(AcceptInvitation(invitation=there.id), AT_OTHER)

    assert first.member.user.id == second.member.user.id
    assert (True, False) == (first.new, second.new)
    assert 2 == len(second.member.user.memberships)
