"""What only the simulator does: its cards, its capability classes, its accidents from a seed, its books."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, build_opener

import pytest
from attrs import evolve

from hlc_adapters.gateways.simulator import (
    BARE,
    CALM,
    FENCING,
    KEYED,
    TEST_CARDS,
    Faults,
    FileLedger,
    HttpSimulatorGateway,
    SimulatorGateway,
    card_of,
)
from hlc_core.kernel.errors import Unavailable
from hlc_core.kernel.ids import AttemptId
from hlc_core.kernel.money import Money
from hlc_core.payments.model import Answer, ChargeRequest, DeclineClass, Result
from hlc_http.simulator import make_simulator_app
from ports.gateway_world import START, TurnedClock, charge_of, refund_of, usd
from support.servers import served


def charged(gateway: SimulatorGateway, request: ChargeRequest) -> Answer:
    """The answer to the confirm of a fresh object."""
    created = gateway.create(request)
    return gateway.confirm(created.object_id, request) if created.object_id else created


# cards


def test_every_card_is_reached_by_token_and_by_number() -> None:
    """Names and numbers of the table are unique, and each token finds its card."""
    gateway = SimulatorGateway(clock=TurnedClock())

    assert len(TEST_CARDS) == len({card.number for card in TEST_CARDS}) == len({card.name for card in TEST_CARDS})
    for card in TEST_CARDS:
        found = card_of(str(gateway.tokenize(card.number)))
        assert card.name == found.name
    assert gateway.tokenize("4000000000009999") is None


@pytest.mark.parametrize(
    "token", ["", "tok_", "tok_success_", "tok_success~", "tok_success.132030", "TOK_success", "x"]
)
def test_what_is_no_token_is_refused(token: str) -> None:
    """Text that is no token of the table is a hard decline."""
    answer = SimulatorGateway(clock=TurnedClock()).create(charge_of(token))

    assert (Result.DECLINED, DeclineClass.HARD) == (answer.result, answer.decline)


def test_a_counted_card_declines_so_often_and_then_works() -> None:
    """`tok_soft_first_3` declines three charges; a token with another mark is another card."""
    gateway = SimulatorGateway(clock=TurnedClock())

    results = [charged(gateway, charge_of("tok_soft_first_3")).result for _ in range(5)]
    other = charged(gateway, charge_of("tok_soft_first_3~b")).result

    assert [Result.DECLINED] * 3 + [Result.CAPTURED] * 2 == results
    assert Result.DECLINED is other


def test_a_renewal_card_works_on_session_and_recovers_off_session() -> None:
    """`tok_renewal_soft_2` is captured at checkout, declined for two renewals, then captured."""
    gateway = SimulatorGateway(clock=TurnedClock())
    kept = charged(gateway, charge_of("tok_renewal_soft_2")).instrument
    assert kept is not None

    renewals = [charge_of(kept.token, customer=kept.customer, off_session=True) for _ in range(3)]

    assert [Result.DECLINED, Result.DECLINED, Result.CAPTURED] == [charged(gateway, one).result for one in renewals]


def test_a_card_can_die_after_some_renewals() -> None:
    """`tok_renewal_dies_2` is captured at checkout and for two renewals, then declined for good."""
    gateway = SimulatorGateway(clock=TurnedClock())
    kept = charged(gateway, charge_of("tok_renewal_dies_2")).instrument
    assert kept is not None

    renewals = [charge_of(kept.token, customer=kept.customer, off_session=True) for _ in range(4)]

    results = [charged(gateway, one).result for one in renewals]
    assert [Result.CAPTURED, Result.CAPTURED, Result.DECLINED, Result.DECLINED] == results


def test_a_replayed_decline_is_not_counted() -> None:
    """A repeated confirm under its key does not use up the card's declines."""
    gateway = SimulatorGateway(clock=TurnedClock())
    request = charge_of("tok_soft_first_2")
    object_id = str(gateway.create(request).object_id)
    for _ in range(5):
        gateway.confirm(object_id, request)

    assert Result.DECLINED is charged(gateway, charge_of("tok_soft_first_2")).result
    assert Result.CAPTURED is charged(gateway, charge_of("tok_soft_first_2")).result


