"""What `hlc doctor` says of people: nothing while they come through the use cases, each rule when a row is changed past
them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from core.people.team import acting
from hlc_adapters.storage.shape import Shape
from hlc_adapters.storage.shapes.identity import SESSIONS
from hlc_adapters.storage.shapes.people import ASSIGNMENTS, CHART_ACCESSES, IMPERSONATIONS, INVITATIONS, USERS
from hlc_core.access.api import Role
from hlc_core.identity.api import SessionState
from hlc_core.invariants.api import OF_PEOPLE
from hlc_core.kernel.commands import system
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import PatientId, RoleId, UserId
from hlc_core.patients.api import Contact
from hlc_core.people.api import (
    AddRole,
    AssignCustomRole,
    BreakGlass,
    ChangeRole,
    ChartAccessState,
    DisableUser,
    EnableUser,
    EndGrants,
    ImpersonationState,
    InvitationState,
    InviteUser,
    MakeSuperAdmin,
    StartImpersonation,
    TransferOwnership,
)
from support.signing import Reception
from support.worlds import ORGANIZATION, START, World

LONG_AGO = START - timedelta(days=2000)
NAMES = tuple(rule.__name__ for rule in OF_PEOPLE)


@pytest.fixture
def reception(world: World) -> Reception:
    """On memory, SQLite and PostgreSQL."""
    return Reception(world)


def lived(reception: Reception) -> None:
    """Two clinics with everything that happens to people."""
    world, there = reception.world, reception.clinic()
    boss, second = (reception.person(f"{name}@example.com", Role.ORG_ADMIN) for name in ("boss", "second"))
    ada, bob = reception.person("ada@example.com"), reception.person("bob@example.com")
    reception.person("far@example.com", Role.ORG_ADMIN, at=there)
    reception.signed_in("ada@example.com")
    reception.signed_in("bob@example.com")
    role = world.execute(AddRole(name="Front desk", keys=("crm.carts.view",)))
    world.execute(AssignCustomRole(user=bob.id, custom_role=role.id))
    reception.signed_in("bob@example.com")
    world.execute(ChangeRole(user=ada.id, role=Role.CLINICIAN))
    world.execute(DisableUser(user=ada.id))
    world.execute(EnableUser(user=ada.id))
    world.execute(TransferOwnership(user=second.id))
    world.execute(MakeSuperAdmin(user=boss.id))
    patient = world.buy(world.product(), contact=Contact(email="pat@example.com", name="Pat")).checkout.patient
    world.execute(BreakGlass(patient=patient, reason="fainted in the hall"), acting(world, ada.id))
    world.execute(StartImpersonation(user=bob.id, reason="a call for help"), acting(world, boss.id))
    world.execute(InviteUser(email="new@example.com", role=Role.STAFF))
    world.execute(InviteUser(email="ada@example.com", role=Role.STAFF), system(there))


def findings(world: World, full: bool = True) -> dict[str, set[str]]:
    """What is wrong with people: the rows, by rule."""
    found: dict[str, set[str]] = {}
    for one in world.services.check_invariants(system(ORGANIZATION), full=full):
        if one.invariant in NAMES:
            found.setdefault(one.invariant, set()).update(one.subjects)
            assert "" not in (one.means, one.remedy)
    return found


def replace(world: World, shape: Shape[Any], row: Any, **changes: Any) -> str:
    """Put another value in the row's place, past every rule; answers its id."""
    session = world.services.backend.begin(write=True)
    session.delete(shape, [row])
    session.insert(shape, [evolve(row, **changes)])
    session.commit()
    return str(row.id)


def of(reception: Reception, shape: Shape[Any], **wanted: Any) -> Any:
    """The first row of that kind."""
    rows = reception.platform_rows(shape) if shape.platform else reception.world.rows(shape)
    return next(row for row in rows if all(getattr(row, name) == value for name, value in wanted.items()))


def bob_of(reception: Reception) -> Any:
    return of(reception, USERS, email="bob@example.com")


