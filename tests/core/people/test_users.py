"""People: made once, told apart by clinic, never lost, never widening themselves."""

from __future__ import annotations

import json

import pytest

from core.people.team import AT_OTHER, OTHER, REASON, acting, member, owners, person, second_clinic
from hlc_adapters.storage.shapes.people import ASSIGNMENTS
from hlc_adapters.storage.shapes.platform import AUDIT_ENTRIES
from hlc_core.access.api import CARTS, IMPERSONATE, ROLES, USERS, Layer, Plan, Portal, Role
from hlc_core.kernel.errors import Denied, Invalid, Missing
from hlc_core.organizations.api import GetOrganization, PermissionSettings
from hlc_core.patients.api import Contact, GetPatient, Standing
from hlc_core.people.api import (
    AddRole,
    AssignCustomRole,
    ChangeRole,
    ChangeRoleKeys,
    ChangeUser,
    CreateUser,
    DeleteOverride,
    DisablePerson,
    DisableUser,
    EnablePerson,
    EnableUser,
    ExplainPermission,
    InviteUser,
    ListPeople,
    ListUsers,
    MakeSuperAdmin,
    OwnRights,
    RemoveRole,
    SetOverride,
    Switch,
    TransferOwnership,
)
from hlc_core.people.errors import (
    AlreadyMember,
    BeyondOwnReach,
    KnownElsewhere,
    OverridesAreOff,
    OwnerStays,
    RoleInUse,
    RoleNameTaken,
    RoleNotAssignable,
    UnknownKey,
)
from support.refusals import refused
from support.worlds import World


def test_somebody_new_is_made_once(world: World) -> None:
    """A repetition answers who stands; the body of the row shows no address outside its cipher's reach."""
    made = person(world, "Ada@Example.com", Role.CLINICIAN)
    again = world.execute(CreateUser(email=" ada@example.COM ", name="Else", role=Role.CLINICIAN))

    assert made.user.id == again.user.id
    assert ("Ada", Portal.EMR, 1) == (again.user.name, again.user.portal, len(again.user.memberships))
    assert "@" not in made.user.email_key
    with refused(AlreadyMember):
        world.execute(CreateUser(email="ada@example.com", name="Ada", role=Role.STAFF))
    with refused(RoleNotAssignable):
        person(world, "root@example.com", Role.SUPER_ADMIN)
    with refused(Invalid):
        world.execute(CreateUser(email="x@example.com", name="X", role=Role.CLINICIAN, portal=Portal.CRM))


def test_a_person_of_another_clinic_is_not_made_again(world: World) -> None:
    """They are invited; and what is foreign looks like what is absent."""
    second_clinic(world)
    ada = person(world, "ada@example.com", Role.ORG_ADMIN)

    with refused(KnownElsewhere):
        world.execute(CreateUser(email="ada@example.com", name="Ada", role=Role.STAFF), AT_OTHER)
    with refused(Missing) as foreign:
        world.execute(DisableUser(user=ada.user.id), AT_OTHER)
    with refused(Missing) as absent:
        world.execute(DisableUser(user=type(ada.user.id)("usr_nobody")), AT_OTHER)
    assert foreign.detail == absent.detail


def test_the_first_administrator_owns_the_clinic_and_stays(world: World) -> None:
    """Nobody demotes, disables or narrows the owner; after the hand-over the old one may go."""
    ada = person(world, "ada@example.com", Role.ORG_ADMIN).user
    bob = person(world, "bob@example.com", Role.ORG_ADMIN).user
    cas = person(world, "cas@example.com").user
    role = world.execute(AddRole(name="Little", keys=(CARTS,)))
    by_bob = acting(world, bob.id)

    assert [ada.id] == owners(world)
    for wish in (
        DisableUser(user=ada.id),
        ChangeRole(user=ada.id, role=Role.STAFF),
        AssignCustomRole(user=ada.id, custom_role=role.id),
    ):
        with refused(OwnerStays):
            world.execute(wish, by_bob)
    with refused(BeyondOwnReach):
        world.execute(TransferOwnership(user=bob.id), by_bob)
    with refused(RoleNotAssignable):
        world.execute(TransferOwnership(user=cas.id))

    world.execute(TransferOwnership(user=bob.id), acting(world, ada.id))
    assert [bob.id] == owners(world)
    world.execute(DisableUser(user=ada.id), acting(world, bob.id))
    assert not member(world, ada.id).assignment.active


