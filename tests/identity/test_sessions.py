"""Refresh tokens: each works once, tabs may race, copies end the session. Source: design/pains E 56 to 58."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from hlc_adapters.storage.shapes.identity import SESSIONS
from hlc_core.access.api import Role
from hlc_core.identity.api import GRACE, SessionOver, SessionStolen, Tickets
from support.refusals import refused
from support.signing import Reception
from support.worlds import World, opened


def test_a_refresh_token_works_once_and_its_copy_ends_the_session(reception: Reception) -> None:
    """Replay after the grace: the family is dead, the person is told, it is on record."""
    reception.person()
    first = reception.signed_in()
    second = reception.refreshed(first)
    reception.world.advance(seconds=11)

    with refused(SessionStolen):
        reception.refreshed(first)
    with refused(SessionOver):
        reception.refreshed(second)
    with refused(SessionOver):
        reception.who(second)
    assert "had a copy of its sign-in used" in reception.last("We ended a sign-in").text
    (row,) = reception.platform_rows(SESSIONS)
    assert "stolen" == row.state


def test_a_lost_answer_is_given_again_within_ten_seconds(reception: Reception) -> None:
    """The same successor, however often it is asked for."""
    reception.person()
    first = reception.signed_in()
    given = {reception.refreshed(first).refresh for _ in range(5)}
    reception.world.advance(seconds=10)
    given.add(reception.refreshed(first).refresh)

    assert 1 == len(given)
    assert 2 == reception.refreshed(given.pop()).session.rotation


def test_only_the_immediate_predecessor_is_forgiven(reception: Reception) -> None:
    """One that is two generations old is a copy, even within ten seconds."""
    reception.person()
    first = reception.signed_in()
    reception.refreshed(reception.refreshed(first))

    with refused(SessionStolen):
        reception.refreshed(first)


def test_twenty_tabs_that_refresh_at_once_share_one_successor(world: World) -> None:
    """Exactly one rotation, one token, no family killed."""
    reception = Reception(world)
    reception.person()
    first = reception.signed_in()
    gate, given, failed = threading.Barrier(20), [], []

    def tab() -> None:
        gate.wait()
        try:
            given.append(reception.refreshed(first).refresh)
        except Exception as error:  # whatever it is, it is told below
            failed.append(error)

    tabs = [threading.Thread(target=tab) for _ in range(20)]
    for one in tabs:
        one.start()
    for one in tabs:
        one.join()

    assert [] == failed
    assert (20, 1) == (len(given), len(set(given)))
    (row,) = reception.platform_rows(SESSIONS)
    assert (1, "open") == (row.rotation, row.state)


class Family(RuleBasedStateMachine):
    """One person's session, their tabs, and a thief who may have copied any token that there was."""

    def __init__(self) -> None:
        super().__init__()
        self._opened = opened()
        self.reception = Reception(self._opened.__enter__())
        self.tokens: list[Tickets] = []
        self.rotated_at = self.reception.world.clock.now()
        self.dead = False

    @initialize()
    def sign_in(self) -> None:
        """A patient: their sessions last longest."""
        self.reception.person(role=Role.PATIENT)
        self.tokens = [self.reception.signed_in()]

    @rule(seconds=st.integers(0, 30))
    def wait(self, seconds: int) -> None:
        """Time passes."""
        self.reception.world.advance(seconds=seconds)

    @rule()
    def refresh(self) -> None:
        """The newest token."""
        if self.dead:
            with refused(SessionOver):
                self.reception.refreshed(self.tokens[-1])
            return
        self.tokens.append(self.reception.refreshed(self.tokens[-1]))
        self.rotated_at = self.reception.world.clock.now()

    @precondition(lambda self: len(self.tokens) > 1)
    @rule(back=st.integers(1, 5))
    def use_an_old_one(self, back: int) -> None:
        """The one before is forgiven for ten seconds; all others end everything."""
        back = min(back, len(self.tokens) - 1)
        old = self.tokens[-1 - back]
        within = self.reception.world.clock.now() - self.rotated_at <= GRACE
        if self.dead:
            with refused(SessionOver):
                self.reception.refreshed(old)
        elif back == 1 and within:
            assert self.tokens[-1].refresh == self.reception.refreshed(old).refresh
        else:
            with refused(SessionStolen):
                self.reception.refreshed(old)
            self.dead = True

    @rule(place=st.integers(0, 200), letter=st.sampled_from("AZaz09.-_"))
    def forge(self, place: int, letter: str) -> None:
        """A changed token opens nothing and ends nothing."""
        real = self.tokens[-1].refresh
        place %= len(real)
        if real[place] == letter:
            return
        with refused(SessionOver) as told:
            self.reception.refreshed(real[:place] + letter + real[place + 1 :])
        assert "copy" not in told.detail

    @invariant()
    def one_successor(self) -> None:
        """All tokens differ, and the access token lives exactly as long as the session."""
        if not self.tokens:
            return
        assert len(self.tokens) == len({one.refresh for one in self.tokens})
        (row,) = self.reception.platform_rows(SESSIONS)
        assert self.dead is (row.state == "stolen")
        assert row.rotation == len(self.tokens) - 1

    def teardown(self) -> None:
        """Let go of the world."""
        self._opened.__exit__(None, None, None)


def test_no_history_of_refreshes_has_two_successors_or_a_copy_that_works() -> None:
    """Hypothesis drives tabs, thieves and time."""
    run_state_machine_as_test(Family, settings=settings(max_examples=25, stateful_step_count=20, deadline=None))


@pytest.mark.parametrize(
    "text", ["", ".", "..", "ses_x.0.", "ses_x.-1.a", "ses_x.99999999999.a", "ses_é.0.a", "x" * 5000]
)
def test_what_is_no_token_is_refused(desk: Reception, text: str) -> None:
    """Never a fault."""
    with refused(SessionOver):
        desk.refreshed(text)


def test_grace_is_short() -> None:
    """As the spec says."""
    assert timedelta(seconds=10) == GRACE
