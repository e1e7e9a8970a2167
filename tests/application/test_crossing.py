"""Work beyond one's own organizations: always recorded, under the name of its scope, where it was done."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core.people.team import AT_OTHER, OTHER, acting, person, second_clinic
from hlc_adapters.storage.shapes.platform import AUDIT_ENTRIES
from hlc_core.access.api import Role
from hlc_core.audit.api import AuditEntry, ListAuditEntries, Outcome
from hlc_core.catalog.api import ListProducts
from hlc_core.kernel.commands import ACROSS, system
from hlc_core.organizations.api import ChangeSettings, GetOrganization, LookAcross
from hlc_core.people.api import DisablePerson, EnablePerson, ListPeople, ListUsers, MakeSuperAdmin, User
from support.worlds import ORGANIZATION, START, World


@pytest.fixture
def root(world: World) -> User:
    """A super admin who works at the first clinic only."""
    second_clinic(world)
    found = person(world, "root@example.com", Role.ORG_ADMIN).user
    return world.execute(MakeSuperAdmin(user=found.id))


def crossings(world: World, actor: User) -> list[tuple[str, str, str]]:
    """Where, what and how: the entries of the person under that scope."""
    return sorted(
        (entry.organization, entry.command, entry.outcome)
        for entry in entries(world)
        if entry.scope == ACROSS and str(entry.actor) == actor.id
    )


def entries(world: World) -> list[AuditEntry]:
    """The record of both clinics."""
    found: list[AuditEntry] = []
    for organization in (ORGANIZATION, OTHER):
        session = world.services.backend.begin(write=False)
        found += session.select(AUDIT_ENTRIES, organization)
        session.rollback()
    return found


def test_a_super_admin_leaves_a_trace_of_each_look_into_a_strange_clinic(world: World, root: User) -> None:
    """Questions that nobody else's audit keeps, and commands: all of it, in that clinic's own record."""
    world.advance(minutes=1)
    there = acting(world, root.id, OTHER)
    world.ask(ListProducts(), there)
    world.ask(ListUsers(), there)
    world.execute(ChangeSettings(name="Renamed"), there)

    assert [
        (OTHER, "ChangeSettings", Outcome.DONE),
        (OTHER, "ListProducts", Outcome.READ),
        (OTHER, "ListUsers", Outcome.READ),
    ] == crossings(world, root)
    seen = world.ask(ListAuditEntries(actor=there.actor.id), AT_OTHER).items
    assert {"ListProducts", "ListUsers", "ChangeSettings"} == {entry.command for entry in seen}
    found = world.ask(ListAuditEntries(across=True, since=START + timedelta(minutes=1)), AT_OTHER).items
    assert {"ListProducts", "ListUsers", "ChangeSettings"} == {entry.command for entry in found}


def test_at_home_nothing_of_it(world: World, root: User) -> None:
    """There they are one of the clinic's people, and so is everybody else where they are assigned."""
    world.ask(ListProducts(), acting(world, root.id))
    local = person(world, "ada@example.com", at=OTHER).user
    world.ask(ListProducts(), acting(world, local.id, OTHER))
    world.ask(GetOrganization(), system(OTHER))

    assert [] == crossings(world, root) == crossings(world, local)


def test_work_on_persons_and_organizations_of_all_clinics_is_marked_wherever_it_is_done(
    world: World, root: User
) -> None:
    """Even at home."""
    ada, here = person(world, "ada@example.com").user, acting(world, root.id)
    world.ask(ListPeople(), here)
    world.execute(LookAcross(), here)
    world.execute(DisablePerson(user=ada.id), here)
    world.execute(EnablePerson(user=ada.id), here)

    assert [
        (ORGANIZATION, "DisablePerson", Outcome.DONE),
        (ORGANIZATION, "EnablePerson", Outcome.DONE),
        (ORGANIZATION, "ListPeople", Outcome.READ),
        (ORGANIZATION, "LookAcross", Outcome.DONE),
    ] == crossings(world, root)