def test_nobody_changes_what_they_are_themselves(world: World) -> None:
    """Not their role, not the role that narrows them, not their overrides."""
    person(world, "ada@example.com", Role.ORG_ADMIN)
    role = world.execute(AddRole(name="Narrow", keys=(USERS, ROLES)))
    bob = person(world, "bob@example.com", Role.ORG_ADMIN, custom_role=role.id).user
    by_bob = acting(world, bob.id)

    with refused(BeyondOwnReach):
        world.execute(AssignCustomRole(user=bob.id, custom_role=None), by_bob)
    with refused(BeyondOwnReach):
        world.execute(ChangeRoleKeys(role=role.id, keys=(USERS, ROLES, CARTS)), by_bob)
    with refused(BeyondOwnReach):
        world.execute(CreateUser(email="eve@example.com", name="Eve", role=Role.ORG_ADMIN), by_bob)
    made = world.execute(
        CreateUser(email="eve@example.com", name="Eve", role=Role.ORG_ADMIN, custom_role=role.id), by_bob
    )
    assert role.id == made.assignment.custom_role


def test_what_takes_rights_away_ends_what_was_issued(world: World) -> None:
    """The generation is raised by a role, a custom role, its keys, an override and a disabling; not by enabling."""
    world.change(permissions=PermissionSettings(overrides=True))
    ada = person(world, "ada@example.com").user
    role = world.execute(AddRole(name="Billing", keys=(CARTS,)))

    world.execute(AssignCustomRole(user=ada.id, custom_role=role.id))
    world.execute(ChangeRoleKeys(role=role.id, keys=()))
    world.execute(ChangeRoleKeys(role=role.id, name="Nothing"))
    world.execute(SetOverride(user=ada.id, key=CARTS, granted=False, reason=REASON))
    world.execute(DisableUser(user=ada.id))
    world.execute(EnableUser(user=ada.id))
    world.execute(ChangeRole(user=ada.id, role=Role.CLINICIAN))

    assert 6 == member(world, ada.id).user.generation
    with refused(RoleInUse):
        world.execute(AssignCustomRole(user=ada.id, custom_role=role.id))
        world.execute(RemoveRole(role=role.id))
    world.execute(AssignCustomRole(user=ada.id, custom_role=None))
    world.execute(RemoveRole(role=role.id))


def test_overrides_wait_for_their_layer(world: World) -> None:
    """Refused while it is off; with it they narrow; a reason is required; they are taken away again."""
    ada = person(world, "ada@example.com").user
    wish = SetOverride(user=ada.id, key=CARTS, granted=False, reason=REASON)
    with refused(OverridesAreOff):
        world.execute(wish)
    world.change(permissions=PermissionSettings(overrides=True))

    world.execute(wish)
    assert not acting(world, ada.id).actor.may(CARTS)
    told = world.ask(ExplainPermission(user=ada.id, key=CARTS))
    assert (Layer.OVERRIDE, "delete the override") == (told.refused_by, told.remedy)
    with refused(Invalid):
        world.execute(SetOverride(user=ada.id, key=CARTS, granted=False, reason=" "))
    with refused(UnknownKey):
        world.execute(SetOverride(user=ada.id, key="crm.nothing", granted=False, reason=REASON))
    with refused(UnknownKey) as unknown:
        world.ask(ExplainPermission(user=ada.id, key="crm.nothing"))
    assert "crm.nothing is none; `hlc roles keys` lists them" == unknown.faults[0].message
    world.execute(DeleteOverride(user=ada.id, key=CARTS))
    assert acting(world, ada.id).actor.may(CARTS)


def test_two_custom_roles_have_two_names(world: World) -> None:
    """However they are written; a role keeps its own when it is changed."""
    billing = world.execute(AddRole(name="Billing", keys=(CARTS,)))
    other = world.execute(AddRole(name="Desk", keys=(CARTS,)))
    for wish in (AddRole(name="billing ", keys=()), ChangeRoleKeys(role=other.id, name="BILLING")):
        with refused(RoleNameTaken) as told:
            world.execute(wish)
        assert "name" == told.faults[0].field

    assert "billing" == world.execute(ChangeRoleKeys(role=billing.id, name="billing")).name


def test_one_clinics_toggles_do_not_matter_to_the_other(world: World) -> None:
    """The same person, the same role, another ceiling."""
    second_clinic(world)
    here, there = person(world, "ada@example.com").user, person(world, "bob@example.com", at=OTHER).user
    before = acting(world, there.id, OTHER).actor.permissions
    world.change(permissions=PermissionSettings(off=(CARTS,)), plan="Pro Plus")

    assert not acting(world, here.id).actor.may(CARTS)
    assert before == acting(world, there.id, OTHER).actor.permissions
    world.change(plan="pro")
    assert Plan.PRO is world.ask(GetOrganization()).plan
    assert not acting(world, here.id).actor.may("crm.workflows.manage")


def test_super_admins_pass_all_toggles_everywhere(world: World) -> None:
    """Without an assignment in the other clinic; and they are shown whoever works in several, or strays."""
    second_clinic(world)
    person(world, "ada@example.com", Role.ORG_ADMIN)
    root = person(world, "root@example.com").user
    world.change(permissions=PermissionSettings(off=(CARTS,)))
    world.execute(MakeSuperAdmin(user=root.id))

    assert acting(world, root.id).actor.may(CARTS)
    assert acting(world, root.id, OTHER).actor.may(IMPERSONATE)
    assert [root.id] == [one.id for one in world.ask(ListPeople(strays=True)).items]
    world.execute(MakeSuperAdmin(user=root.id, granted=False))
    assert [] == list(world.ask(ListPeople(strays=True)).items)
    assert not acting(world, root.id, OTHER).actor.may(CARTS)


