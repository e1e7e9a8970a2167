"""What the doctor repairs: what was lost follows after all, and what was not lost does not happen twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from attrs import evolve
from proof.journeys import JOURNEYS, Journey
from proof.pictures import difference, picture

from hlc_adapters.services import Services
from hlc_adapters.storage.shapes.orders import INVOICES, ORDERS
from hlc_adapters.storage.shapes.payments import PAYMENT_ATTEMPTS
from hlc_adapters.storage.shapes.subscriptions import RECOVERY_CASES
from hlc_adapters.worker import Worker
from hlc_core import registry
from hlc_core.application import Application
from hlc_core.audit.api import ListAuditEntries
from hlc_core.billing import api as billing
from hlc_core.billing.api import RunWish
from hlc_core.checkout import api as checkout
from hlc_core.invariants.api import Outcome, RepairKind
from hlc_core.invoicing import api as invoicing
from hlc_core.invoicing.api import InvoiceState, RetellInvoice
from hlc_core.jobs.api import JobName, ListJobs
from hlc_core.kernel.errors import Denied, Missing
from hlc_core.kernel.ids import ObligationId
from hlc_core.organizations.api import GetOrganization
from hlc_core.payments.api import AttemptState, RetellPayment, WakePayment
from hlc_core.recovery import api as recovery
from hlc_core.recovery.api import RecoveryState
from hlc_core.subscriptions import api as subscriptions
from hlc_core.subscriptions.api import QuoteSwitch, SwitchSubscription, When
from support.refusals import refused
from support.worlds import PUBLIC, SYSTEM, World, opened, usd

Reaction = Callable[..., None]


@contextmanager
def losing(world: World, *dropped: Reaction) -> Iterator[None]:
    """The world without these reactions: what should follow is lost."""
    whole = world.services
    kept = tuple(row for row in registry.REACTIONS if row.run not in dropped)
    lame = Application(whole.units, registry.USE_CASES, registry.QUESTIONS, kept)
    driver = evolve(whole.driver, application=lame)

    def start(attempts: Any, envelope: Any) -> Any:
        ended = world.services.collect(attempts, envelope)
        return lambda: ended

    world.services = evolve(
        whole, application=lame, driver=driver, till=evolve(whole.till, driver=driver), start_collecting=start
    )
    try:
        yield
    finally:
        world.services = whole


def run(world: World) -> Services:
    """The billing run, without the look of the test at what it left."""
    world.services.run_billing(RunWish(as_of=world.today), SYSTEM, settle_seconds=0)
    return world.services


def outcomes(world: World) -> set[Outcome]:
    """What became of every finding."""
    return {one.outcome for one in world.services.repair(SYSTEM, settle_seconds=0)}


def test_an_order_that_a_payment_should_have_placed_is_placed(world: World) -> None:
    """The buyer has paid and nothing followed: told again, there is one order, and the card is kept for the next."""
    with losing(world, checkout.complete_when_paid):
        world.buy(world.plan())
    assert [] == world.rows(ORDERS)

    done = world.services.repair(SYSTEM, settle_seconds=0)

    assert [("a_paid_checkout_has_its_order", Outcome.REPAIRED)] == [(d.finding.invariant, d.outcome) for d in done]
    assert 1 == len(world.rows(ORDERS)) == len(world.captured())
    world.sound()
    world.advance(days=31)
    world.bill()
    assert 2 == len(world.captured())


@pytest.mark.parametrize(
    "dropped",
    [(billing.renewals_paid, subscriptions.invoices_paid), (invoicing.on_payments_paid,), (billing.renewals_paid,)],
    ids=["no order", "no money on the invoice", "no order, but advanced"],
)
def test_a_renewal_that_was_paid_is_carried_through(memory_world: World, dropped: tuple[Reaction, ...]) -> None:
    """Money came for a cycle and something did not follow; told again it does, where nothing has gone on since."""
    world = memory_world
    world.subscribe()
    world.advance(days=31)
    with losing(world, *dropped):
        run(world)
    before = {one.invariant for one in world.services.check_invariants(SYSTEM, settle_seconds=0)}

    done = outcomes(world)

    assert before
    if dropped == (billing.renewals_paid,):  # the subscription is past that cycle: whose order it was, a person says
        assert {Outcome.REMAINS} == done
        return
    assert {Outcome.REPAIRED} == done
    assert 2 == len(world.rows(ORDERS)) == len(world.captured())
    world.sound()


def test_a_failed_renewal_that_nobody_follows_up_is_found_and_followed_up(memory_world: World) -> None:
    """A new invariant: an open bill has a live attempt or a recovery case. Told again, the case opens."""
    world = memory_world
    world.subscribe(token="tok_renewal_soft_1")
    world.advance(days=31)
    with losing(world, recovery.renewals_declined, recovery.renewals_closed):
        run(world)
    (found,) = world.services.check_invariants(SYSTEM, settle_seconds=0)
    assert "an_open_bill_is_collected" == found.invariant

    done = outcomes(world)

    assert {Outcome.REPAIRED} == done
    assert [RecoveryState.RETRY_SCHEDULED] == [case.state for case in world.rows(RECOVERY_CASES)]
    world.advance(days=3)
    world.bill()
    assert [RecoveryState.RESOLVED] == [case.state for case in world.rows(RECOVERY_CASES)]


def test_a_case_that_did_not_hear_of_the_money_is_resolved(memory_world: World) -> None:
    """The invoice was paid, and its case is still open: the invoice is told again."""
    world = memory_world
    world.subscribe(token="tok_renewal_soft_1")
    world.advance(days=31)
    run(world)
    world.advance(days=3)
    with losing(world, recovery.invoices_paid):
        run(world)

    assert {Outcome.REPAIRED} == outcomes(world)
    assert [RecoveryState.RESOLVED] == [case.state for case in world.rows(RECOVERY_CASES)]


@pytest.mark.parametrize("token", ["tok_success", "tok_renewal_dead"])
def test_a_change_that_waits_for_a_payment_that_ended_is_ended(memory_world: World, token: str) -> None:
    """A switch whose payment was captured is carried out; one whose payment is dead is given up."""
    world = memory_world
    held, better = world.subscribe(world.plan(19900), token=token), world.plan(39900, name="Better")
    world.advance(days=15)
    quote = world.ask(QuoteSwitch(subscription=held.id, product=better.id, when=When.NOW))
    wish = SwitchSubscription(subscription=held.id, product=better.id, when=When.NOW, quote_hash=quote.hash)
    with losing(world, subscriptions.changes_paid, subscriptions.changes_closed):
        world.execute(wish)
        for _ in range(3):
            world.advance(minutes=10)
            world.settle()
    assert world.subscription(held.id).change is not None

    done = outcomes(world)

    assert {Outcome.REPAIRED} == done
    assert world.subscription(held.id).change is None
    assert 0 == sum(one.state is InvoiceState.OPEN for one in world.rows(INVOICES))
    world.sound()


def test_a_payment_that_the_resolver_forgot_is_looked_at(memory_world: World) -> None:
    """Nobody looked for nine days: woken, it goes the way of the protocol, which here ends with a person."""
    world = memory_world
    view = world.buy(world.product(), token="tok_lost_answer")
    assert view.attempt is not None
    world.advance(days=9)
    (found,) = world.services.check_invariants(SYSTEM, settle_seconds=0)

    done = outcomes(world)

    assert found.repair is not None
    assert RepairKind.WAKE is found.repair.kind
    assert {Outcome.REPAIRED} == done
    assert AttemptState.UNKNOWN is not world.attempts()[0].state
    world.sound()


def test_what_needs_a_person_is_left_alone(memory_world: World) -> None:
    """A charge that nobody knows of is told, and nothing is done about it."""
    world = memory_world
    world.buy(world.product())
    session = world.services.backend.begin(write=True)
    attempt = world.attempts()[0]
    other = evolve(attempt, payment=evolve(attempt.payment, amount=usd(1)), version=attempt.version + 1)
    session.update(PAYMENT_ATTEMPTS, [other])
    session.commit()

    assert Outcome.NEEDS_A_PERSON in outcomes(world)
    assert 1 == len(world.captured())


def test_repairs_stand_in_the_audit_trail(memory_world: World) -> None:
    """Each command of a repair leaves its entry, with who asked for it."""
    world = memory_world
    with losing(world, checkout.complete_when_paid):
        world.buy(world.product())
    world.services.repair(SYSTEM, settle_seconds=0)

    told = [entry.command for entry in world.ask(ListAuditEntries()).items]
    assert {"RetellPayment", "RetellInvoice"} & set(told)


def test_repairing_is_not_for_everybody(memory_world: World) -> None:
    """The shop may not, and there is nothing to tell of a debt that is unknown."""
    with refused(Denied):
        memory_world.services.repair(PUBLIC)
    for command in (RetellPayment, WakePayment, RetellInvoice):
        with refused(Missing):
            memory_world.execute(command(obligation=ObligationId("nobody's")))


def test_a_run_after_which_something_is_wrong_says_so(memory_world: World) -> None:
    """Its record names the invariant and the rows."""
    world = memory_world
    world.subscribe(token="tok_renewal_dead")
    world.advance(days=3)
    world.subscribe(token="tok_renewal_soft_1")
    world.subscribe()
    world.advance(days=28)
    run(world)
    world.advance(days=3)
    with losing(world, recovery.renewals_declined, recovery.renewals_closed):
        done = world.services.run_billing(RunWish(as_of=world.today), SYSTEM, settle_seconds=0)

    assert ["an_open_bill_is_collected"] == [text.split()[0] for text in done.broken]
    assert world.ask(billing.ListBillingRuns())[0].broken == done.broken
    (found,) = world.services.check_invariants(SYSTEM, settle_seconds=0)
    assert [text.partition("(")[2] for text in done.broken] == [f"{', '.join(found.subjects)})"]


def test_the_worker_tells_what_a_run_left_broken(memory_world: World) -> None:
    """In its log by number, on the job's row by name."""
    world, told = memory_world, list[str]()
    world.subscribe(token="tok_renewal_soft_1")
    world.advance(days=31)
    with losing(world, recovery.renewals_declined, recovery.renewals_closed):
        Worker(world.services, told.append).run_jobs(world.ask(GetOrganization()), frozenset({JobName.BILLING}))

    (job,) = (one for one in world.ask(ListJobs()) if one.name is JobName.BILLING)
    assert ["clinic: billing: 1 invariant is broken, ask `hlc doctor`"] == told
    assert "1 broken: an_open_bill_is_collected" in job.outcome


@pytest.mark.parametrize("journey", JOURNEYS, ids=lambda one: one.name)
def test_telling_again_changes_nothing_where_nothing_was_lost(journey: Journey) -> None:
    """After each road every payment and every invoice is told again: everything stands as it stood."""
    with opened() as world:
        act = journey.prepare(world)
        act()
        world.advance(minutes=20)
        world.settle()
        before = picture(world)
        for obligation in dict.fromkeys(one.payment.obligation for one in world.attempts()):
            world.execute(RetellPayment(obligation=obligation))
            world.execute(WakePayment(obligation=obligation))
        for invoice in world.rows(INVOICES):
            world.execute(RetellInvoice(obligation=invoice.obligation))
        world.settle()

        assert () == difference(before, picture(world))
        world.sound()
