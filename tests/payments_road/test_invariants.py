"""Every invariant can be broken, and is then found: rows are written past all rules, one at a time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from hlc_adapters.doctor import Doctor
from hlc_adapters.storage.shape import Shape
from hlc_adapters.storage.shapes.orders import INVOICES, ORDERS
from hlc_adapters.storage.shapes.payments import PAYMENT_ATTEMPTS
from hlc_adapters.storage.shapes.platform import MOVES
from hlc_adapters.storage.shapes.provider_queue import QUEUE_ITEMS
from hlc_adapters.storage.shapes.subscriptions import RECOVERY_CASES, SUBSCRIPTIONS
from hlc_core.identity.api import SignIn, sign_in
from hlc_core.invariants.api import (
    NAMES,
    OF_AGREEMENTS,
    OF_ANSWERS,
    OF_BOOKS,
    OF_FILLS,
    OF_HELD,
    OF_PAYMENTS,
    OF_PEOPLE,
    OF_SEALING,
    Agreements,
    Books,
    Payments,
)
from hlc_core.invoicing.api import InvoiceState
from hlc_core.kernel.errors import Denied
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import AttemptId, InvoiceId, ObligationId, OrganizationId, PatientId
from hlc_core.payments.api import AttemptState, ChargeRequest, Instrument, Purpose
from hlc_core.provider_queue.api import ItemState, ListQueue, RemoveItem
from hlc_core.recovery.api import RecoveryState
from hlc_core.subscriptions.api import (
    PauseSubscription,
    QuoteSwitch,
    ResumeAs,
    ResumeSubscription,
    SwitchSubscription,
    When,
)
from support.refusals import refused
from support.signing import PASSWORD, Reception
from support.worlds import ORGANIZATION, PUBLIC, START, SYSTEM, World, usd


def replace(world: World, shape: Shape[Any], row: Any, **changes: Any) -> None:
    """Put another value in the row's place, past every rule."""
    session = world.services.backend.begin(write=True)
    session.delete(shape, [row])
    session.insert(shape, [evolve(row, **changes)])
    session.commit()


def add(world: World, shape: Shape[Any], row: Any) -> None:
    """A row from nowhere."""
    session = world.services.backend.begin(write=True)
    session.insert(shape, [row])
    session.commit()


def lived(world: World) -> None:
    """A clinic with everything in it: orders, renewals, a failed one, a switch."""
    held = world.subscribe()
    world.subscribe(token="tok_renewal_dead")
    world.buy(world.product())
    for _ in range(2):
        world.buy(world.product(needs_prescription=True))
    waiting = world.ask(ListQueue()).items[0].item
    world.execute(RemoveItem(item=waiting.id, reason="Prescribed at the desk."))
    world.advance(days=31)
    world.bill()
    world.advance(days=3)
    better = world.plan(39900, name="Better")
    quote = world.ask(QuoteSwitch(subscription=held.id, product=better.id, when=When.NOW))
    command = SwitchSubscription(subscription=held.id, product=better.id, when=When.NOW, quote_hash=quote.hash)
    world.services.switch_subscription(command, SYSTEM)
    world.advance(days=40)
    world.bill()
    world.sound()


def attempt(world: World, purpose: Purpose, state: AttemptState = AttemptState.PAID) -> Any:
    return next(a for a in world.attempts() if a.payment.purpose is purpose and a.state is state)


def renewal(world: World) -> Any:
    """A paid invoice of a cycle."""
    return next(i for i in world.rows(INVOICES) if i.subscription is not None and i.state is InvoiceState.PAID)


def lost_number(world: World) -> None:
    paid = attempt(world, Purpose.RENEWAL)
    replace(world, PAYMENT_ATTEMPTS, paid, number=3)


def forgotten(world: World) -> None:
    paid = attempt(world, Purpose.CHECKOUT)
    stuck = evolve(
        paid,
        id=AttemptId("att_zz"),
        payment=evolve(paid.payment, obligation=ObligationId("cart_zz")),
        state=AttemptState.UNKNOWN,
        sent_at=world.clock.now() - timedelta(days=9),
        object_id="sim_zz",
    )
    add(world, PAYMENT_ATTEMPTS, stuck)