def test_a_login_is_turned_off_everywhere(world: World) -> None:
    """And on again; disabled people are nothing anywhere, whatever their assignments say."""
    ada = person(world, "ada@example.com").user
    world.execute(DisablePerson(user=ada.id))

    assert frozenset() == acting(world, ada.id).actor.permissions
    told = world.ask(ExplainPermission(user=ada.id, key=CARTS))
    assert "disabled" in told.because
    world.execute(EnablePerson(user=ada.id))
    assert acting(world, ada.id).actor.may(CARTS)


def test_a_refusal_tells_administrators_why_and_others_only_the_key(world: World) -> None:
    """The key is always named; the layer and the remedy only for those who may know."""
    world.change(permissions=PermissionSettings(off=("admin.roles.manage",)))
    ada = person(world, "ada@example.com", Role.ORG_ADMIN).user
    bob = person(world, "bob@example.com").user

    with refused(Denied) as known:
        world.execute(AddRole(name="x", keys=()), acting(world, ada.id))
    with refused(Denied) as unknown:
        world.execute(AddRole(name="x", keys=()), acting(world, bob.id))
    assert ["permission", "because"] == [fault.field for fault in known.faults]
    assert "turned off for the whole organization" in known.faults[1].message
    assert ["needs admin.roles.manage"] == [fault.message for fault in unknown.faults]


def test_what_changed_is_audited_with_before_and_after(world: World) -> None:
    """Fields of settings and assignments; names and addresses of people are hidden."""
    ada = person(world, "ada@example.com").user
    world.execute(ChangeRole(user=ada.id, role=Role.CLINICIAN))

    last = max(world.rows(AUDIT_ENTRIES), key=lambda one: one.id)
    changes = {
        one["field"].split(" ")[0] + "." + one["field"].split(".", 1)[1]: one for one in json.loads(last.changes)
    }
    assert ("STAFF", "CLINICIAN") == (changes["assignment.role"]["before"], changes["assignment.role"]["after"])
    assert "(hidden)" == changes["user.memberships"]["after"]
    assert "ada@" not in last.changes


def test_own_rights_are_shown_with_the_landing_page(world: World) -> None:
    """What a portal hides things by; the portal field decides where they land."""
    ada = person(world, "ada@example.com").user
    world.execute(ChangeUser(user=ada.id, portal=Portal.EMR, second_factor=Switch.NEVER))

    told = world.ask(OwnRights(), acting(world, ada.id))
    assert ("STAFF", "/emr/dashboard") == (told.role, told.landing)
    assert CARTS in told.permissions
    assert [ada.id] == [one.user.id for one in world.ask(ListUsers()).items]


def test_a_new_patient_gets_an_account_without_a_password(world: World) -> None:
    """Provisional patients get none: the address has an account already."""
    contact = Contact(email="pat@example.com", name="Pat")
    patient = world.buy(world.product(), contact=contact).checkout.patient
    again = world.buy(world.product(), contact=contact).checkout.patient

    accounts = [one for one in world.rows(ASSIGNMENTS) if one.role is Role.PATIENT]
    assert [patient] == [one.patient for one in accounts]
    assert Standing.PROVISIONAL is world.ask(GetPatient(patient=again)).standing
    assert patient == acting(world, accounts[0].user).actor.patient


def test_a_buyer_who_works_elsewhere_is_linked_and_nothing_of_them_changes(world: World) -> None:
    """Whoever controls the address sees the new patient; the buyer sees nothing of the person."""
    second_clinic(world)
    ada = person(world, "ada@example.com", Role.CLINICIAN, at=OTHER)
    patient = world.buy(world.product(), contact=Contact(email="ada@example.com", name="Eve")).checkout.patient

    linked = next(one for one in world.rows(ASSIGNMENTS) if one.patient == patient)
    now = member(world, ada.user.id)
    assert (ada.user.id, Role.PATIENT) == (linked.user, linked.role)
    assert (ada.user.name, Role.CLINICIAN, OTHER, 2) == (
        now.user.name, now.user.role, now.user.primary, len(now.user.memberships),
    )  # fmt: skip
    assert [ada.user.id] == [one.id for one in world.ask(ListPeople(several=True)).items]


@pytest.mark.parametrize("role", [Role.ORG_ADMIN, Role.CLINICIAN, Role.STAFF, Role.PATIENT])
def test_every_role_can_be_invited(world: World, role: Role) -> None:
    """See `test_inviting` for the rest."""
    assert role is world.execute(InviteUser(email="new@example.com", role=role)).role