def test_a_second_card_is_kept_for_the_same_customer() -> None:
    """A new card of a known customer is stored under that customer."""
    gateway = SimulatorGateway(clock=TurnedClock())
    first = charged(gateway, charge_of("tok_success")).instrument
    assert first is not None
    second = charged(gateway, charge_of("tok_mastercard", customer=first.customer)).instrument
    assert second is not None

    renewal = charge_of(second.token, customer=second.customer, off_session=True)

    assert (first.customer, "mastercard") == (second.customer, second.card.brand)
    assert first.token != second.token
    assert Result.CAPTURED is charged(gateway, renewal).result


def test_a_card_with_a_date_expires() -> None:
    """A token that names its expiry works until that month is over, then it is declined, hard."""
    clock = TurnedClock()
    gateway = SimulatorGateway(clock=clock)
    token = str(gateway.tokenize("4242 4242 4242 4242", (4, 2026)))
    kept = charged(gateway, charge_of(token)).instrument
    assert kept is not None
    clock.forward(days=70)

    answer = charged(gateway, charge_of(kept.token, customer=kept.customer, off_session=True))

    assert (4, 2026) == (kept.card.expires_month, kept.card.expires_year)
    assert (Result.DECLINED, DeclineClass.HARD, "expired_card") == (answer.result, answer.decline, answer.code)


def test_a_lagging_look_up_shows_what_was_before() -> None:
    """For a minute after the capture the look-up says UNCONFIRMED; the cancel already knows better."""
    clock = TurnedClock()
    gateway = SimulatorGateway(clock=clock)
    request = charge_of("tok_lagging")
    object_id = str(gateway.create(request).object_id)

    lost = gateway.confirm(object_id, request).result
    early = gateway.look_up(object_id).result, gateway.find(request.reference).result
    fenced = gateway.cancel(object_id, request.reference).result
    clock.forward(seconds=61)

    assert (Result.NO_ANSWER, Result.CAPTURED) == (lost, fenced)
    assert (Result.UNCONFIRMED, Result.UNCONFIRMED) == early
    assert Result.CAPTURED is gateway.look_up(object_id).result


def test_wrong_amounts_and_currencies_are_told_as_they_are() -> None:
    """The answer, the look-up and the books name what was captured, not what was asked."""
    gateway = SimulatorGateway(clock=TurnedClock())
    less, other = charge_of("tok_wrong_amount"), charge_of("tok_wrong_currency")

    answers = [charged(gateway, less).amount, charged(gateway, other).amount]

    assert [usd(4998), Money(4999, "EUR")] == answers
    assert answers == [line.amount for line in gateway.audit.charges()]


def test_a_pending_charge_settles_by_itself() -> None:
    """PENDING cannot be cancelled, and is captured when its time has come."""
    clock = TurnedClock()
    gateway = SimulatorGateway(clock=clock)
    request = charge_of("tok_pending_120")
    answer = charged(gateway, request)

    held = gateway.cancel(str(answer.object_id), request.reference).result
    clock.forward(seconds=121)

    assert (Result.PENDING, Result.NO_ANSWER) == (answer.result, held)
    assert Result.CAPTURED is gateway.look_up(str(answer.object_id)).result
    assert START + timedelta(seconds=120) == gateway.audit.charges()[0].at


# capability classes


def test_without_a_fence_the_cancel_says_so() -> None:
    """A charge-now gateway cannot cancel: nothing definite, or that it had won."""
    gateway = SimulatorGateway(clock=TurnedClock(), capabilities=KEYED)
    request, declined = charge_of("tok_success"), charge_of("tok_soft")

    object_id = str(gateway.confirm(request.reference, request).object_id)
    gateway.confirm(declined.reference, declined)

    assert Result.CREATED is gateway.create(request).result
    assert Result.CAPTURED is gateway.cancel(object_id, request.reference).result
    assert Result.NO_ANSWER is gateway.cancel(declined.reference, declined.reference).result
    assert Result.CAPTURED is gateway.look_up(request.reference).result


def test_a_key_protects_for_its_lifetime_and_no_longer() -> None:
    """One step with keys: a repetition within a day replays, after it charges again."""
    clock = TurnedClock()
    gateway = SimulatorGateway(clock=clock, capabilities=KEYED)
    request = charge_of("tok_success")

    first, second = (gateway.confirm(request.reference, request) for _ in range(2))
    within = gateway.audit.double_charges()
    clock.forward(hours=24, seconds=1)
    gateway.confirm(request.reference, request)

    assert first == second
    assert (0, 1) == (within, gateway.audit.double_charges())


