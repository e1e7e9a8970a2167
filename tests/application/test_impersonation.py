"""Acting for somebody else: what is out of reach, use case by use case, and what the record shows of it to whom."""

from __future__ import annotations

from typing import Any

import pytest

from core.people.team import acting, person
from hlc_adapters.storage.shapes.platform import MOVES
from hlc_core.access.api import BUILT_IN, OUT_OF_REACH, PAY, SENTENCES, Role
from hlc_core.application import Effect
from hlc_core.audit.api import ListAllMoves, ListMoves
from hlc_core.cart.api import CreateCart
from hlc_core.identity.presence import acting as presence_of
from hlc_core.kernel.commands import Envelope
from hlc_core.kernel.errors import Denied
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import UserId
from hlc_core.people.api import MakeSuperAdmin, User
from hlc_core.registry import QUESTIONS, USE_CASES
from support.refusals import refused
from support.worlds import SYSTEM, World

BARRED = {
    "paying": {"SubmitCheckout", "PayRenewal", "SwitchOwn", "PayOffOwn"},
    "cards": {
        "SaveMethod", "RemoveMethod", "NoteRefusedMethod", "PlanStoring", "ListMethods",
        "ChargeOwnCard", "RemoveOwnCard",
    },
    "passwords and sign-ins": {"SendReset", "RevokeSessions", "OwnSessions", "EndOtherSessions", "OwnSecurity"},
    "second factors": {
        "EnrolApp", "PendingApp", "ConfirmApp", "RenewRecoveryCodes", "DisableApp", "ResetSecondFactor",
    },
    "keys of programs": {"MakeApiKey", "RevokeApiKey", "ListApiKeys"},
    "who may do what": {
        "CreateUser", "ChangeRole", "ChangeUser", "DisableUser", "EnableUser", "SetOverride", "DeleteOverride",
        "AssignCustomRole", "AddRole", "ChangeRoleKeys", "RemoveRole", "TransferOwnership", "InviteUser",
        "ResendInvitation", "RevokeInvitation", "GetUser", "ListUsers", "ListRoles", "GetRole", "GetInvitation",
        "ListInvitations", "ListSessions",
    },
    "broken glass": {"BreakGlass", "ReadChart", "CloseChart"},
    "the platform's own": {
        "OpenOrganization", "LookAcross", "DisablePerson", "EnablePerson", "MakeSuperAdmin", "ListPeople",
        "StartImpersonation", "ListAllAuditEntries", "ListAllMoves",
    },
}  # fmt: skip
"""Every use case and question that nobody reaches while acting for somebody else. Bank details and mail servers are
sections of the settings, see `keys_of_change`."""

ALL = sorted(name for names in BARRED.values() for name in names)


def standing_in(world: World, target: User, role: Role) -> Envelope:
    """A super admin who acts for the person."""
    root = world_root(world)
    with world.services.units.open(SYSTEM, "test", write=False) as unit:
        actor = presence_of(target.id, unit.env, by=root.id)
    assert role == actor.role
    return Envelope(actor=actor)


def world_root(world: World) -> User:
    """The super admin."""
    root = person(world, "root@example.com").user
    return world.execute(MakeSuperAdmin(user=root.id))


def test_nothing_that_is_listed_comes_within_reach() -> None:
    """By another key, say."""
    rows: list[Any] = [*USE_CASES, *QUESTIONS]
    barred = {(getattr(row, "command", None) or row.query).__name__ for row in rows if row.permission in OUT_OF_REACH}

    assert [] == sorted({*ALL} - barred)


def test_no_patients_money_moves_on_their_behalf_whatever_key_is_asked_for(memory_world: World) -> None:
    """Also by use cases that are added later, and for somebody who held every key."""
    target = person(memory_world, "ada@example.com", Role.PATIENT).user
    envelope = standing_in(memory_world, target, Role.PATIENT)
    mighty = evolve(envelope, actor=evolve(envelope.actor, permissions=frozenset(SENTENCES)))

    for row in USE_CASES:
        if row.effect is Effect.MONEY:
            with refused(Denied) as told:
                memory_world.services.application.preview(object.__new__(row.command), mighty)
            assert "impersonation" == told.faults[0].field


@pytest.mark.parametrize("role", [Role.PATIENT, Role.ORG_ADMIN])
def test_nobody_does_in_somebody_elses_name_what_is_out_of_reach(memory_world: World, role: Role) -> None:
    """Whatever the person could do themselves: each is refused before anything is looked at."""
    target = person(memory_world, "ada@example.com", role).user
    envelope = standing_in(memory_world, target, role)

    for row in USE_CASES:
        if row.command.__name__ in ALL:
            with refused(Denied):
                memory_world.services.application.preview(object.__new__(row.command), envelope)
    for question in QUESTIONS:
        if question.query.__name__ in ALL:
            with refused(Denied):
                memory_world.services.application.ask(object.__new__(question.query), envelope)


def test_a_cart_is_filled_for_somebody_but_not_paid(world: World) -> None:
    """Support may help to choose; whoever pays does so themselves."""
    ada = person(world, "ada@example.com", Role.PATIENT).user
    helper = standing_in(world, ada, Role.PATIENT)
    cart = world.execute(CreateCart(products=(world.product().id,)), helper)

    assert PAY in BUILT_IN[Role.PATIENT]
    with refused(Denied) as told:
        world.services.submit_checkout(world.submission(cart), helper)
    assert "impersonation" == told.faults[0].field
    assert [] == world.captured()
    own = acting(world, ada.id)
    assert world.services.submit_checkout(world.submission(cart), own).checkout.order is not None


def test_moves_made_for_somebody_are_shown_to_super_admins_only(world: World) -> None:
    """The trail of one thing hides them from the clinic, as the list and the export do."""
    ada = person(world, "ada@example.com", Role.PATIENT).user
    helper = standing_in(world, ada, Role.PATIENT)
    cart = world.execute(CreateCart(products=(world.product().id,)), helper)
    boss = acting(world, person(world, "boss@example.com", Role.ORG_ADMIN).user.id)
    root = acting(world, UserId(helper.actor.id))

    assert [helper.actor.on_behalf_of] == [one.on_behalf_of for one in world.rows(MOVES) if one.subject == cart.id]
    assert () == world.ask(ListMoves(subject=cart.id), boss)
    with refused(Denied):
        world.ask(ListAllMoves(subject=cart.id), boss)
    assert [cart.id] == [one.subject for one in world.ask(ListAllMoves(subject=cart.id), root)]
    assert () == world.ask(ListMoves(subject=cart.id), root)
