"""Acting for others and breaking glass: with a reason, for a time, under both names, reviewed."""

from __future__ import annotations

from core.people.team import acting, person
from hlc_adapters.storage.shapes.people import IMPERSONATIONS
from hlc_adapters.storage.shapes.platform import AUDIT_ENTRIES
from hlc_core.access.api import PATIENTS_VIEW, Role
from hlc_core.kernel.commands import Envelope
from hlc_core.kernel.errors import Denied, Invalid, Missing
from hlc_core.kernel.ids import PatientId, UserId
from hlc_core.kernel.machine import IllegalTransition
from hlc_core.organizations.api import PermissionSettings
from hlc_core.patients.api import Contact
from hlc_core.people.api import (
    AddRole,
    AssignCustomRole,
    BreakGlass,
    ChartAccessState,
    CloseChart,
    EndGrants,
    EndImpersonation,
    ImpersonationState,
    Judgement,
    ListChartAccesses,
    ListImpersonations,
    MakeSuperAdmin,
    ReadChart,
    ReviewChartAccess,
    StartImpersonation,
)
from hlc_core.people.errors import GlassIsWhole, NotAPerson, NotImpersonable, OwnReview, StillImpersonating
from support.refusals import refused
from support.worlds import SYSTEM, World

REASON = "cannot see the patient's chart"


def root_of(world: World) -> Envelope:
    """A super admin."""
    root = person(world, "root@example.com").user
    world.execute(MakeSuperAdmin(user=root.id))
    return acting(world, root.id)


def test_acting_for_somebody_lasts_a_quarter_of_an_hour(world: World) -> None:
    """One at a time; a repetition answers the one that runs; it ends by hand, by the clock, and for its actor only."""
    root = root_of(world)
    ada, bob = person(world, "ada@example.com").user, person(world, "bob@example.com").user
    made = world.execute(StartImpersonation(user=ada.id, reason=REASON), root)
    again = world.execute(StartImpersonation(user=ada.id, reason=REASON), root)

    assert made.id == again.id
    assert 900 == (made.ends_at - made.started_at).total_seconds()
    with refused(StillImpersonating):
        world.execute(StartImpersonation(user=bob.id, reason=REASON), root)
    with refused(Missing):
        world.execute(EndImpersonation(impersonation=made.id), acting(world, bob.id))
    ended = world.execute(EndImpersonation(impersonation=made.id), root)
    assert ImpersonationState.ENDED is ended.state
    assert ended == world.execute(EndImpersonation(impersonation=made.id), root)

    other = world.execute(StartImpersonation(user=bob.id, reason=REASON), root)
    world.advance(minutes=15)
    assert not other.running(world.clock.now())
    assert 1 == world.execute(EndGrants())
    states = [one.state for one in world.ask(ListImpersonations()).items]
    assert [ImpersonationState.EXPIRED, ImpersonationState.ENDED] == states
    assert {REASON} == {one.reason for one in world.rows(IMPERSONATIONS)}


def test_not_everybody_may_be_acted_for_nor_by_everybody(world: World) -> None:
    """No super admin, not oneself, nobody disabled or foreign; no administrator of a clinic, no key; with a reason."""
    root = root_of(world)
    admin = person(world, "ada@example.com", Role.ORG_ADMIN).user
    other = person(world, "second@example.com").user
    world.execute(MakeSuperAdmin(user=other.id))

    for target in (root.actor.id, other.id):
        with refused(NotImpersonable):
            world.execute(StartImpersonation(user=type(other.id)(target), reason=REASON), root)
    with refused(Invalid):
        world.execute(StartImpersonation(user=admin.id, reason=""), root)
    with refused(Denied):
        world.execute(StartImpersonation(user=other.id, reason=REASON), acting(world, admin.id))
    with refused(NotAPerson):
        world.execute(StartImpersonation(user=admin.id, reason=REASON), SYSTEM)


def shut_out(world: World) -> tuple[Envelope, PatientId]:
    """Somebody whom a custom role shows no patients, and a patient."""
    patient = world.buy(world.product(), contact=Contact(email="pat@example.com", name="Pat")).checkout.patient
    role = world.execute(AddRole(name="Front desk", keys=("crm.carts.view", "emr.chart.break_glass")))
    ada = person(world, "ada@example.com").user
    world.execute(AssignCustomRole(user=ada.id, custom_role=role.id))
    return acting(world, ada.id), patient


def test_the_glass_is_broken_read_closed_and_reviewed(world: World) -> None:
    """Each look leaves an audit entry; nobody reviews themselves; what is judged stays judged."""
    ada, patient = shut_out(world)
    boss = acting(world, person(world, "boss@example.com", Role.ORG_ADMIN).user.id)
    assert not ada.actor.may(PATIENTS_VIEW)
    with refused(GlassIsWhole):
        world.execute(ReadChart(patient=patient), ada)
    with refused(Invalid):
        world.execute(BreakGlass(patient=patient, reason="now"), ada)

    access = world.execute(BreakGlass(patient=patient, reason="fainted in the hall"), ada)
    assert access.id == world.execute(BreakGlass(patient=patient, reason="fainted in the hall"), ada).id
    assert patient == world.execute(ReadChart(patient=patient), ada).id
    looks = [one for one in world.rows(AUDIT_ENTRIES) if one.command == "ReadChart" and one.outcome == "done"]
    assert [ada.actor.id] == [one.actor for one in looks]
    assert ChartAccessState.CLOSED is world.execute(CloseChart(access=access.id), ada).state
    with refused(GlassIsWhole):
        world.execute(ReadChart(patient=patient), ada)

    judged = ReviewChartAccess(access=access.id, judgement=Judgement.JUSTIFY, review="it was one")
    assert ChartAccessState.JUSTIFIED is world.execute(judged, boss).state
    with refused(IllegalTransition):
        world.execute(judged, boss)


def test_the_glass_mends_by_itself(world: World) -> None:
    """After an hour, whether or not anything looked at the row; an open one is closed by its review."""
    ada, patient = shut_out(world)
    first = world.execute(BreakGlass(patient=patient, reason="fainted in the hall"), ada)
    world.advance(minutes=60)
    with refused(GlassIsWhole):
        world.execute(ReadChart(patient=patient), ada)
    second = world.execute(BreakGlass(patient=patient, reason="fainted once more"), ada)

    assert first.id != second.id
    waiting = world.ask(ListChartAccesses(state=ChartAccessState.CLOSED)).items
    assert [first.id] == [one.id for one in waiting]
    boss = acting(world, person(world, "boss@example.com", Role.ORG_ADMIN).user.id)
    objected = ReviewChartAccess(access=second.id, judgement=Judgement.OBJECT, review="no emergency")
    assert ChartAccessState.OBJECTED is world.execute(objected, boss).state


def test_nobody_reviews_their_own_emergency(world: World) -> None:
    """Not even with the key for it."""
    patient = world.buy(world.product(), contact=Contact(email="pat@example.com", name="Pat")).checkout.patient
    root = root_of(world)
    access = world.execute(BreakGlass(patient=patient, reason="fainted in the hall"), root)

    with refused(OwnReview):
        world.execute(ReviewChartAccess(access=access.id, judgement=Judgement.JUSTIFY, review="mine"), root)


def test_the_organizations_toggle_stops_emergencies_too(world: World) -> None:
    """Nothing below the ceiling opens what is off."""
    ada, patient = shut_out(world)
    world.change(permissions=PermissionSettings(off=("emr.chart.break_glass",)))

    with refused(Denied):
        world.execute(BreakGlass(patient=patient, reason="fainted in the hall"), acting(world, UserId(ada.actor.id)))
