"""Rows of no clinic: every clinic's transaction reads and writes the same one; no clinic sees another's own rows."""

from __future__ import annotations

from core.people.team import AT_OTHER, OTHER, person, second_clinic
from hlc_adapters.storage.shapes.people import ASSIGNMENTS, USERS
from hlc_core.kernel.commands import system
from hlc_core.kernel.errors import AlreadyExists, Stale
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import PLATFORM, UserId
from hlc_core.people.api import User
from support.refusals import refused
from support.worlds import SYSTEM, World


def renamed(world: World, user: UserId, name: str, at: object) -> None:
    """Write the person's row in a transaction of that clinic."""
    with world.services.units.open(at, "test", write=True) as unit:  # type: ignore[arg-type]  # an envelope
        unit.env.users.save(evolve(unit.env.users.get(user), name=name))
        unit.commit()


def read(world: World, user: UserId, at: object) -> User:
    """Read it in a transaction of that clinic."""
    with world.services.units.open(at, "test", write=False) as unit:  # type: ignore[arg-type]  # an envelope
        found: User = unit.env.users.get(user)
        return found


def test_two_clinics_read_and_write_the_same_row(world: World) -> None:
    """What one writes the other reads; the version counts both; the row belongs to the platform."""
    second_clinic(world)
    ada = person(world, "ada@example.com").user

    renamed(world, ada.id, "Here", SYSTEM)
    renamed(world, ada.id, "There", AT_OTHER)

    assert ("There", PLATFORM) == (read(world, ada.id, SYSTEM).name, read(world, ada.id, AT_OTHER).organization)
    assert read(world, ada.id, SYSTEM) == read(world, ada.id, AT_OTHER)
    assert ada.version + 2 == read(world, ada.id, SYSTEM).version


def test_two_clinics_cannot_overwrite_one_another(memory_world: World) -> None:
    """Whoever read before the other wrote is told."""
    world = memory_world
    second_clinic(world)
    ada = person(world, "ada@example.com").user
    here, there = system(ada.primary), system(OTHER)

    with world.services.units.open(here, "test", write=True) as unit:
        held = unit.env.users.get(ada.id)
    renamed(world, ada.id, "There", there)
    with world.services.units.open(here, "test", write=True) as unit:
        unit.unit.assume(USERS, [held])
        unit.env.users.save(evolve(held, name="Here"))
        with refused(Stale):
            unit.commit()
    assert "There" == read(world, ada.id, here).name


def test_one_address_is_one_row_whichever_clinic_writes_it(world: World) -> None:
    """The unique rule holds over the whole platform."""
    second_clinic(world)
    ada = person(world, "ada@example.com").user
    twin = evolve(ada, id=UserId("usr_twin"), version=0)

    for at in (SYSTEM, AT_OTHER):
        with world.services.units.open(at, "test", write=True) as unit:
            unit.env.users.add(twin)
            with refused(AlreadyExists):
                unit.commit()


def test_what_a_person_is_in_a_clinic_stays_there(world: World) -> None:
    """The other clinic finds no assignment, by the user or by its id."""
    second_clinic(world)
    ada = person(world, "ada@example.com")

    with world.services.units.open(AT_OTHER, "test", write=False) as unit:
        assert unit.env.assignments.of_user(ada.user.id) is None
        assert unit.env.assignments.find(ada.assignment.id) is None
        assert [] == unit.unit.select(ASSIGNMENTS)
