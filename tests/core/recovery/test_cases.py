"""Cases as payments, people and disputes move them, on memory storage."""

from __future__ import annotations

from datetime import date

import pytest
from attrs import evolve

from core.billing.world import SYSTEM, World, days
from hlc_adapters.storage.shapes.organizations import ORGANIZATIONS
from hlc_core.kernel.commands import Actor, ActorKind, Envelope
from hlc_core.kernel.errors import Denied
from hlc_core.kernel.ids import ActorId, OrganizationId, PatientId
from hlc_core.organizations.api import RecoverySettings
from hlc_core.payments.api import Instrument, RuleAttempt, SaveMethod, collect
from hlc_core.recovery.api import (
    Ending,
    ListRecoveries,
    NothingToRetry,
    PaymentMethodNeeded,
    RecoveryHeld,
    RecoveryState,
    RenewalPaymentFailed,
    RetryInFlight,
    RetryNow,
)

FEB = date(2026, 2, 28)


def failed(token: str = "tok_soft", **settings: object) -> World:
    """A clinic with one renewal that was declined."""
    world = World(**settings)
    world.subscription("p", method=world.card("p", token))
    world.run(FEB)
    return world


def test_staff_may_retry_at_any_time_and_use_none_of_the_budget() -> None:
    """A try by hand that fails changes neither the count nor the day of the next automatic one."""
    world = failed()
    planned = world.cases[0].next_retry_on

    for _ in range(5):
        started = world.do(RetryNow(recovery=world.cases[0].id))
        collect([started.attempt], world.driver, SYSTEM)

    case = world.cases[0]
    assert (0, planned) == (case.retry_count, case.next_retry_on)
    assert 1 == len(world.events(RenewalPaymentFailed))

    world.replace_card("p", "tok_success")
    started = world.do(RetryNow(recovery=case.id))
    collect([started.attempt], world.driver, SYSTEM)

    assert RecoveryState.RESOLVED is world.cases[0].state
    with pytest.raises(NothingToRetry):
        world.do(RetryNow(recovery=case.id))


def test_a_case_that_failed_for_good_can_still_be_paid() -> None:
    """The debt stays visible, and a retry by hand settles it."""
    world = failed(recovery=RecoverySettings(max_retry_count=0))

    assert RecoveryState.FAILED_FINAL is world.cases[0].state

    world.replace_card("p", "tok_success")
    started = world.do(RetryNow(recovery=world.cases[0].id))
    collect([started.attempt], world.driver, SYSTEM)

    assert (RecoveryState.RESOLVED, Ending.PAID) == (world.cases[0].state, world.cases[0].ending)


def test_retrying_needs_the_permission_and_no_try_under_way() -> None:
    """Without `emr.subscriptions.manage` it is denied; beside an open try it is refused."""
    world = failed()
    nobody = Actor(kind=ActorKind.STAFF, id=ActorId("staff"), organization=OrganizationId("org_clinic"))

    with pytest.raises(Denied):
        world.application.execute(RetryNow(recovery=world.cases[0].id), Envelope(actor=nobody))
    world.do(RetryNow(recovery=world.cases[0].id))
    with pytest.raises(RetryInFlight):
        world.do(RetryNow(recovery=world.cases[0].id))


def test_staff_see_each_open_case_with_its_next_step_and_date() -> None:
    """The queue says what comes next, when, and what may be asked."""
    world = failed()

    (line,) = world.application.ask(ListRecoveries(), SYSTEM).items

    assert ("Retry 1 of 3 on the saved method.", FEB + days(1)) == (line.next_step, line.next_on)
    assert ("retry",) == line.actions
    assert "/patient/invoices?recovery=1" == line.recovery_url
    assert line.auto_charge_message


def test_a_retry_without_an_answer_holds_the_case_until_it_is_known() -> None:
    """Nothing is tried while money is in doubt; when the bank says no after all, the schedule goes on."""
    world = failed()
    world.replace_card("p", "tok_lost_answer")
    world.run(FEB + days(1))

    held = world.cases[0]
    assert held.hold is not None
    assert held.next_retry_on is None
    assert [] == world.actions(FEB + days(5))

    world.clock.instant += days(1)
    world.resolve()

    assert RecoveryState.RESOLVED is world.cases[0].state
    assert 1 == len(world.captured())


def test_quarantine_pauses_recovery_until_somebody_rules() -> None:
    """A wrong amount goes to a person; ruled closed, the case goes on; nothing is tried in between."""
    world = failed()
    world.replace_card("p", "tok_wrong_amount")
    world.run(FEB + days(1))

    assert 1 == len(world.events(RecoveryHeld))
    assert [] == world.actions(FEB + days(60))

    quarantined = world.cases[0].running
    assert quarantined is not None
    world.do(RuleAttempt(attempt=quarantined.attempt, paid=False, evidence="The bank shows no charge."))

    case = world.cases[0]
    assert case.hold is None
    assert case.next_retry_on is not None


def test_a_card_that_expired_before_its_retry_asks_the_patient() -> None:
    """On the day of the retry the method is looked at again; the failure is told with the new status."""
    world = World(recovery=RecoverySettings(retry_delays_days=(5,)))
    world.subscription("p", method=world.card("p", "tok_soft", expires=(2, 2026)))
    world.run(FEB)
    world.run(FEB + days(5))

    assert RecoveryState.NEEDS_PAYMENT_METHOD is world.cases[0].state
    assert 1 == len(world.events(PaymentMethodNeeded))
    assert RecoveryState.NEEDS_PAYMENT_METHOD is world.events(RenewalPaymentFailed)[-1].payment_recovery.status


def test_the_network_budget_counts_all_debts_of_the_card() -> None:
    """Two debts on one card share its budget; beyond it the patient is asked instead."""
    world = World(recovery=RecoverySettings(network_budget=3, max_retry_count=10, retry_delays_days=(1,)))
    method = world.card("p", "tok_soft")
    world.subscription("p", method=method)
    world.subscription("p", method=method)
    for n in range(6):
        world.run(FEB + days(n))

    tries = [made for case in world.cases for made in case.tries]
    assert 3 == len(tries)
    assert {RecoveryState.NEEDS_PAYMENT_METHOD} == {case.state for case in world.cases}


def test_a_new_card_becomes_the_subscriptions_own_when_it_has_paid() -> None:
    """The next renewal is charged to the card that rescued this one."""
    world = failed("tok_hard")
    saved = world.do(
        SaveMethod(patient=PatientId("pat_p"), gateway="simulator", instrument=Instrument(token="tok_success"))
    )
    collect(world.open_attempts, world.driver, SYSTEM)

    assert saved.id == world.rows_of_subscriptions[0].method


def test_the_day_counts_from_when_a_retry_was_really_made() -> None:
    """A run that comes ten days late retries late, and the next distance is kept from there."""
    world = failed()

    world.run(FEB + days(11))

    assert FEB + days(14) == world.cases[0].next_retry_on


def test_a_case_keeps_the_retry_count_it_was_opened_with() -> None:
    """`max_retry_count` is frozen when the case opens; a later setting is for later cases."""
    world = failed(recovery=RecoverySettings(max_retry_count=1))
    session = world.backend.begin(write=True)
    (clinic,) = session.select(ORGANIZATIONS, None)
    more = evolve(clinic.recovery, max_retry_count=9)
    session.update(ORGANIZATIONS, [evolve(clinic, recovery=more, version=clinic.version + 1)])
    session.commit()
    world.restart()

    world.run(FEB + days(1))

    assert (RecoveryState.FAILED_FINAL, 1) == (world.cases[0].state, world.cases[0].max_retry_count)