def order_lost(world: World) -> None:
    checkout = next(o for o in world.rows(ORDERS) if o.source.context == "checkout")
    replace(world, ORDERS, checkout, invoice=None, paid=False)


def unpaid_invoice(world: World) -> None:
    paid = renewal(world)
    replace(world, INVOICES, paid, state=InvoiceState.OPEN)


def still_waiting(world: World) -> None:
    done = attempt(world, Purpose.SWITCH)
    held = next(s for s in world.rows(SUBSCRIPTIONS) if done.payment.obligation.startswith(s.id))
    other = world.plan(name="Other")
    quote = world.ask(QuoteSwitch(subscription=held.id, product=other.id, when=When.PERIOD_END))
    waiting = evolve(quote, hash=done.payment.obligation.rpartition(":")[2])
    replace(world, SUBSCRIPTIONS, held, change=waiting)


def refunded_too_much(world: World) -> None:
    replace(world, PAYMENT_ATTEMPTS, attempt(world, Purpose.CHECKOUT), refunded=usd(1))


def paid_out_of_thin_air(world: World) -> None:
    replace(world, PAYMENT_ATTEMPTS, attempt(world, Purpose.RENEWAL), id=AttemptId("att_zz"), object_id="sim_zz")


def stray_charge(world: World) -> None:
    stray = ChargeRequest(
        reference=AttemptId("att_stray"),
        organization=OrganizationId("org_clinic"),
        amount=usd(700),
        instrument=Instrument(token="tok_success"),
        off_session=False,
    )
    world.bank.confirm(str(world.bank.create(stray).object_id), stray)


def renewal_without_order(world: World) -> None:
    paid = renewal(world)
    order = next(o for o in world.rows(ORDERS) if o.invoice == paid.id)
    replace(world, ORDERS, order, invoice=None, paid=False)


def subscription_behind(world: World) -> None:
    paid = renewal(world)
    held = next(s for s in world.rows(SUBSCRIPTIONS) if s.id == paid.subscription)
    replace(world, SUBSCRIPTIONS, held, cycle=1)


def days_billed_twice(world: World) -> None:
    first, second = sorted(
        (i for i in world.rows(INVOICES) if i.subscription == renewal(world).subscription), key=lambda i: i.cycle
    )
    replace(world, INVOICES, second, period_start=first.period_start, lines=first.lines)


def money_from_nowhere(world: World) -> None:
    held = world.rows(SUBSCRIPTIONS)[0]
    replace(world, SUBSCRIPTIONS, held, charged=held.charged + usd(1))


def number_lost(world: World) -> None:
    last = max(world.rows(INVOICES), key=lambda i: i.number)
    replace(world, INVOICES, last, number=last.number + 1)


def order_paid_by_nobody(world: World) -> None:
    open_invoice = next(i for i in world.rows(INVOICES) if i.state is InvoiceState.OPEN)
    order = next(o for o in world.rows(ORDERS) if o.invoice == open_invoice.id)
    replace(world, ORDERS, order, paid=True)


def case_closed_early(world: World) -> None:
    replace(world, RECOVERY_CASES, world.rows(RECOVERY_CASES)[0], state=RecoveryState.RESOLVED)


def case_lost(world: World) -> None:
    owed = {i.id for i in world.rows(INVOICES) if i.state is InvoiceState.OPEN}
    session = world.services.backend.begin(write=True)
    session.delete(RECOVERY_CASES, [case for case in world.rows(RECOVERY_CASES) if case.invoice in owed])
    session.commit()


def jump(world: World) -> None:
    paid = attempt(world, Purpose.RENEWAL)
    move = next(m for m in world.rows(MOVES) if m.subject == paid.id and m.target == "paid")
    replace(world, MOVES, move, source="closed")


def _queued(world: World, state: ItemState) -> Any:
    """An item of the provider queue that stands there."""
    return next(one for one in world.rows(QUEUE_ITEMS) if one.state is state)


def _of_item(world: World, item: Any) -> Any:
    """Its invoice."""
    return next(one for one in world.rows(INVOICES) if one.id == item.subject)


