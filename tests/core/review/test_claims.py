"""Claims: one clinician at a time, and a claim that ran out or was taken over decides nothing."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.intake.forms import DOCTOR, claimed, clinician, fill, licensed, order_of, review_of, submit, submitted
from hlc_adapters.storage.shapes.care import DECISIONS
from hlc_core.intake.api import Correction
from hlc_core.kernel.commands import Envelope
from hlc_core.kernel.errors import HlcError
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import ActorId
from hlc_core.orders.api import OrderState
from hlc_core.review.api import (
    LEASE,
    PREFERENCE,
    ApproveReview,
    AskForCorrections,
    ClaimNextReview,
    ClaimReview,
    CountReviews,
    GetReview,
    ListReviews,
    NothingToReview,
    RejectReview,
    ReleaseReview,
    RenewClaim,
    ReviewState,
    ReviewTaken,
    ReviewTrigger,
    StaleClaim,
)
from support.worlds import World, opened

NAMES = ("usr_a", "usr_b", "usr_c")
WISHES = ("claim", "release", "renew", "approve")


def test_a_claim_keeps_others_out_until_it_ends(world: World) -> None:
    """Released or run out, it is free again; every claim has a higher token."""
    order = submitted(world)
    review, first = claimed(world, order, "usr_a")
    with pytest.raises(ReviewTaken):
        claimed(world, order, "usr_b")
    assert (review, first) == claimed(world, order, "usr_a")

    world.execute(ReleaseReview(review=review, token=first), clinician("usr_a"))
    _, second = claimed(world, order, "usr_b")
    world.advance(minutes=29)
    world.execute(RenewClaim(review=review, token=second), clinician("usr_b"))
    world.advance(minutes=29)
    with pytest.raises(ReviewTaken):
        claimed(world, order, "usr_a")
    world.advance(minutes=2)
    _, third = claimed(world, order, "usr_a")

    assert first < second < third


def test_every_wrong_token_is_told_what_is_wrong_with_it(memory_world: World) -> None:
    """Never claimed, somebody else's, an older one, decided already: each with its own remedy."""
    order = submitted(memory_world)
    licensed(memory_world, "usr_a")

    def told(name: str, token: int) -> tuple[str, str]:
        with pytest.raises(StaleClaim) as refusal:
            memory_world.execute(ApproveReview(review=order.id, token=token), clinician(name))
        return refusal.value.code, refusal.value.detail.removesuffix(": nothing was changed.")

    assert ("not_claimed", "You have not claimed this review") == told("usr_a", 1)
    review, token = claimed(memory_world, order, "usr_a")
    assert ("stale_claim", "That is not the token of your claim") == told("usr_a", token + 1)
    assert ("stale_claim", "Another clinician holds this review") == told("usr_b", token)
    memory_world.advance(hours=1)
    assert ("stale_claim", "You do not hold this review any more") == told("usr_a", token)
    assert ("not_claimed", "You have not claimed this review") == told("usr_a", token + 1)
    review, token = claimed(memory_world, order, "usr_a")
    memory_world.execute(ApproveReview(review=review, token=token), clinician("usr_a"))
    assert ("stale_claim", "This review waits for no decision now") == told("usr_b", token)


def test_a_late_writer_changes_nothing(world: World) -> None:
    """Whose claim ran out, whether or not somebody else has taken it since."""
    order = submitted(world)
    licensed(world, "usr_a")
    licensed(world, "usr_b")
    review, old = claimed(world, order, "usr_a")
    world.advance(seconds=LEASE.total_seconds())

    with pytest.raises(StaleClaim):
        world.execute(ApproveReview(review=review, token=old), clinician("usr_a"))
    _, new = claimed(world, order, "usr_b")
    for token in (old, new):
        with pytest.raises(StaleClaim):
            world.execute(RejectReview(review=review, token=token, reason="Not safe."), clinician("usr_a"))
    assert [] == world.rows(DECISIONS)

    world.execute(ApproveReview(review=review, token=new), clinician("usr_b"))
    with pytest.raises(StaleClaim):
        world.execute(ApproveReview(review=review, token=old), clinician("usr_a"))
    assert ["usr_b"] == [one.clinician for one in world.rows(DECISIONS)]


def test_the_same_decision_again_answers_the_first(world: World) -> None:
    """A double click, or an answer that was lost."""
    order = submitted(world)
    licensed(world)
    review, token = claimed(world, order)
    first = world.execute(ApproveReview(review=review, token=token), clinician())

    assert first == world.execute(ApproveReview(review=review, token=token), clinician())
    assert 1 == len(world.rows(DECISIONS))


def test_many_clinicians_at_once_and_one_gets_it(world: World) -> None:
    """On every backend: threads claim the same review together; one wins, and only that one can decide."""
    order = submitted(world)
    names = [f"usr_{number}" for number in range(8)]
    for name in names:
        licensed(world, name)

    def claim(name: str) -> int | None:
        try:
            return world.execute(ClaimReview(review=order.id), clinician(name)).token
        except ReviewTaken:
            return None

    with ThreadPoolExecutor(8) as pool:
        tokens = dict(zip(names, pool.map(claim, names), strict=True))
    winners = [name for name, token in tokens.items() if token is not None]
    assert 1 == len(winners), tokens

    def decide(name: str) -> bool:
        command = ApproveReview(review=order.id, token=tokens[winners[0]] or 0)
        try:
            world.execute(command, clinician(name))
        except StaleClaim:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        decided = dict(zip(names, pool.map(decide, names), strict=True))
    assert winners == [name for name, done in decided.items() if done]
    assert [winners[0]] == [one.clinician for one in world.rows(DECISIONS)]
    assert OrderState.AWAITING_SCRIPT is order_of(world, order.id).state