def test_without_keys_every_repetition_is_another_charge() -> None:
    """One step, no keys: only `find` can tell whether the first one arrived."""
    gateway = SimulatorGateway(clock=TurnedClock(), capabilities=BARE)
    request = charge_of("tok_lost_answer")

    lost = gateway.confirm(request.reference, request).result
    found = gateway.find(request.reference)
    gateway.confirm(request.reference, request)

    assert (Result.NO_ANSWER, Result.CAPTURED) == (lost, found.result)
    assert 1 == gateway.audit.double_charges()
    assert usd(2 * 4999) == gateway.audit.balance(request.reference, "USD")


def test_a_late_request_may_outlive_its_key() -> None:
    """With keys alone, a request that executes after the key expired is a second charge; with a fence it is not."""
    doubles = []
    for capabilities in (KEYED, FENCING):
        clock = TurnedClock()
        gateway = SimulatorGateway(clock=clock, capabilities=capabilities)
        request = charge_of("tok_late_172800")
        object_id = str(gateway.create(request).object_id)
        gateway.confirm(object_id, request)
        gateway.confirm(object_id, request)
        clock.forward(days=3)
        gateway.tick()
        doubles.append(gateway.audit.double_charges())

    assert [1, 0] == doubles


# accidents


def outcomes(seed: int) -> list[Result]:
    """What forty charges meet under that seed."""
    faults = Faults(seed, lost_answer=0.2, lost_request=0.2, zombie=0.1, outage=0.1, server_error=0.1, soft_decline=0.1)
    gateway = SimulatorGateway(clock=TurnedClock(), faults=faults)
    return [charged(gateway, charge_of("tok_success", reference=f"att_{n}")).result for n in range(40)]


def test_the_same_seed_is_the_same_history() -> None:
    """Two runs of a seed agree; another seed differs."""
    assert outcomes(7) == outcomes(7)
    assert outcomes(7) != outcomes(8)


def test_the_order_of_calls_does_not_change_a_fate() -> None:
    """A message's fate hangs on its reference, step and count, not on what others do."""
    faults = Faults(3, lost_answer=0.5)

    def fates(order: Callable[[list[int]], object]) -> dict[int, Result]:
        gateway, numbers = SimulatorGateway(clock=TurnedClock(), faults=faults), list(range(20))
        order(numbers)
        return {n: gateway.create(charge_of("tok_success", reference=f"att_{n}")).result for n in numbers}

    assert fates(list.sort) == fates(list.reverse)


@pytest.mark.parametrize("rate", ["lost_answer", "lost_request", "zombie", "outage", "server_error"])
def test_a_certain_fault_never_gives_an_answer(rate: str) -> None:
    """Each fault at rate 1 makes sending NO_ANSWER; healed, the same request gets through."""
    clock = TurnedClock()
    gateway = SimulatorGateway(clock=clock, faults=Faults(1, **{rate: 1.0}))
    request = charge_of("tok_success")

    lost = gateway.create(request).result
    gateway.behave(CALM)
    clock.forward(days=3)

    assert Result.NO_ANSWER is lost
    assert Result.CREATED is gateway.create(request).result


def test_an_outage_closes_the_books() -> None:
    """While it cannot be asked, the books are Unavailable and look-ups are no answer."""
    gateway = SimulatorGateway(clock=TurnedClock(), faults=Faults(1, outage=1.0))

    with pytest.raises(Unavailable):
        gateway.charges(START, START + timedelta(days=1))
    assert Result.NO_ANSWER is gateway.look_up("sim_x").result
    assert Result.NO_ANSWER is gateway.find(AttemptId("att_x")).result


def test_latency_is_slept_within_its_bounds() -> None:
    """The sleep that was handed in gets between half and one and a half of the latency."""
    slept: list[float] = []
    gateway = SimulatorGateway(clock=TurnedClock(), faults=Faults(1, latency_ms=100), sleep=slept.append)

    for _ in range(50):
        gateway.create(charge_of("tok_success"))

    assert 50 == len(slept)
    assert all(0.05 <= seconds <= 0.15 for seconds in slept)


@pytest.mark.parametrize("rate", [-0.1, 1.1])
def test_a_rate_lies_between_zero_and_one(rate: float) -> None:
    """Other rates are refused."""
    with pytest.raises(ValueError):
        Faults(1, lost_answer=rate)


