"""What the proof has found once stays found: each defect by itself, and the seeds that showed it."""

from __future__ import annotations

from contextlib import suppress

import pytest
from proof.charging import SYSTEM, Counter, Crash
from proof.histories import history

from hlc_adapters.gateways.simulator import BARE, FENCING, KEYED, Faults
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.money import Money
from hlc_core.payments.api import AttemptState, Capabilities, RefundState, RequestRefund, collect, resolve

HOUR = 3600.0
SHORT = evolve(KEYED, longest_flight=6 * 3600)


@pytest.mark.parametrize("seed", [1, 1228, 13_911])
def test_a_seed_that_once_failed_holds(seed: int) -> None:
    """Histories that charged twice, got stuck or disagreed with the books before the protocol was mended."""
    assert () == history(seed).wrong


def test_a_late_request_finds_no_forgotten_key() -> None:
    """A key that is forgotten before the slowest request arrives must not be used again: it would charge twice."""
    counter = Counter(capabilities=KEYED)
    counter.pay("debt", "tok_late_100000", 100, off_session=False)
    for _ in range(60):
        counter.advance(HOUR)
        counter.resolve_due()
    counter.bank.tick()

    assert 1 == len(counter.bank.audit.charges())
    assert [AttemptState.PAID] == [attempt.state for attempt in counter.attempts()]


def test_absence_is_no_proof_while_a_repetition_is_under_way() -> None:
    """Not found counts only when the last repeated request, not the first one, must have arrived."""
    counter = Counter(capabilities=SHORT)
    counter.bank.behave(Faults(zombie=1.0, zombie_after=(5.9 * HOUR, 5.9 * HOUR)))
    counter.pay("debt", "tok_lost_request", 100, off_session=False)
    counter.advance(17 * HOUR)
    counter.resolve_due()
    counter.bank.behave(Faults())
    counter.advance(1.5 * HOUR)
    counter.resolve_due()
    counter.advance(8 * HOUR)
    counter.pay("debt", "tok_success", 100, off_session=False)
    counter.advance(8 * HOUR)
    counter.bank.tick()

    assert 1 == len(counter.bank.audit.charges())


@pytest.mark.parametrize("capabilities", [KEYED, BARE])
def test_what_has_to_wait_is_not_due_again_at_once(capabilities: Capabilities) -> None:
    """A refusal that cannot be fenced waits for the longest flight; the resolver must not spin on it meanwhile."""
    counter = Counter(capabilities=capabilities)
    counter.pay("debt", "tok_hard", 100, off_session=False)
    counter.advance(HOUR)

    first, again = counter.resolve_due(), counter.resolve_due()

    assert first <= 1
    assert 0 == again


@pytest.mark.parametrize("capabilities", [FENCING, KEYED, BARE], ids=["fencing", "keyed", "bare"])
@pytest.mark.parametrize("resolver_first", [True, False])
def test_of_two_that_send_only_one_confirms(capabilities: Capabilities, resolver_first: bool) -> None:
    """The buyer's process stalls while the attempt is open and the resolver takes it up: each is about to confirm.

    Who noted the send second has been counted, and leaves the confirming to the first, or to the resolver later.
    """
    counter = Counter(capabilities=capabilities)
    seen = counter.opened("debt", "tok_success", 100, off_session=False)
    counter.advance(6)
    met: list[str] = []

    def buyer() -> None:
        collect([seen], counter.driver, SYSTEM)

    def resolver() -> None:
        resolve([seen], counter.driver, SYSTEM)

    first, second = (resolver, buyer) if resolver_first else (buyer, resolver)

    def meet(point: str) -> None:
        sent = [AttemptState.SENT] == [attempt.state for attempt in counter.attempts()]
        if point == "gateway.before" and sent and not met:
            met.append(point)
            second()

    counter.probe = meet
    first()
    counter.advance(72 * HOUR)
    counter.resolve_due()
    counter.bank.tick()

    assert 1 == len(met)
    assert 1 == len(counter.bank.audit.charges())
    assert [AttemptState.PAID] == [attempt.state for attempt in counter.attempts()]


def test_what_was_never_confirmed_is_fenced_even_after_the_deadline() -> None:
    """The process died after it had noted the send, and nobody looked for eight days: the object is cancelled."""
    counter = Counter(capabilities=FENCING)
    seen: list[str] = []

    def die(point: str) -> None:
        seen.append(point)
        if seen.count("gateway.before") == 2:
            raise Crash

    counter.probe = die
    with suppress(Crash):
        counter.pay("debt", "tok_success", 100, off_session=False)
    counter.probe = lambda _point: None
    counter.restart()
    assert [AttemptState.SENT] == [attempt.state for attempt in counter.attempts()]
    counter.advance(8 * 24 * HOUR)
    counter.resolve_due()

    assert [AttemptState.CLOSED] == [attempt.state for attempt in counter.attempts()]
    counter.pay("debt", "tok_success", 100, off_session=False)
    assert 1 == len(counter.bank.audit.charges())


def test_a_refund_that_was_sent_late_is_not_given_up_early() -> None:
    """A refund was opened, its sender died, and days later another sent it: the flight begins with the sending."""
    counter = Counter(capabilities=BARE)
    counter.pay("debt", "tok_success", 100, off_session=False)
    paid = counter.attempts()[0]
    counter.application.execute(RequestRefund(attempt=paid.id, amount=Money(60, "USD")), SYSTEM)
    counter.advance(72 * HOUR)
    counter.bank.behave(Faults(zombie=1.0, zombie_after=(24 * HOUR, 24 * HOUR)))
    counter.resolve_due()
    counter.bank.behave(Faults())
    for _ in range(30):
        counter.advance(HOUR)
        counter.resolve_due()

    assert 1 == len(counter.bank.audit.refunds())
    assert [RefundState.REFUNDED] == [refund.state for refund in counter.refunds()]
