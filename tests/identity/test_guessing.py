"""Guessing passwords: few are looked at, and nobody is locked out. Source: design/pains E 61 and 62."""

from __future__ import annotations

import random
import threading
from datetime import datetime, timedelta

import pytest
from attrs import define
from hypothesis import given
from hypothesis import strategies as st

from hlc_adapters.clock import VirtualClock
from hlc_adapters.storage.shapes.identity import LANES
from hlc_core.identity.api import Origin, TooManyGuesses, WrongCredentials, forgot, reset_password
from hlc_core.identity.model import Lane
from hlc_core.identity.throttle import LONGEST, account_pace, counted, new_lane
from hlc_core.organizations.api import SecuritySettings
from support.refusals import refused
from support.signing import Reception
from support.worlds import ORGANIZATION, START, opened

NEW = "a new and longer password"


def attempt(reception: Reception, **more: object) -> str:
    """What became of one wrong guess."""
    try:
        reception.try_in(password="wrong", **more)  # type: ignore[arg-type]  # fields of the wish
    except WrongCredentials:
        return "looked at"
    except TooManyGuesses:
        return "turned away"
    return "in"


def test_at_most_a_hundred_guesses_from_ten_thousand_addresses_in_thirty_days(desk: Reception) -> None:
    """However patient: the attacker comes back the moment that the next guess is open, from a new address each time."""
    desk.person()
    draw = random.Random(61)
    until = START + timedelta(days=30)
    evaluated = addresses = 0
    before = desk.world.passwords.made
    while desk.world.clock.now() < until:
        origin = Origin(address=f"198.51.{draw.randrange(256)}.{draw.randrange(256)}", agent=str(addresses))
        addresses += 1
        try:
            desk.try_in(password=f"guess {addresses}", origin=origin)
        except WrongCredentials:
            evaluated += 1
        except TooManyGuesses as refusal:
            desk.world.advance(seconds=min(refusal.retry_after or 1, 4 * 3600))

    assert evaluated == desk.world.passwords.made - before
    assert 20 < evaluated <= 100


@given(free=st.integers(-5, 10_000), minutes=st.integers(-5, 100_000), coming=st.integers(1, 60))
def test_no_setting_lets_more_than_a_hundred_through(free: int, minutes: int, coming: int) -> None:
    """Whatever an administrator wrote, and however often the attacker looks."""
    pace = account_pace(free, timedelta(minutes=minutes))
    lane, now, looked_at = new_lane("account:x", START), START, 0
    while now < START + timedelta(days=30):
        if now >= lane.open_at:
            lane = counted(lane, pace, now)
            looked_at += 1
        now = max(now + timedelta(seconds=coming), lane.open_at)

    assert looked_at <= 100
    assert lane.open_at - now <= LONGEST


def test_where_no_clinic_is_named_the_rules_are_those_of_a_new_clinic(desk: Reception) -> None:
    """As many free tries as the settings have by default; a clinic's own rules count on its own pages."""
    desk.person()
    desk.world.change(security=SecuritySettings(max_failed_attempts=3))

    assert [3, 10] == [
        [attempt(desk, meant=meant, email=email) for _ in range(12)].count("looked at")
        for meant, email in ((ORGANIZATION, "ada@example.com"), (None, "nobody@example.com"))
    ]
    assert 10 == SecuritySettings().max_failed_attempts


def test_guesses_at_once_are_counted_before_they_are_looked_at(reception: Reception) -> None:
    """A hundred parallel guesses are no way around the count."""
    reception.person()
    gate, told = threading.Barrier(40), []

    def one(number: int) -> None:
        gate.wait()
        told.append(attempt(reception, origin=Origin(address=f"198.51.100.{number}")))

    crowd = [threading.Thread(target=one, args=(number,)) for number in range(40)]
    for thread in crowd:
        thread.start()
    for thread in crowd:
        thread.join()

    assert 40 == len(told)
    assert told.count("looked at") <= 10