def processed_by_a_payment(world: World) -> None:
    invoice = _of_item(world, _queued(world, ItemState.WAITING))
    replace(world, INVOICES, invoice, prescribing=evolve(invoice.prescribing, processed=True))


def left_by_itself(world: World) -> None:
    invoice = _of_item(world, _queued(world, ItemState.REMOVED))
    replace(world, INVOICES, invoice, prescribing=evolve(invoice.prescribing, processed=False))


def a_strangers_prescription(world: World) -> None:
    item = _queued(world, ItemState.WAITING)
    replace(world, QUEUE_ITEMS, item, patient=PatientId("pat_zz"))


def lost_item(world: World) -> None:
    item = _queued(world, ItemState.WAITING)
    replace(world, QUEUE_ITEMS, item, state=ItemState.REMOVED)


BREAKS: dict[str, Callable[[World], None]] = {
    "attempts_are_numbered_without_gaps": lost_number,
    "no_attempt_outlives_its_deadline": forgotten,
    "a_paid_checkout_has_its_order": order_lost,
    "a_paid_debt_is_settled": unpaid_invoice,
    "a_paid_change_is_carried_out": still_waiting,
    "refunds_never_exceed_the_capture": refunded_too_much,
    "what_is_paid_is_in_the_books": paid_out_of_thin_air,
    "every_charge_has_its_attempt": stray_charge,
    "a_paid_renewal_has_its_order": renewal_without_order,
    "cycles_follow_their_invoices": subscription_behind,
    "periods_do_not_overlap": days_billed_twice,
    "an_open_bill_is_collected": case_lost,
    "money_is_conserved": money_from_nowhere,
    "invoice_numbers_have_no_gaps": number_lost,
    "a_paid_order_has_a_paid_invoice": order_paid_by_nobody,
    "a_recovery_is_resolved_with_its_invoice": case_closed_early,
    "moves_follow_their_machine": jump,
    "nothing_waits_without_a_reason": processed_by_a_payment,
    "what_left_was_decided": left_by_itself,
    "strangers_are_withheld": a_strangers_prescription,
    "every_reason_has_its_item": lost_item,
}
"""What breaks each invariant in a database. Those that are missing are kept by unique indexes: see below."""


@pytest.mark.parametrize("name", sorted(BREAKS))
def test_a_broken_invariant_is_found(memory_world: World, name: str) -> None:
    """Sound books have no finding; one row written past the rules is found, with what it means and what to do."""
    lived(memory_world)

    BREAKS[name](memory_world)
    found = memory_world.services.check_invariants(SYSTEM, settle_seconds=0, days=4000)

    mine = [finding for finding in found if finding.invariant == name]
    assert mine, [finding.invariant for finding in found]
    assert all(finding.subjects and finding.means and finding.remedy for finding in mine)


@pytest.mark.parametrize("spoilt", ["failed", None, "done"])
def test_a_sign_in_begins_in_no_clinic_and_ends_in_one(memory_world: World, spoilt: str | None) -> None:
    """Its first step stands in the books of the platform: read together there is no gap. One that is made is found."""
    reception = Reception(memory_world)
    reception.person()
    sign_in(SignIn(email="ada@example.com", password=PASSWORD), reception.porter)
    assert () == memory_world.services.check_invariants(SYSTEM, settle_seconds=0)

    step = next(m for m in memory_world.rows(MOVES) if m.machine == "login" and m.target == "done")
    replace(memory_world, MOVES, step, source=spoilt)

    found = memory_world.services.check_invariants(SYSTEM, settle_seconds=0)
    assert ["moves_follow_their_machine"] == [finding.invariant for finding in found]


def test_the_steps_of_a_sign_in_are_read_together_in_every_database(world: World) -> None:
    """Where row policies keep clinics and the platform apart, too."""
    reception = Reception(world)
    reception.person()
    sign_in(SignIn(email="ada@example.com", password=PASSWORD), reception.porter)

    assert () == world.services.check_invariants(SYSTEM, settle_seconds=0)


