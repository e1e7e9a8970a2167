"""The retry policy as a function of facts: it is total, it ends, and it keeps its distances."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from hlc_core.kernel.ids import AttemptId, InvoiceId, MethodId, OrganizationId, PatientId, RecoveryId, SubscriptionId
from hlc_core.kernel.money import Money
from hlc_core.payments.api import DeclineClass
from hlc_core.recovery.ladder import (
    FREE_OUTAGES,
    Ending,
    GiveUp,
    LadderFacts,
    MethodFact,
    NeedsPaymentMethod,
    RetryOn,
    Stop,
    decide,
    delay,
    patience,
    reminds,
)
from hlc_core.recovery.machine import RecoveryState
from hlc_core.recovery.model import RecoveryCase, TryKind

DAY = date(2026, 3, 1)
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)

delay_lists = st.lists(st.integers(-1, 40), max_size=5).map(tuple)
declines = st.sampled_from(DeclineClass)
facts = st.builds(
    LadderFacts,
    today=st.dates(date(2026, 1, 1), date(2027, 1, 1)),
    ended=st.none() | st.sampled_from(Ending),
    decline=st.none() | declines,
    retries=st.integers(0, 8),
    max_retries=st.integers(0, 8),
    outages=st.integers(0, 8),
    delays=delay_lists,
    last_try_on=st.dates(date(2026, 1, 1), date(2027, 1, 1)),
    method=st.sampled_from(MethodFact),
    budget_used=st.integers(0, 20),
    budget=st.integers(0, 20),
    waiting_since=st.none() | st.dates(date(2025, 6, 1), date(2027, 1, 1)),
)


def case(max_retries: int = 3) -> RecoveryCase:
    return RecoveryCase(
        id=RecoveryId("rec_1"),
        organization=OrganizationId("org_1"),
        invoice=InvoiceId("inv_1"),
        subscription=SubscriptionId("sub_1"),
        cycle=2,
        patient=PatientId("pat_1"),
        amount=Money(9900, "USD"),
        state=RecoveryState.RETRY_SCHEDULED,
        max_retry_count=max_retries,
        opened_at=NOW,
    )


@given(facts)
def test_every_combination_of_facts_has_one_answer_that_its_facts_explain(given_facts: LadderFacts) -> None:
    """Ended debts stop, spent ladders give up, dead methods ask the patient, all else is retried."""
    decision = decide(given_facts)

    match decision:
        case Stop(ending):
            assert given_facts.ended is ending
        case GiveUp(Ending.EXHAUSTED):
            assert given_facts.retries >= given_facts.max_retries
        case GiveUp(ending):
            assert Ending.WAITED_OUT is ending
            assert given_facts.waiting_since is not None
            assert given_facts.today > given_facts.waiting_since
        case NeedsPaymentMethod(until, why):
            assert until > given_facts.today
            assert why
        case RetryOn():
            assert given_facts.ended is None
            assert given_facts.retries < given_facts.max_retries
            assert given_facts.method in {MethodFact.USABLE, MethodFact.FRESH}
            assert given_facts.budget_used < given_facts.budget
            if given_facts.method is MethodFact.USABLE:
                assert given_facts.decline not in {DeclineClass.HARD, DeclineClass.NEEDS_ACTION}


@given(delay_lists, st.integers(0, 30))
def test_delays_follow_the_list_and_its_last_repeats(delays: tuple[int, ...], retries: int) -> None:
    """Retry 0 uses the first delay, retry 1 the second, beyond the list the last; never less than a day."""
    expected = 1 if not delays else max(1, delays[retries] if retries < len(delays) else delays[-1])

    assert expected == delay(delays, retries)


@given(st.integers(0, 6), st.lists(declines, min_size=60, max_size=60), delay_lists)
def test_the_ladder_ends_whatever_the_bank_says(
    max_retries: int, answers: list[DeclineClass], delays: tuple[int, ...]
) -> None:
    """With a bank that never pays, the automatic tries are bounded by the ladder and the free outages."""
    held, today, tries = case(max_retries), DAY, 0
    held = decline(held, "att_0", today, answers[0])
    while True:
        held = held.next(read(held, today, delays), "UTC")
        if held.state is not RecoveryState.RETRY_SCHEDULED:
            break
        assert held.next_on is not None
        assert held.next_on > today
        today, tries = held.next_on, tries + 1
        held = held.started(AttemptId(f"att_{tries}"), TryKind.AUTOMATIC, on=today, at=NOW, method=MethodId("pm_1"))
        held = decline(held, f"att_{tries}", today, answers[tries])

    assert tries <= max_retries + FREE_OUTAGES
    assert held.state in {RecoveryState.FAILED_FINAL, RecoveryState.NEEDS_PAYMENT_METHOD}


@given(
    st.integers(1, 6),
    delay_lists,
    st.lists(st.tuples(st.integers(0, 200), declines), max_size=30),
)
def test_the_patients_own_tries_change_neither_number_nor_spacing_of_ours(
    max_retries: int, delays: tuple[int, ...], manual: list[tuple[int, DeclineClass]]
) -> None:
    """For any interleaving of manual tries the automatic ones are made on exactly the days of the schedule."""
    expected, on = [], DAY
    for retry in range(max_retries):
        on += timedelta(days=delay(delays, retry))
        expected.append(on)

    held = decline(case(max_retries), "att_0", DAY, DeclineClass.SOFT).next(
        read(decline(case(max_retries), "att_0", DAY, DeclineClass.SOFT), DAY, delays), "UTC"
    )
    made: list[date] = []
    by_day: dict[date, list[DeclineClass]] = {}
    for after, answer in manual:
        by_day.setdefault(DAY + timedelta(days=after), []).append(answer)
    for today in (DAY + timedelta(days=n) for n in range(260)):
        for n, answer in enumerate(by_day.get(today, ())):
            held = decline(held, f"own_{today}_{n}", today, answer)
        if held.state is RecoveryState.RETRY_SCHEDULED and held.next_on is not None and held.next_on <= today:
            made.append(today)
            held = held.started(
                AttemptId(f"auto_{today}"), TryKind.AUTOMATIC, on=today, at=NOW, method=MethodId("pm_1")
            )
            held = decline(held, f"auto_{today}", today, DeclineClass.SOFT)
            held = held.next(read(held, today, delays), "UTC")

    assert expected == made
    assert RecoveryState.FAILED_FINAL is held.state
    assert max_retries == held.retry_count


@given(st.lists(st.integers(0, 30), max_size=5).map(tuple), st.integers(0, 10))
def test_the_wait_for_a_method_is_as_long_as_the_schedule_or_thirty_days(
    delays: tuple[int, ...], max_retries: int
) -> None:
    """A patient has at least as long to bring a card as the retries would have taken."""
    schedule = sum(delay(delays, retry) for retry in range(max_retries))

    assert max(30, schedule) == patience(delays, max_retries)


def test_a_fresh_method_is_tried_at_once_even_after_a_hard_decline() -> None:
    """A new card retries open debts at once."""
    held = decline(case(), "att_0", DAY, DeclineClass.HARD)

    assert RetryOn(DAY + timedelta(days=4)) == decide(
        read(held, DAY + timedelta(days=4), (1, 3, 5), method=MethodFact.FRESH)
    )


def test_reminders_begin_at_the_named_retry_and_zero_behaves_as_one() -> None:
    """Reminders are considered only after a retry; notifications off stops them."""
    assert [reminds(n, 0, True) for n in range(3)] == [False, True, True]
    assert [reminds(n, 1, True) for n in range(3)] == [False, True, True]
    assert [reminds(n, 2, True) for n in range(3)] == [False, False, True]
    assert not any(reminds(n, 1, False) for n in range(5))


def decline(held: RecoveryCase, attempt: str, on: date, answer: DeclineClass) -> RecoveryCase:
    return held.declined(AttemptId(attempt), on=on, method=MethodId("pm_1"), decline=answer, message="", now=NOW)


def read(
    held: RecoveryCase, today: date, delays: tuple[int, ...], method: MethodFact = MethodFact.USABLE
) -> LadderFacts:
    return held.facts(today=today, ended=None, method=method, delays=delays, budget=99, budget_used=0)
