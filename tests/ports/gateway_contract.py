"""What every two-step gateway behind the port must do, whatever it is made of."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from attrs import evolve

from hlc_core.payments.model import DeclineClass, Result
from ports.gateway_world import World, charge_of, refund_of, store_of, usd


class GatewayContract:
    """Abstract cases; a subclass gives the fixture `world`."""

    def test_creating_moves_no_money(self, world: World) -> None:
        """An object that was only created is unconfirmed, and nothing is captured."""
        request = charge_of(world.tokens["success"])

        answer = world.gateway.create(request)

        assert Result.CREATED is answer.result
        assert Result.UNCONFIRMED is world.gateway.look_up(str(answer.object_id)).result
        assert [] == world.captured(request.reference)

    def test_confirming_captures_the_amount(self, world: World) -> None:
        """A confirmed charge answers what it captured, and the books agree."""
        request = charge_of(world.tokens["success"], usd(12345))
        object_id = world.made(request)

        answer = world.gateway.confirm(object_id, request)

        assert (Result.CAPTURED, object_id, usd(12345)) == (answer.result, answer.object_id, answer.amount)
        assert answer.charge_id
        assert [usd(12345)] == world.captured(request.reference)

    def test_creating_twice_is_creating_once(self, world: World) -> None:
        """A repeated create replays the first object."""
        request = charge_of(world.tokens["success"])

        assert world.made(request) == world.made(request)

    def test_confirming_twice_captures_once(self, world: World) -> None:
        """A repeated confirm replays the first answer."""
        request = charge_of(world.tokens["success"])
        object_id = world.made(request)

        answers = [world.gateway.confirm(object_id, request) for _ in range(3)]

        assert answers[0] == answers[1] == answers[2]
        assert [usd(4999)] == world.captured(request.reference)

    def test_confirming_in_parallel_captures_once(self, world: World) -> None:
        """Eight confirms of one object at once capture once."""
        request = charge_of(world.tokens["success"])
        object_id = world.made(request)

        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda _: world.gateway.confirm(object_id, request), range(8)))

        assert {Result.CAPTURED} == {answer.result for answer in answers}
        assert [usd(4999)] == world.captured(request.reference)

    def test_confirming_after_the_key_expired_captures_once(self, world: World) -> None:
        """When the keys are forgotten the object itself still refuses a second capture."""
        request = charge_of(world.tokens["success"])
        object_id = world.charged(request)
        world.clock.forward(hours=25)

        answer = world.gateway.confirm(object_id, request)

        assert Result.CAPTURED is answer.result
        assert [usd(4999)] == world.captured(request.reference)

    def test_a_changed_body_under_the_same_key_is_no_answer(self, world: World) -> None:
        """The same reference with another amount is refused by its key; that is nothing definite."""
        request = charge_of(world.tokens["success"])
        world.made(request)

        answer = world.gateway.create(evolve(request, amount=usd(1)))

        assert (Result.NO_ANSWER, "idempotency_error") == (answer.result, answer.code)

    @pytest.mark.parametrize(
        ("token", "decline"),
        [("hard", DeclineClass.HARD), ("soft", DeclineClass.SOFT), ("outage", DeclineClass.OUTAGE)],
    )
    def test_a_decline_is_an_answer_with_its_class(self, world: World, token: str, decline: DeclineClass) -> None:
        """A declined charge says how to go on, captures nothing, and a look-up says the same."""
        request = charge_of(world.tokens[token])
        object_id = world.made(request)

        answer = world.gateway.confirm(object_id, request)
        seen = world.gateway.look_up(object_id)

        assert (Result.DECLINED, decline, object_id) == (answer.result, answer.decline, answer.object_id)
        assert answer.code
        assert answer.text
        assert (Result.DECLINED, decline) == (seen.result, seen.decline)
        assert [] == world.captured(request.reference)

    def test_a_decline_is_replayed(self, world: World) -> None:
        """A repeated confirm of a declined charge replays the decline."""
        request = charge_of(world.tokens["soft"])
        object_id = world.made(request)

        assert world.gateway.confirm(object_id, request) == world.gateway.confirm(object_id, request)

    def test_an_unknown_token_is_refused_at_creation(self, world: World) -> None:
        """A token that is no card is a definite, hard refusal."""
        answer = world.gateway.create(charge_of(world.tokens["unknown"]))

        assert (Result.DECLINED, DeclineClass.HARD) == (answer.result, answer.decline)

    def test_a_cancelled_object_never_captures(self, world: World) -> None:
        """A confirm that comes after the cancel answers CANCELLED and moves no money."""
        request = charge_of(world.tokens["success"])
        object_id = world.made(request)

        fenced = world.gateway.cancel(object_id, request.reference)
        late = world.gateway.confirm(object_id, request)

        assert [Result.CANCELLED] * 2 == [fenced.result, late.result]
        assert Result.CANCELLED is world.gateway.look_up(object_id).result
        assert [] == world.captured(request.reference)

    def test_a_declined_object_can_be_cancelled(self, world: World) -> None:
        """After a decline the fence goes up, twice if need be."""
        request = charge_of(world.tokens["soft"])
        object_id = world.charged(request)

        answers = [world.gateway.cancel(object_id, request.reference) for _ in range(2)]

        assert [Result.CANCELLED] * 2 == [answer.result for answer in answers]

    def test_cancelling_a_captured_object_says_that_it_had_won(self, world: World) -> None:
        """The cancel of a captured charge answers CAPTURED with the amount."""
        request = charge_of(world.tokens["success"])
        object_id = world.charged(request)

        answers = [world.gateway.cancel(object_id, request.reference) for _ in range(2)]

        assert [(Result.CAPTURED, usd(4999))] * 2 == [(answer.result, answer.amount) for answer in answers]

    def test_what_does_not_exist_is_not_found(self, world: World) -> None:
        """Unknown objects and references are NOT_FOUND; confirming one is no answer."""
        request = charge_of(world.tokens["success"])

        assert Result.NOT_FOUND is world.gateway.look_up("pi_nowhere").result
        assert Result.NOT_FOUND is world.gateway.find(request.reference).result
        assert Result.NOT_FOUND is world.gateway.cancel("pi_nowhere", request.reference).result
        assert Result.NO_ANSWER is world.gateway.confirm("pi_nowhere", request).result

    def test_a_charge_is_found_by_our_reference(self, world: World) -> None:
        """`find` answers the object and what became of it."""
        request = charge_of(world.tokens["success"])
        object_id = world.charged(request)

        answer = world.gateway.find(request.reference)

        assert (Result.CAPTURED, object_id, usd(4999)) == (answer.result, answer.object_id, answer.amount)

    def test_a_lost_answer_is_found_later(self, world: World) -> None:
        """A charge whose answer is lost is no answer, is captured once, and a look-up tells."""
        request = charge_of(world.tokens["lost_answer"])
        object_id = world.made(request)

        lost = world.gateway.confirm(object_id, request)

        assert Result.NO_ANSWER is lost.result
        assert Result.CAPTURED is world.gateway.look_up(object_id).result
        assert Result.CAPTURED is world.gateway.confirm(object_id, request).result
        assert [usd(4999)] == world.captured(request.reference)

    def test_a_lost_request_did_nothing(self, world: World) -> None:
        """A confirm that never arrives is no answer; the object is unconfirmed and may be confirmed again."""
        request = charge_of(world.tokens["lost_request"])
        object_id = world.made(request)

        assert Result.NO_ANSWER is world.gateway.confirm(object_id, request).result
        assert Result.UNCONFIRMED is world.gateway.look_up(object_id).result
        assert Result.CAPTURED is world.gateway.confirm(object_id, request).result
        assert [usd(4999)] == world.captured(request.reference)

    def test_a_late_request_captures_unless_it_was_fenced(self, world: World) -> None:
        """A request stuck in the network captures an hour later; one whose object was cancelled meanwhile never."""
        stuck, fenced = charge_of(world.tokens["late"]), charge_of(world.tokens["late"])
        first, second = world.charged(stuck), world.charged(fenced)
        before = world.gateway.look_up(first).result
        cancelled = world.gateway.cancel(second, fenced.reference).result
        world.clock.forward(hours=2)

        assert (Result.UNCONFIRMED, Result.CANCELLED) == (before, cancelled)
        assert Result.CAPTURED is world.gateway.look_up(first).result
        assert Result.CANCELLED is world.gateway.look_up(second).result
        assert [usd(4999)] == world.captured(stuck.reference)
        assert [] == world.captured(fenced.reference)

    def test_a_stored_error_is_replayed_and_the_look_up_knows_better(self, world: World) -> None:
        """A 500 after the effect is replayed under its key; only reading tells that the money moved."""
        request = charge_of(world.tokens["server_error"])
        object_id = world.made(request)

        answers = [world.gateway.confirm(object_id, request).result for _ in range(2)]

        assert [Result.NO_ANSWER] * 2 == answers
        assert Result.CAPTURED is world.gateway.look_up(object_id).result
        assert [usd(4999)] == world.captured(request.reference)

    def test_a_kept_method_can_be_charged_without_the_customer(self, world: World) -> None:
        """A success on-session answers a stored method with what may be shown of it; it works off-session."""
        request = charge_of(world.tokens["success"])
        kept = world.gateway.confirm(world.made(request), request).instrument
        assert kept is not None
        assert kept.card is not None

        renewal = charge_of(kept.token, customer=kept.customer, off_session=True)
        answer = world.gateway.confirm(world.made(renewal), renewal)

        assert ("visa", "4242") == (kept.card.brand, kept.card.last_four)
        assert Result.CAPTURED is answer.result
        assert [usd(4999)] == world.captured(renewal.reference)

    def test_a_kept_method_belongs_to_its_customer(self, world: World) -> None:
        """A stored method of one customer is refused for another."""
        mine, other = charge_of(world.tokens["success"]), charge_of(world.tokens["success"])
        kept = world.gateway.confirm(world.made(mine), mine).instrument
        stranger = world.gateway.confirm(world.made(other), other).instrument
        assert kept is not None
        assert stranger is not None

        answer = world.gateway.create(charge_of(kept.token, customer=stranger.customer, off_session=True))

        assert (Result.DECLINED, DeclineClass.HARD) == (answer.result, answer.decline)

    def test_a_method_that_is_not_to_be_kept_is_not(self, world: World) -> None:
        """Without the wish to keep it, no stored method is answered."""
        request = charge_of(world.tokens["success"], keep_method=False)

        assert world.gateway.confirm(world.made(request), request).instrument is None

    def test_a_card_that_dies_after_the_first_charge_declines_renewals(self, world: World) -> None:
        """The first charge works; off-session the stored method is declined, hard."""
        request = charge_of(world.tokens["renewal_dead"])
        kept = world.gateway.confirm(world.made(request), request).instrument
        assert kept is not None

        renewal = charge_of(kept.token, customer=kept.customer, off_session=True)
        answer = world.gateway.confirm(world.made(renewal), renewal)

        assert (Result.DECLINED, DeclineClass.HARD) == (answer.result, answer.decline)

    def test_an_action_is_completed_by_the_buyer(self, world: World) -> None:
        """3-D Secure answers ACTION with an address; completed, the charge is captured."""
        request = charge_of(world.tokens["action"])
        object_id = world.made(request)

        asked = world.gateway.confirm(object_id, request)
        waiting = world.gateway.look_up(object_id)
        world.act(object_id, True)

        assert (Result.ACTION, Result.ACTION) == (asked.result, waiting.result)
        assert str(asked.action_url).startswith("http")
        assert asked.action_url == waiting.action_url
        assert Result.CAPTURED is world.gateway.look_up(object_id).result
        assert [usd(4999)] == world.captured(request.reference)

    def test_an_action_that_fails_is_a_decline(self, world: World) -> None:
        """A failed 3-D Secure step is a decline that needs the customer; nothing is captured."""
        request = charge_of(world.tokens["action"])
        object_id = world.charged(request)

        world.act(object_id, False)
        seen = world.gateway.look_up(object_id)

        assert (Result.DECLINED, DeclineClass.NEEDS_ACTION) == (seen.result, seen.decline)
        assert [] == world.captured(request.reference)

    def test_an_abandoned_action_can_be_fenced(self, world: World) -> None:
        """Once cancelled, completing the 3-D Secure page moves no money."""
        request = charge_of(world.tokens["action"])
        object_id = world.charged(request)

        fenced = world.gateway.cancel(object_id, request.reference)
        world.act(object_id, True)

        assert Result.CANCELLED is fenced.result
        assert [] == world.captured(request.reference)

    def test_off_session_an_action_is_a_decline_that_needs_the_customer(self, world: World) -> None:
        """Without the customer present, 3-D Secure is a decline."""
        request = charge_of(world.tokens["action"], off_session=True)

        answer = world.gateway.confirm(world.made(request), request)

        assert (Result.DECLINED, DeclineClass.NEEDS_ACTION) == (answer.result, answer.decline)

    def test_a_card_is_kept_without_a_charge(self, world: World) -> None:
        """Storing answers a method with what may be shown of it, moves no money, and renewals can charge it."""
        request = store_of(world.tokens["success"])

        answer = world.gateway.store(request)
        kept = answer.instrument
        assert kept is not None
        assert kept.card is not None
        renewal = charge_of(kept.token, customer=kept.customer, off_session=True)

        assert (Result.CREATED, "visa", "4242") == (answer.result, kept.card.brand, kept.card.last_four)
        assert [] == world.captured(request.reference)
        assert Result.CAPTURED is world.gateway.confirm(world.made(renewal), renewal).result

    def test_storing_twice_keeps_one_card(self, world: World) -> None:
        """The same reference answers the same method, also when asked eight times at once."""
        request = store_of(world.tokens["success"])

        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda _: world.gateway.store(request), range(8)))

        assert 1 == len({answer.instrument for answer in answers})
        assert {Result.CREATED} == {answer.result for answer in answers}

    def test_a_second_card_is_kept_for_a_known_customer(self, world: World) -> None:
        """A card stored for a customer belongs to that customer, and to no other."""
        first = world.gateway.store(store_of(world.tokens["success"])).instrument
        assert first is not None
        second = world.gateway.store(store_of(world.tokens["success"], customer=first.customer)).instrument
        stranger = world.gateway.store(store_of(world.tokens["success"])).instrument
        assert second is not None
        assert stranger is not None

        stolen = world.gateway.store(store_of(second.token, customer=stranger.customer))

        assert (first.customer, False) == (second.customer, first.token == second.token)
        assert (Result.DECLINED, DeclineClass.HARD) == (stolen.result, stolen.decline)

    @pytest.mark.parametrize("token", ["hard", "unknown"])
    def test_a_card_that_is_refused_is_not_kept(self, world: World, token: str) -> None:
        """A declined card, or a token that is none, is a definite, hard refusal."""
        answer = world.gateway.store(store_of(world.tokens[token]))

        assert (Result.DECLINED, DeclineClass.HARD, None) == (answer.result, answer.decline, answer.instrument)
        assert answer.code

    def test_a_card_that_dies_later_is_kept_now(self, world: World) -> None:
        """A card that will decline renewals can be stored: nobody knows yet."""
        assert Result.CREATED is world.gateway.store(store_of(world.tokens["renewal_dead"])).result

    @pytest.mark.parametrize(("agreed", "result"), [(True, Result.CREATED), (False, Result.DECLINED)])
    def test_storing_may_ask_for_the_customer(self, world: World, agreed: bool, result: Result) -> None:
        """3-D Secure answers ACTION; the same request tells afterwards how it ended."""
        request = store_of(world.tokens["action"])

        asked = world.gateway.store(request)
        again = world.gateway.store(request)
        world.act(str(asked.object_id), agreed)
        after = world.gateway.store(request)

        assert [Result.ACTION] * 2 == [asked.result, again.result]
        assert str(asked.action_url).startswith("http")
        assert result is after.result
        assert agreed is (after.instrument is not None)

    @pytest.mark.parametrize("token", ["lost_answer", "lost_request"])
    def test_storing_without_an_answer_can_be_repeated(self, world: World, token: str) -> None:
        """No answer says nothing; the same request, sent again, keeps one card."""
        request = store_of(world.tokens[token])

        lost, found, again = (world.gateway.store(request) for _ in range(3))

        assert (Result.NO_ANSWER, Result.CREATED) == (lost.result, found.result)
        assert found.instrument == again.instrument

    def test_refunds_never_exceed_what_was_captured(self, world: World) -> None:
        """Partial refunds add up to the capture; one unit more is declined."""
        object_id = world.charged(charge_of(world.tokens["success"], usd(1000)))
        refund = world.gateway.refund

        answers = [refund(refund_of(object_id, usd(amount))).result for amount in (400, 601, 600, 1)]

        assert [Result.REFUNDED, Result.DECLINED, Result.REFUNDED, Result.DECLINED] == answers

    def test_a_hundred_refunds_at_once_give_back_what_was_captured(self, world: World) -> None:
        """Concurrent refunds of a tenth each: ten are made."""
        object_id = world.charged(charge_of(world.tokens["success"], usd(1000)))

        with ThreadPoolExecutor(8) as pool:
            asked = [refund_of(object_id, usd(100)) for _ in range(40)]
            answers = list(pool.map(lambda one: world.gateway.refund(one).result, asked))

        assert (10, 30) == (answers.count(Result.REFUNDED), answers.count(Result.DECLINED))

    def test_a_refund_is_made_once(self, world: World) -> None:
        """A repeated refund replays the first, is found by our reference, even after its key expired."""
        object_id = world.charged(charge_of(world.tokens["success"], usd(1000)))
        request = refund_of(object_id, usd(1000))

        before = world.gateway.find_refund(request)
        answers = [world.gateway.refund(request) for _ in range(2)]
        world.clock.forward(hours=25)
        late = world.gateway.refund(request)
        found = world.gateway.find_refund(request)

        assert Result.NOT_FOUND is before.result
        assert [(Result.REFUNDED, usd(1000))] * 4 == [(one.result, one.amount) for one in (*answers, late, found)]

    def test_a_repeated_partial_refund_gives_back_once(self, world: World) -> None:
        """The same partial refund, at once and after its key expired, leaves the rest to be refunded."""
        object_id = world.charged(charge_of(world.tokens["success"], usd(1000)))
        request = refund_of(object_id, usd(300))

        with ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(lambda _: world.gateway.refund(request).result, range(4)))
        world.clock.forward(hours=25)
        late = world.gateway.refund(request).result
        rest = [world.gateway.refund(refund_of(object_id, usd(amount))).result for amount in (701, 700)]

        assert [Result.REFUNDED] * 5 == [*answers, late]
        assert [Result.DECLINED, Result.REFUNDED] == rest

    def test_a_refund_of_nothing_is_declined(self, world: World) -> None:
        """An object that captured nothing has nothing to give back."""
        object_id = world.made(charge_of(world.tokens["success"]))

        assert Result.DECLINED is world.gateway.refund(refund_of(object_id, usd(1))).result

    def test_refunds_may_fail_or_wait(self, world: World) -> None:
        """A card may refuse a refund, or take its time."""
        failing = world.charged(charge_of(world.tokens["refund_fails"]))
        waiting = world.charged(charge_of(world.tokens["refund_waits"]))
        slow = refund_of(waiting, usd(100))

        refused = world.gateway.refund(refund_of(failing, usd(100))).result
        pending = world.gateway.refund(slow).result
        world.clock.forward(minutes=5)

        assert (Result.DECLINED, Result.PENDING) == (refused, pending)
        assert Result.REFUNDED is world.gateway.find_refund(slow).result

    def test_the_books_list_each_charge_once(self, world: World) -> None:
        """The books of a span hold the captured charges with their references and refunds, and nothing else."""
        first, second = charge_of(world.tokens["success"], usd(700)), charge_of(world.tokens["success"], usd(900))
        start = world.clock.now()
        one = world.charged(first)
        world.charged(charge_of(world.tokens["soft"]))
        world.gateway.refund(refund_of(one, usd(200)))
        world.clock.forward(hours=1)
        two = world.charged(second)

        morning = list(world.gateway.charges(start, start + timedelta(minutes=30)))
        whole = {line.object_id: line for line in world.gateway.charges(start, start + timedelta(days=1))}

        assert [(one, first.reference, usd(700), usd(200), start)] == [
            (line.object_id, line.reference, line.amount, line.refunded, line.at) for line in morning
        ]
        assert {one, two} == set(whole)

    def test_it_says_what_it_can_do(self, world: World) -> None:
        """The capabilities tell of two steps, a fence, keys for a day and look-ups by reference."""
        can = world.gateway.capabilities

        assert (True, True, 86_400, True) == (can.two_step, can.cancel, can.key_lifetime, can.find_by_reference)
        assert world.gateway.name