def test_what_unique_indexes_forbid_is_looked_after_all_the_same(memory_world: World) -> None:
    """Two payments of one debt, two invoices of one cycle, two captures of one attempt: found in the facts."""
    world = memory_world
    lived(world)
    paid, invoice = attempt(world, Purpose.RENEWAL), renewal(world)
    charge = next(c for c in world.bank.charges(START, world.clock.now()) if c.reference == paid.id)
    twice = evolve(paid, id=AttemptId("att_zz"), number=2)
    payments = Payments(now=world.clock.now(), attempts=[paid, twice])
    agreements = Agreements(invoices=[invoice, evolve(invoice, id=InvoiceId("inv_zz"))])
    books = Books(gateway="simulator", charges=[charge, evolve(charge, object_id="sim_zz")], attempts=[paid])

    found = [
        *(f.invariant for rule in OF_PAYMENTS[:2] for f in rule(payments)),
        *(f.invariant for f in OF_AGREEMENTS[0](agreements)),
        *(f.invariant for f in OF_BOOKS[1](books)),
    ]

    assert UNIQUE == found
    beside = (*OF_ANSWERS, *OF_HELD, *OF_PEOPLE, *OF_SEALING)  # tested where what they look at is tested
    elsewhere = {rule.__name__ for rule in beside}
    assert {*BREAKS, *UNIQUE} | elsewhere == set(NAMES) - set(OF_FILLS)


UNIQUE = [
    "one_paid_attempt_an_obligation",
    "one_unclosed_attempt_an_obligation",
    "one_invoice_a_cycle",
    "one_charge_a_reference",
]


def test_a_pause_that_begins_a_new_period_bills_no_day_twice(memory_world: World) -> None:
    """The days that were paid behind the pause come back as credit; the doctor knows. Found by a simulation."""
    world = memory_world
    held = world.subscribe()
    world.advance(days=31)
    world.bill()
    world.advance(days=5)
    world.execute(PauseSubscription(subscription=held.id, when=When.NOW))
    world.advance(days=7)
    world.execute(ResumeSubscription(subscription=held.id, resume_as=ResumeAs.NEW_PERIOD))
    world.bill()

    assert () == world.services.check_invariants(SYSTEM, settle_seconds=0, days=4000)


def test_what_is_too_young_is_not_compared_with_the_books(memory_world: World) -> None:
    """A charge of this minute may not have arrived in our books yet."""
    world = memory_world
    stray_charge(world)

    young = world.services.check_invariants(SYSTEM, settle_seconds=60)
    world.advance(seconds=61)
    old = world.services.check_invariants(SYSTEM, settle_seconds=60)

    assert ((), ["every_charge_has_its_attempt"]) == (young, [finding.invariant for finding in old])


def test_the_check_reads_to_the_last_page(memory_world: World) -> None:
    """Books of many pages: nothing is missed at the end, and the moves of one row are not torn apart."""
    world = memory_world
    lived(world)
    doctor = Doctor(
        backend=world.services.backend, gateways=world.services.gateways, clock=world.clock,
        rotation=world.services.rotation, page=2,
    )  # fmt: skip

    sound = doctor.check(ORGANIZATION, timedelta(0), START)
    number_lost(world)
    broken = doctor.check(ORGANIZATION, timedelta(0), START)

    assert ((), ["invoice_numbers_have_no_gaps"]) == (sound, [finding.invariant for finding in broken])


def test_a_cart_paid_with_a_second_card_is_sound_on_any_page(memory_world: World) -> None:
    """The first try and the one that was paid may fall on two pages. Found by a simulation."""
    world = memory_world
    cart = world.cart(world.plan())
    world.pay(cart, "tok_hard")
    world.settle()
    world.advance(minutes=1)
    world.pay(cart, "tok_success")
    doctor = Doctor(
        backend=world.services.backend, gateways=world.services.gateways, clock=world.clock,
        rotation=world.services.rotation, page=1,
    )  # fmt: skip

    assert () == doctor.check(ORGANIZATION, timedelta(0), START)


def test_only_auditors_may_look(memory_world: World) -> None:
    """The public may not read the books of a clinic."""
    with refused(Denied):
        memory_world.services.check_invariants(PUBLIC)
