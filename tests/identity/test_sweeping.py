"""What is swept: ended when its time is over, forgotten after a while, taken away when it is of no use."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from hlc_adapters.storage.shapes.identity import DEVICES, LANES, LOGIN_ATTEMPTS, LOGINS, RESETS, SESSIONS
from hlc_adapters.worker import Worker
from hlc_core.access.api import Role
from hlc_core.identity.api import Origin, SessionState, SweepSignIns, WrongCredentials, forgot
from hlc_core.jobs.api import JobName, ListJobs
from hlc_core.kernel.commands import system
from hlc_core.organizations.api import SecuritySettings
from hlc_core.people.api import DisableUser
from support.refusals import refused
from support.signing import OTHER, Reception
from support.worlds import ORGANIZATION, World


def swept(world: World) -> int:
    """As the job does: until nothing is left; answers how many rows."""
    total = 0
    while done := world.execute(SweepSignIns()):
        total += done
    return total


def test_what_outlived_itself_is_ended_once(reception: Reception) -> None:
    """Sessions that nobody refreshed, logins that nobody went on with."""
    reception.person()
    reception.signed_in()
    reception.world.change(security=SecuritySettings(email_two_factor=True))
    assert reception.try_in().login
    assert 0 == swept(reception.world)

    reception.world.advance(minutes=61)

    assert 2 == swept(reception.world)
    assert ["expired"] == [one.state for one in reception.platform_rows(SESSIONS)]
    assert Counter({"done": 1, "failed": 1}) == Counter(one.state for one in reception.platform_rows(LOGINS))
    assert 0 == swept(reception.world)


def test_after_ninety_days_nothing_says_from_where_somebody_came(reception: Reception) -> None:
    """The rows stay, for their moves do."""
    reception.person()
    reception.signed_in()
    reception.world.advance(minutes=61)
    swept(reception.world)
    reception.world.advance(days=89)
    swept(reception.world)
    assert Origin() != reception.platform_rows(SESSIONS)[0].origin

    reception.world.advance(days=2)

    assert 2 == swept(reception.world)
    assert {Origin()} == {one.origin for shape in (SESSIONS, LOGINS) for one in reception.platform_rows(shape)}


def test_links_lanes_devices_and_tries_go_when_they_are_of_no_use(reception: Reception) -> None:
    """Each after its own time."""
    world = reception.world
    reception.person()
    reception.signed_in()
    forgot("ada@example.com", ORGANIZATION, reception.porter)
    with refused(WrongCredentials):
        reception.try_in(password="wrong wrong wrong")
    with refused(WrongCredentials):
        reception.try_in("nobody@example.com", meant=None)

    def left() -> list[int]:
        swept(world)
        return [len(reception.platform_rows(shape)) for shape in (RESETS, LANES, DEVICES, LOGIN_ATTEMPTS)]

    before = left()
    assert all(before)
    world.advance(days=38)
    assert [0, 0, *before[2:]] == left()
    world.advance(days=330)
    assert [0, 0, 1, 0] == left()
    world.advance(days=40)
    assert [0, 0, 0, 0] == left()


def test_each_clinic_says_how_long_its_record_of_tries_is_kept(reception: Reception) -> None:
    """One clinic's job takes nothing of another's."""
    world, there = reception.world, reception.clinic()
    reception.person()
    reception.person("far@example.com", at=there)
    reception.signed_in()
    reception.signed_in("far@example.com", meant=OTHER)
    world.change(security=SecuritySettings(login_record_days=30))

    world.advance(days=31)
    swept(world)

    assert [OTHER] == [one.clinic for one in reception.platform_rows(LOGIN_ATTEMPTS)]
    world.advance(days=335)
    while world.execute(SweepSignIns(), system(OTHER)):
        pass
    assert [] == reception.platform_rows(LOGIN_ATTEMPTS)


def test_a_lane_that_was_taken_away_is_as_new_and_no_newer(reception: Reception) -> None:
    """An attacker gains nothing by the sweep: it takes only what counts no more."""
    reception.person()
    for _ in range(3):
        with refused(WrongCredentials):
            reception.try_in(password="wrong wrong wrong")
    reception.world.advance(days=29)
    swept(reception.world)

    assert {3} == {one.guesses for one in reception.platform_rows(LANES) if one.id.startswith("account:")}


def test_sessions_of_somebody_disabled_are_ended_in_their_rows_too(reception: Reception) -> None:
    """At once, so that the list of sessions says what is so."""
    ada = reception.person()
    reception.person("boss@example.com", Role.ORG_ADMIN)
    reception.signed_in()
    reception.world.execute(DisableUser(user=ada.id))

    assert [SessionState.REVOKED] == [one.state for one in reception.platform_rows(SESSIONS)]


def test_the_job_sweeps_and_says_how_much(desk: Reception) -> None:
    """Hourly, and when it is asked for."""
    desk.person()
    desk.signed_in()
    desk.world.advance(hours=2)
    organization = desk.world.services.directory.chosen("clinic")
    Worker(desk.world.services, print).run_jobs(organization, frozenset({JobName.SIGN_INS}))

    (job,) = [one for one in desk.world.ask(ListJobs()) if one.name is JobName.SIGN_INS]
    assert "1 sign-in swept" == job.outcome
    assert timedelta(hours=1) == job.next_at - desk.world.clock.now()