def test_fenced_attempts_never_charge_twice_whatever_happens() -> None:
    """Three hundred obligations under heavy faults, each with fenced attempts: no obligation is charged twice."""
    clock = TurnedClock()
    faults = Faults(
        11, lost_answer=0.15, lost_request=0.1, zombie=0.15, outage=0.1, server_error=0.1, soft_decline=0.1, lag=0.2
    )
    gateway = SimulatorGateway(clock=clock, faults=faults)
    for obligation in range(300):
        for number in range(3):
            request = charge_of("tok_success", reference=f"att_{obligation}_{number}")
            object_id = gateway.create(request).object_id
            if object_id is None:
                continue
            gateway.confirm(object_id, request)
            clock.forward(minutes=7)
            fenced = gateway.cancel(object_id, request.reference).result
            if fenced is not Result.CANCELLED:
                break
    clock.forward(days=4)
    gateway.tick()

    assert 0 == gateway.audit.double_charges(lambda reference: reference.rsplit("_", 1)[0])
    assert len(gateway.audit.charges()) > 50


# books


def test_the_file_keeps_the_books_over_a_restart(tmp_path: Path) -> None:
    """Objects, keys, counts and late requests survive; a repeated confirm replays after the restart."""
    clock, path = TurnedClock(), tmp_path / "books.sqlite"
    first = FileLedger(path)
    gateway = SimulatorGateway(clock=clock, ledger=first)
    done, late = charge_of("tok_success"), charge_of("tok_late")
    before = charged(gateway, done)
    object_id = str(gateway.create(late).object_id)
    gateway.confirm(object_id, late)
    gateway.refund(refund_of(str(before.object_id), usd(99)))
    first.close()

    second = FileLedger(path)
    again = SimulatorGateway(clock=clock, ledger=second)
    replayed = again.confirm(str(before.object_id), done)
    clock.forward(hours=2)
    arrived = again.look_up(object_id).result
    balance, doubles = again.audit.balance(done.reference, "USD"), again.audit.double_charges()
    second.close()

    assert before == replayed
    assert Result.CAPTURED is arrived
    assert (usd(4900), 0) == (balance, doubles)


def test_two_processes_share_one_file(tmp_path: Path) -> None:
    """Two ledgers on one file, eight threads: one object is captured once, counts are not lost."""
    clock, path = TurnedClock(), tmp_path / "books.sqlite"
    ledgers = [FileLedger(path), FileLedger(path)]
    gateways = [SimulatorGateway(clock=clock, ledger=ledger) for ledger in ledgers]
    request = charge_of("tok_success")
    object_id = str(gateways[0].create(request).object_id)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda n: gateways[n % 2].confirm(object_id, request), range(16)))
        soft = list(pool.map(lambda n: charged(gateways[n % 2], charge_of("tok_soft_first_5")).result, range(16)))
    charges = gateways[1].audit.charges(request.reference)
    for ledger in ledgers:
        ledger.close()

    assert {Result.CAPTURED} == {answer.result for answer in answers}
    assert 1 == len(charges)
    assert 5 == soft.count(Result.DECLINED)


def test_a_call_costs_little() -> None:
    """A charge is cheap enough for a million simulated histories: it calls few functions, the last as the first."""
    gateway = SimulatorGateway(clock=TurnedClock())
    first, *others, last = [charge_of("tok_success") for _ in range(500)]

    costs = [_calls(lambda: charged(gateway, first))]
    for request in others:
        charged(gateway, request)
    costs.append(_calls(lambda: charged(gateway, last)))

    assert 0 < costs[1] <= costs[0] < 200


def _calls(act: Callable[[], object]) -> int:
    """How many functions of Python it calls."""
    called: list[str] = []

    def note(_frame: object, event: str, _argument: object) -> None:
        if event == "call":
            called.append(event)

    sys.setprofile(note)
    try:
        act()
    finally:
        sys.setprofile(None)
    return len(called)


def test_a_changed_confirm_is_refused_by_its_key() -> None:
    """The same reference and step with another body captures nothing more and is no answer."""
    gateway = SimulatorGateway(clock=TurnedClock())
    request = charge_of("tok_success")
    object_id = str(gateway.create(request).object_id)
    gateway.confirm(object_id, request)

    answer = gateway.confirm(object_id, evolve(request, amount=usd(1)))

    assert (Result.NO_ANSWER, "idempotency_error") == (answer.result, answer.code)
    assert 1 == len(gateway.audit.charges())