def test_the_owner_still_gets_in_from_a_known_device_during_an_attack(reception: Reception) -> None:
    """And with a new password by mail from any other. Source: pains E 62."""
    ada = reception.person()
    made = reception.signed_in()
    for number in range(30):
        attempt(reception, origin=Origin(address=f"198.51.100.{number}"))

    assert "turned away" == attempt(reception, origin=Origin(address="192.0.2.1"))
    with refused(TooManyGuesses) as told:
        reception.signed_in(origin=Origin(address="192.0.2.1"))
    assert "set a new password by mail" in told.detail
    assert reception.signed_in(device=made.device).profile.id == ada.id
    for _ in range(200):
        attempt(reception, origin=Origin(address="198.51.100.200"))
        reception.world.advance(minutes=3)
    assert reception.signed_in(device=made.device).profile.id == ada.id

    forgot("ada@example.com", None, reception.porter)
    reset_password(reception.token("reset-password"), NEW, reception.porter)
    assert reception.signed_in(password=NEW, origin=Origin(address="192.0.2.1")).profile.id == ada.id


def test_a_device_of_somebody_else_opens_no_lane(reception: Reception) -> None:
    """A known device counts for its owner only."""
    reception.person()
    reception.person("eve@example.com")
    eve = reception.signed_in("eve@example.com")
    for number in range(30):
        attempt(reception, origin=Origin(address=f"198.51.100.{number}"))

    assert "turned away" == attempt(reception, device=eve.device)


def test_unknown_addresses_are_slowed_down_just_the_same(reception: Reception) -> None:
    """After the same number of guesses, with the same words."""
    reception.person()
    told = []
    for email in ("ada@example.com", "nobody@example.com"):
        words = []
        for number in range(14):
            try:
                reception.try_in(email, "wrong", origin=Origin(address=f"198.51.100.{number}"))
            except (WrongCredentials, TooManyGuesses) as refusal:
                words.append((type(refusal), refusal.detail, refusal.retry_after))
        told.append(words)

    assert told[0] == told[1]
    assert TooManyGuesses in {kind for kind, _, _ in told[0]}


def test_one_network_cannot_try_one_password_on_everybody(desk: Reception) -> None:
    """Fifty wrong guesses, then it waits; known devices behind it do not."""
    ada = desk.person()
    made = desk.signed_in()
    told = [attempt(desk, email=f"user{number}@example.com") for number in range(60)]

    assert ["looked at"] * 50 == told[:50]
    assert {"turned away"} == set(told[50:])
    assert desk.signed_in(device=made.device).profile.id == ada.id


def test_the_clinic_says_how_many_guesses_are_free(desk: Reception) -> None:
    """Three, then a wait of half an hour."""
    desk.person()
    desk.world.change(security=SecuritySettings(max_failed_attempts=3, lockout_minutes=30))
    desk.world.services.units._forget("org_clinic")

    assert ["looked at"] * 3 + ["turned away"] == [attempt(desk) for _ in range(4)]
    desk.world.advance(minutes=29)
    assert "turned away" == attempt(desk)
    desk.world.advance(minutes=1)
    assert "looked at" == attempt(desk)


def test_the_person_is_warned_once_and_told_once(reception: Reception) -> None:
    """One free guess left, then that guesses wait: not a mail for each, or the attack would be one on the mail box."""
    reception.person()
    for number in range(40):
        attempt(reception, origin=Origin(address=f"198.51.100.{number}"))
        reception.world.advance(hours=13)
    subjects = [mail.subject for mail in reception.mails()]

    assert 1 == subjects.count("Wrong passwords for your account")
    assert 1 == subjects.count("Sign-ins to your account are slowed down")


@pytest.mark.parametrize("right_again", [True, False])
def test_the_right_password_clears_the_lane(desk: Reception, right_again: bool) -> None:
    """Of the account, not of the network."""
    desk.person()
    for _ in range(4):
        attempt(desk)
    if right_again:
        desk.signed_in()
    found: dict[str, Lane] = {lane.id.partition(":")[0]: lane for lane in desk.platform_rows(LANES)}

    assert (0 if right_again else 4) == found["account"].guesses
    assert 4 == found["network"].guesses


def test_a_clock_that_goes_on_holds_nobody_up() -> None:
    """The first guess ever is open at once, though time passes within its transaction."""

    @define
    class Ticking(VirtualClock):
        def now(self) -> datetime:
            """A microsecond later each time."""
            self.instant += timedelta(microseconds=1)
            return self.instant

    with opened(clock=Ticking(START)) as world:
        desk = Reception(world)
        ada = desk.person()
        assert desk.signed_in().profile.id == ada.id
        assert "looked at" == attempt(desk)