def test_two_decisions_under_one_claim_race_and_one_stands(world: World) -> None:
    """Approve in one tab, reject in the other, at the same instant."""
    order = submitted(world)
    licensed(world)
    review, token = claimed(world, order)
    wishes = (
        ApproveReview(review=review, token=token),
        RejectReview(review=review, token=token, reason="Not safe."),
    )

    def decide(number: int) -> bool:
        try:
            if number % 2:
                world.execute(wishes[0], clinician())
            else:
                world.execute(wishes[1], clinician())
        except HlcError:
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(decide, range(6)))

    decisions = world.rows(DECISIONS)
    assert 1 == len(decisions)
    wanted = OrderState.AWAITING_SCRIPT if decisions[0].outcome == "approved" else OrderState.REJECTED
    assert wanted is order_of(world, order.id).state


Step = tuple[str, str, int]


@given(
    st.lists(
        st.one_of(
            st.tuples(
                st.sampled_from(("claim", "release", "renew", "approve")), st.sampled_from(NAMES), st.integers(0, 3)
            ),
            st.tuples(st.just("wait"), st.just(""), st.sampled_from((5, 20, 31))),
        ),
        max_size=14,
    )
)
def test_a_stale_claim_never_wins(steps: list[Step]) -> None:
    """Whatever happens in whatever order, with any old token: only the running claim's holder decides.

    The model is one line: who holds which token until when.
    """
    with opened() as world:
        order = submitted(world)
        for name in NAMES:
            licensed(world, name)
        held: tuple[str, int, object] | None = None
        newest = 0
        for what, name, number in steps:
            now = world.clock.now()
            running = held is not None and now < held[2]  # type: ignore[operator]  # an instant
            token = max(0, newest - number)
            mine = held is not None and running and (held[0], held[1]) == (name, token)
            if what == "wait":
                world.advance(minutes=number)
            elif what == "claim":
                try:
                    taken = world.execute(ClaimReview(review=order.id), clinician(name))
                except ReviewTaken:
                    assert running
                    assert held is not None
                    assert held[0] != name
                    continue
                assert not running or (held is not None and held[0] == name)
                if not running:
                    newest += 1
                    held = (name, newest, now + LEASE)
                assert newest == taken.token
            else:
                done = _tried(world, what, order.id, name, token)
                assert done is mine
                if done and what == "renew":
                    held = (name, token, now + LEASE)
                elif done and what == "release":
                    held = None
                elif done:
                    assert [name] == [one.clinician for one in world.rows(DECISIONS)]
                    return
        assert [] == world.rows(DECISIONS)


def _tried(world: World, what: str, review: str, name: str, token: int) -> bool:
    try:
        if what == "release":
            world.execute(ReleaseReview(review=review, token=token), clinician(name))
        elif what == "renew":
            world.execute(RenewClaim(review=review, token=token), clinician(name))
        else:
            world.execute(ApproveReview(review=review, token=token), clinician(name))
    except StaleClaim:
        return False
    return True


def test_what_came_back_goes_to_the_clinician_who_asked_first(memory_world: World) -> None:
    """For four hours; then anybody takes it. Another one can always claim it by name."""
    world = memory_world
    order = submitted(world)
    review, token = claimed(world, order)
    asked = (Correction(key="intake", item="weight", reason="Please weigh yourself again."),)
    world.execute(AskForCorrections(review=review, token=token, corrections=asked), clinician())
    fill(world, order)
    submit(world, order)

    with pytest.raises(NothingToReview):
        world.execute(ClaimNextReview(), clinician("usr_b"))
    assert world.ask(GetReview(review=review), clinician()).card.preferred
    world.advance(seconds=PREFERENCE.total_seconds())
    assert review == world.execute(ClaimNextReview(), clinician("usr_b")).id


def test_the_queue_is_oldest_first_and_says_what_can_be_done(memory_world: World) -> None:
    """`actions` are those of the asking clinician; a claim that ran out can be taken."""
    world = memory_world
    first, second = submitted(world), submitted(world)
    claimed(world, first)

    page = world.ask(ListReviews(), clinician("usr_b")).items
    mine = world.ask(ListReviews(mine=True), clinician()).items
    count = world.ask(CountReviews())

    assert [first.number, second.number] == [one.review.order_number for one in page]
    assert [(), (ReviewTrigger.CLAIM,)] == [one.actions for one in page]
    assert [first.number] == [one.review.order_number for one in mine]
    assert ReviewTrigger.APPROVE in mine[0].actions
    assert (1, 1) == (count.waiting, count.claimed)
    world.advance(minutes=31)
    assert (ReviewTrigger.CLAIM,) == world.ask(ListReviews(), clinician("usr_b")).items[0].actions
    assert ReviewState.CLAIMED is review_of(world, first).state


def test_somebody_who_stands_in_decides_as_the_clinician(memory_world: World) -> None:
    """An operator on behalf of a clinician: the clinician's licence counts, and the decision is theirs."""
    order = submitted(memory_world)
    licensed(memory_world)
    operator = clinician("cli").actor
    envelope = Envelope(actor=evolve(operator, on_behalf_of=ActorId(DOCTOR)))
    held = memory_world.execute(ClaimReview(review=order.id), envelope)

    decision = memory_world.execute(ApproveReview(review=held.id, token=held.token), envelope)

    assert DOCTOR == decision.clinician
    assert timedelta(minutes=30) == LEASE