BREAKS: dict[str, tuple[str, Callable[[Reception], str]]] = {
    "a role was changed in one row only": (
        "memberships_mirror_assignments",
        lambda r: replace(r.world, ASSIGNMENTS, of(r, ASSIGNMENTS, user=bob_of(r).id), role=Role.CLINICIAN),
    ),
    "a person was disabled here in one row only": (
        "memberships_mirror_assignments",
        lambda r: replace(r.world, ASSIGNMENTS, of(r, ASSIGNMENTS, user=bob_of(r).id), active=False),
    ),
    "an assignment is nobody's": (
        "memberships_mirror_assignments",
        lambda r: replace(r.world, ASSIGNMENTS, of(r, ASSIGNMENTS, user=bob_of(r).id), user=UserId("usr_gone")),
    ),
    "a custom role is gone": (
        "assignments_name_what_is_there",
        lambda r: replace(r.world, ASSIGNMENTS, of(r, ASSIGNMENTS, user=bob_of(r).id), custom_role=RoleId("role_no")),
    ),
    "a patient is gone": (
        "assignments_name_what_is_there",
        lambda r: replace(r.world, ASSIGNMENTS, of(r, ASSIGNMENTS, role=Role.PATIENT), patient=PatientId("pat_no")),
    ),
    "a disabled person is signed in": (
        "no_session_outlives_its_person",
        lambda r: replace(r.world, USERS, bob_of(r), active=False),
    ),
    "a session of an older generation is open": (
        "no_session_outlives_its_person",
        lambda r: replace(r.world, USERS, bob_of(r), generation=99),
    ),
    "nobody owns the clinic": (
        "a_clinic_has_one_owner",
        lambda r: replace(r.world, ASSIGNMENTS, of(r, ASSIGNMENTS, owner=True), owner=False) and "org_clinic",
    ),
    "the owner is no administrator": (
        "a_clinic_has_one_owner",
        lambda r: replace(r.world, ASSIGNMENTS, of(r, ASSIGNMENTS, owner=True), role=Role.STAFF),
    ),
    "a person is of no clinic": (
        "everybody_belongs_somewhere",
        lambda r: replace(r.world, USERS, bob_of(r), memberships=()),
    ),
    "an invitation waits for ever": (
        "no_grant_outlives_its_time",
        lambda r: replace(r.world, INVITATIONS, of(r, INVITATIONS, state=InvitationState.PENDING), expires_at=LONG_AGO),
    ),
    "an impersonation goes on for ever": (
        "no_grant_outlives_its_time",
        lambda r: replace(
            r.world,
            IMPERSONATIONS,
            of(r, IMPERSONATIONS, state=ImpersonationState.ACTIVE),
            ends_at=LONG_AGO,
        ),
    ),
    "the glass stays broken": (
        "no_grant_outlives_its_time",
        lambda r: replace(
            r.world, CHART_ACCESSES, of(r, CHART_ACCESSES, state=ChartAccessState.OPEN), ends_at=LONG_AGO
        ),
    ),
}


def test_people_who_come_through_the_use_cases_are_sound(reception: Reception) -> None:
    """Whatever happened to them; and no other clinic's rows are looked at as ours."""
    lived(reception)

    assert {} == findings(reception.world)
    assert any(one.state is SessionState.REVOKED for one in reception.platform_rows(SESSIONS))
    reception.world.advance(days=9)
    reception.world.execute(EndGrants())
    assert {} == findings(reception.world)


@pytest.mark.parametrize("what", BREAKS)
def test_each_rule_about_people_finds_what_it_is_for(memory_world: World, what: str) -> None:
    """With the row."""
    reception = Reception(memory_world)
    lived(reception)
    rule, spoil = BREAKS[what]

    row = spoil(reception)

    found = findings(memory_world)
    assert row in found[rule]
    assert {rule} >= found.keys() - {"everybody_belongs_somewhere", "memberships_mirror_assignments"}


def test_every_rule_about_people_was_seen_to_fail() -> None:
    """None is only believed."""
    assert set(NAMES) == {rule for rule, _ in BREAKS.values()}


def test_persons_of_the_platform_are_read_only_when_everything_is(memory_world: World) -> None:
    """They are many, and of all clinics."""
    reception = Reception(memory_world)
    bob = reception.person("bob@example.com")
    replace(memory_world, USERS, of(reception, USERS, id=bob.id), super_admin=False, memberships=())

    assert "everybody_belongs_somewhere" not in findings(memory_world, full=False)
    assert {"everybody_belongs_somewhere": {bob.id}}.items() <= findings(memory_world).items()