# the server


def posted(url: str, body: bytes, kind: str = "application/json") -> tuple[int, bytes, str]:
    """Status, body and final address of a POST."""
    try:
        with build_opener().open(Request(url, body, {"Content-Type": kind}), timeout=30) as answer:
            return answer.status, answer.read(), answer.url
    except HTTPError as error:
        with error:
            return error.code, error.read(), url


def test_a_form_turns_a_card_number_into_a_token() -> None:
    """`POST /tokens` answers a fresh token for each test number, and 402 for any other."""
    gateway = SimulatorGateway(clock=TurnedClock())
    with served(make_simulator_app(gateway)) as address:
        body = json.dumps({"number": "4000 0000 0000 9995", "exp_month": 4, "exp_year": 2031}).encode()
        tokens = [json.loads(posted(f"{address}/tokens", body)[1])["token"] for _ in range(2)]
        other = posted(f"{address}/tokens", b'{"number": "4111"}')[0]
        broken = posted(f"{address}/tokens", b"[")[0]

    assert 2 == len(set(tokens))
    assert Result.DECLINED is charged(gateway, charge_of(tokens[0])).result
    assert (402, 400) == (other, broken)


def test_the_three_d_secure_page_completes_the_charge() -> None:
    """The action's address leads to a page whose button captures the charge and sends the buyer back."""
    clock = TurnedClock()
    gateway = SimulatorGateway(clock=clock)
    with served(make_simulator_app(gateway)) as address:
        request = evolve(charge_of("tok_action"), return_url=f"{address}/health")
        object_id = str(charged(gateway, request).object_id)
        page = f"{address}/actions/{object_id}"
        with build_opener().open(page, timeout=30) as shown:
            html = shown.read().decode()
        form = "application/x-www-form-urlencoded"
        nonsense = posted(page, b"answer=maybe", form)[0]
        status, _, landed = posted(page, urlencode({"answer": "complete"}).encode(), form)
        nowhere = posted(f"{address}/actions/sim_none", b"answer=fail", form)[0]

    assert "Confirm the payment" in html
    assert (400, 200, 404) == (nonsense, status, nowhere)
    assert landed.endswith("/health")
    assert Result.CAPTURED is gateway.look_up(object_id).result


def test_a_lost_answer_is_a_broken_connection() -> None:
    """Over the wire the client meets a reset, says NO_ANSWER, and goes on with a fresh connection."""
    gateway = SimulatorGateway(clock=TurnedClock())
    with served(make_simulator_app(gateway)) as address:
        client = HttpSimulatorGateway(address, timeout=30)
        request = charge_of("tok_lost_answer")
        object_id = str(client.create(request).object_id)
        lost = client.confirm(object_id, request)
        books = client.audit_charges()
        client.close()

    assert (Result.NO_ANSWER, "no_connection") == (lost.result, lost.code)
    assert gateway.audit.charges() == books


def test_a_server_that_is_not_there_is_no_answer() -> None:
    """Nobody listening: every verb is NO_ANSWER, the books are Unavailable."""
    with served(make_simulator_app(SimulatorGateway(clock=TurnedClock()))) as address:
        client = HttpSimulatorGateway(address, timeout=2)
    request = charge_of("tok_success")

    answers = [
        client.create(request),
        client.confirm("sim_x", request),
        client.look_up("sim_x"),
        client.find(request.reference),
        client.cancel("sim_x", request.reference),
        client.refund(refund_of("sim_x", usd(1))),
        client.find_refund(refund_of("sim_x", usd(1))),
    ]

    assert {Result.NO_ANSWER} == {answer.result for answer in answers}
    with pytest.raises(Unavailable):
        client.charges(START, START)


def test_a_slow_server_is_a_timeout() -> None:
    """An answer that takes longer than the client waits is NO_ANSWER, though the charge was made."""
    gateway = SimulatorGateway(clock=TurnedClock(), faults=Faults(1, latency_ms=600))
    with served(make_simulator_app(gateway)) as address:
        client = HttpSimulatorGateway(address, timeout=0.2)
        answer = client.create(charge_of("tok_success"))
        time.sleep(1)
        client.close()

    assert (Result.NO_ANSWER, "timeout") == (answer.result, answer.code)
