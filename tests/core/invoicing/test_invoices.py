"""Invoices: what is owed, what came, what went back; and the laws of their sums."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as some

from core.catalog.shop import CLINIC, NOON, Shop, usd
from hlc_core.invoicing.api import (
    INVOICE,
    Bill,
    DraftInvoice,
    EntryKind,
    Format,
    GetInvoice,
    Invoice,
    InvoiceLine,
    InvoiceOpened,
    InvoicePaid,
    InvoicePartlyPaid,
    InvoiceRefunded,
    InvoicesOfSubscription,
    InvoiceState,
    InvoiceTrigger,
    InvoiceVoided,
    IssueInvoice,
    LayOutInvoice,
    LayOutReceipt,
    ListInvoices,
    MarkUncollectible,
    NotABill,
    NotPaidYet,
    Paying,
    PaymentUnapplied,
    PaymentUnderWay,
    PrintInvoice,
    PrintReceipt,
    RecordPayment,
    RecordRefund,
    RefundExceedsPayment,
    Refunding,
    TooMuchPaid,
    VoidInvoice,
    cycle_obligation,
    draft_invoice,
    get_invoice,
    invoices_of_subscription,
    issue_invoice,
    lay_out_invoice,
    lay_out_receipt,
    list_invoices,
    mark_uncollectible,
    on_payments_paid,
    on_payments_refunded,
    open_invoices,
    pay_invoices,
    print_invoice,
    print_receipt,
    record_payment,
    record_refund,
    refund_invoices,
    void_invoice,
)
from hlc_core.kernel.documents import as_text
from hlc_core.kernel.errors import Invalid
from hlc_core.kernel.ids import AttemptId, ObligationId, PatientId, RefundId, SubscriptionId
from hlc_core.kernel.machine import GuardRefused, IllegalTransition
from hlc_core.kernel.money import Money
from hlc_core.organizations.api import LetterheadSettings
from hlc_core.payments.api import (
    AttemptState,
    Instrument,
    Payment,
    PaymentAttempt,
    PaymentPaid,
    PaymentRefunded,
    Purpose,
)

ADA = PatientId("pat_ada")
SUB = SubscriptionId("sub_1")
DUE = date(2026, 3, 2)


def bill(cents: int = 10_000, obligation: str = "sub_1:1", **more: Any) -> Bill:
    """A bill of one line."""
    line = InvoiceLine(name="Tablets <monthly>", amount=usd(cents))
    return Bill(patient=ADA, obligation=ObligationId(obligation), lines=(line,), due_on=DUE, **more)


def opened(shop: Shop, cents: int = 10_000, obligation: str = "sub_1:1", **more: Any) -> Invoice:
    """An open invoice."""
    return shop.act(open_invoices, (bill(cents, obligation, **more),))[0]


def paying(invoice: Invoice, cents: int, reference: str = "att_1") -> tuple[Paying, ...]:
    """Money for it."""
    return (Paying(invoice=invoice.id, amount=usd(cents), reference=reference),)


def refunding(invoice: Invoice, cents: int, reference: str = "ref_1") -> tuple[Refunding, ...]:
    """Money back."""
    return (Refunding(invoice=invoice.id, amount=usd(cents), reference=reference),)


def paid_event(invoice: Invoice, cents: int, purpose: Purpose = Purpose.RENEWAL, attempt: str = "att_1") -> PaymentPaid:
    """Captured money."""
    return PaymentPaid(
        attempt=AttemptId(attempt),
        obligation=invoice.obligation,
        purpose=purpose,
        owner=invoice.id,
        patient=ADA,
        amount=usd(cents),
        gateway="simulator",
        number=1,
    )


def under_way(shop: Shop, invoice: Invoice) -> None:
    """A card is being charged for it."""
    payment = Payment(
        obligation=invoice.obligation,
        purpose=Purpose.RENEWAL,
        subject=invoice.id,
        patient=ADA,
        amount=invoice.total,
        instrument=Instrument(token="tok_success"),
        gateway="simulator",
        off_session=True,
    )
    attempt = PaymentAttempt(
        id=AttemptId("att_9"),
        organization=invoice.organization,
        payment=payment,
        number=1,
        state=AttemptState.SENT,
        opened_at=NOON,
        request_hash="",
    )
    with shop.open() as env:
        env.attempts.add(attempt)


def test_a_debt_is_billed_once() -> None:
    """Billing an obligation again answers the invoice that stands, even in the same batch, and uses no number."""
    shop = Shop()
    first = opened(shop, subscription=SUB, cycle=1)
    again = shop.act(
        open_invoices, (bill(999), bill(5000, "sub_1:2", subscription=SUB, cycle=2), bill(5000, "sub_1:2"))
    )

    assert first.id == again[0].id
    assert again[1].id == again[2].id
    assert ["INV-000001", "INV-000002"] == [first.display_number, again[1].display_number]
    assert 2 == len(shop.act(invoices_of_subscription, InvoicesOfSubscription(subscription=SUB)))
    assert 2 == len(shop.outbox.of(InvoiceOpened))


def test_a_cycle_has_one_name() -> None:
    """Everybody spells the obligation of a cycle the same way."""
    assert "sub_1:4" == cycle_obligation(SUB, 4)


def test_nothing_to_pay_is_paid() -> None:
    """An invoice over zero needs no charge."""
    shop = Shop()

    assert InvoiceState.PAID is opened(shop, 0).state
    assert 1 == len(shop.outbox.of(InvoicePaid))


@pytest.mark.parametrize(
    ("wrong", "fields"),
    [
        (evolve(bill(), lines=()), {"lines"}),
        (bill(-1), {"lines"}),
        (evolve(bill(), lines=(InvoiceLine(name=" ", amount=Money(1, "EUR"), quantity=0),)), None),
        (evolve(bill(), cycle=1), {"cycle"}),
    ],
)
def test_what_cannot_be_billed_names_every_field(wrong: Bill, fields: set[str] | None) -> None:
    """All faults are told at once."""
    with pytest.raises(NotABill) as refusal:
        Shop().act(open_invoices, (wrong,))

    expected = fields or {"lines[0].amount", "lines[0].quantity", "lines[0].name"}
    assert expected == {fault.field for fault in refusal.value.faults}


def test_a_payment_in_two_parts() -> None:
    """Half leaves it open, the rest pays it; a repeated reference changes and tells nothing."""
    shop = Shop()
    invoice = opened(shop)
    half = shop.act(pay_invoices, paying(invoice, 4000, "a"))[0]
    again = shop.act(pay_invoices, paying(invoice, 4000, "a"))[0]
    whole = shop.act(pay_invoices, paying(invoice, 6000, "b"))[0]

    assert (InvoiceState.OPEN, usd(6000)) == (half.state, half.balance)
    assert half == again
    assert (InvoiceState.PAID, NOON) == (whole.state, whole.paid_at)
    assert (1, 1) == (len(shop.outbox.of(InvoicePartlyPaid)), len(shop.outbox.of(InvoicePaid)))


def test_overpaying_is_refused_with_the_balance_named() -> None:
    """Never clipped: the refusal names what is left."""
    shop = Shop()
    invoice = opened(shop)
    shop.act(pay_invoices, paying(invoice, 4000, "a"))

    with pytest.raises(TooMuchPaid, match=r"balance is 60\.00 USD"):
        shop.act(pay_invoices, paying(invoice, 6001, "b"))
    with pytest.raises(TooMuchPaid):
        shop.act(pay_invoices, paying(invoice, 0, "b"))


def test_refunds_never_exceed_what_was_paid() -> None:
    """Partial, then the rest; one cent more is refused; the last one says that it is all back."""
    shop = Shop()
    invoice = opened(shop)
    with pytest.raises(RefundExceedsPayment):
        shop.act(refund_invoices, refunding(invoice, 1))
    shop.act(pay_invoices, paying(invoice, 10_000))
    for reference, cents in (("r1", 3000), ("r1", 3000), ("r2", 7000)):
        shop.act(refund_invoices, refunding(invoice, cents, reference))

    assert [False, True] == [event.fully for event in shop.outbox.of(InvoiceRefunded)]
    with pytest.raises(RefundExceedsPayment):
        shop.act(refund_invoices, refunding(invoice, 1, "r3"))


def test_what_was_partly_paid_is_not_voided() -> None:
    """Money that came in is refunded, not forgotten; an untouched invoice is voided once."""
    shop = Shop()
    touched, fresh = opened(shop), opened(shop, obligation="sub_1:2")
    shop.act(pay_invoices, paying(touched, 1))

    with pytest.raises(GuardRefused):
        shop.act(void_invoice, VoidInvoice(invoice=touched.id, reason="mistake"))
    for _ in range(2):
        shop.act(void_invoice, VoidInvoice(invoice=fresh.id, reason="mistake"))
    assert 1 == len(shop.outbox.of(InvoiceVoided))
    with pytest.raises(IllegalTransition):
        shop.act(pay_invoices, paying(fresh, 1))


def test_a_late_payment_of_a_given_up_invoice_is_taken() -> None:
    """UNCOLLECTIBLE is not the end."""
    shop = Shop()
    invoice = opened(shop)
    for _ in range(2):
        shop.act(mark_uncollectible, MarkUncollectible(invoice=invoice.id, reason="moved away"))

    assert InvoiceState.OPEN is shop.act(pay_invoices, paying(invoice, 1, "a"))[0].state
    assert InvoiceState.PAID is shop.act(pay_invoices, paying(invoice, 9999, "b"))[0].state


def test_staff_write_issue_and_cash_an_invoice() -> None:
    """A draft owes nothing; issued and paid at the desk, with a reference; refunded at the desk."""
    shop = Shop()
    lines = (InvoiceLine(name="Visit", amount=usd(6500)),)
    written = shop.act(draft_invoice, DraftInvoice(patient=ADA, lines=lines, due_on=DUE))
    with pytest.raises(IllegalTransition):
        shop.act(record_payment, RecordPayment(invoice=written.id, amount=usd(6500), reference="slip 1"))
    for _ in range(2):
        shop.act(issue_invoice, IssueInvoice(invoice=written.id))
    with pytest.raises(Invalid):
        shop.act(record_payment, RecordPayment(invoice=written.id, amount=usd(6500), reference=""))
    shop.act(record_payment, RecordPayment(invoice=written.id, amount=usd(6500), reference="slip 1"))
    shop.act(record_refund, RecordRefund(invoice=written.id, amount=usd(500), reference="slip 2"))

    shown = shop.act(get_invoice, GetInvoice(invoice=written.id))
    assert (InvoiceState.PAID, usd(6000), ()) == (shown.invoice.state, shown.invoice.kept, shown.actions)


def test_what_is_being_charged_is_left_alone() -> None:
    """While a card payment is under way nobody pays by hand, voids or gives up."""
    shop = Shop()
    invoice = opened(shop)
    under_way(shop, invoice)
    for run, command in (
        (record_payment, RecordPayment(invoice=invoice.id, amount=usd(1), reference="slip")),
        (void_invoice, VoidInvoice(invoice=invoice.id, reason="mistake")),
        (mark_uncollectible, MarkUncollectible(invoice=invoice.id, reason="moved")),
    ):
        with pytest.raises(PaymentUnderWay):
            shop.act(run, command)


def test_captured_money_pays_its_invoice_once() -> None:
    """The event of a capture pays; told twice it pays once; a checkout's own is left to the checkout."""
    shop = Shop()
    invoice, other = opened(shop), opened(shop, obligation="chk_1")
    for _ in range(2):
        shop.act(on_payments_paid, (paid_event(invoice, 10_000),))
    shop.act(on_payments_paid, (paid_event(other, 10_000, Purpose.CHECKOUT),))

    assert InvoiceState.PAID is shop.act(get_invoice, GetInvoice(invoice=invoice.id)).invoice.state
    assert InvoiceState.OPEN is shop.act(get_invoice, GetInvoice(invoice=other.id)).invoice.state


def test_captured_money_that_does_not_fit_is_told_not_lost() -> None:
    """Paid at the desk and captured, too: the capture stands, and staff are told. Its refund changes no invoice."""
    shop = Shop()
    invoice = opened(shop)
    shop.act(pay_invoices, paying(invoice, 10_000, "slip"))
    shop.act(on_payments_paid, (paid_event(invoice, 10_000),))
    back = PaymentRefunded(
        refund=RefundId("ref_1"),
        attempt=AttemptId("att_1"),
        obligation=invoice.obligation,
        purpose=Purpose.RENEWAL,
        owner=invoice.id,
        patient=ADA,
        amount=usd(10_000),
        refunded=usd(10_000),
        captured=usd(10_000),
    )
    shop.act(on_payments_refunded, (back,))

    assert [AttemptId("att_1")] == [event.attempt for event in shop.outbox.of(PaymentUnapplied)]
    assert usd(0) == shop.act(get_invoice, GetInvoice(invoice=invoice.id)).invoice.refunded


def test_a_refund_at_the_gateway_reaches_the_invoice() -> None:
    """What had been put on the invoice is taken off it."""
    shop = Shop()
    invoice = opened(shop)
    shop.act(on_payments_paid, (paid_event(invoice, 10_000),))
    back = PaymentRefunded(
        refund=RefundId("ref_1"),
        attempt=AttemptId("att_1"),
        obligation=invoice.obligation,
        purpose=Purpose.RENEWAL,
        owner=invoice.id,
        patient=ADA,
        amount=usd(10_000),
        refunded=usd(10_000),
        captured=usd(10_000),
    )
    shop.act(on_payments_refunded, (back, back))

    assert shop.act(get_invoice, GetInvoice(invoice=invoice.id)).invoice.fully_refunded


def test_documents_show_the_facts_and_escape_the_names() -> None:
    """Invoice and receipt in text and HTML; no receipt before there is money."""
    shop = Shop()
    invoice = opened(shop)
    with pytest.raises(NotPaidYet):
        shop.act(print_receipt, PrintReceipt(invoice=invoice.id))
    shop.act(pay_invoices, paying(invoice, 2500))
    plain = shop.act(print_receipt, PrintReceipt(invoice=invoice.id))
    page = shop.act(print_invoice, PrintInvoice(invoice=invoice.id, format=Format.HTML))

    assert all(fact in plain for fact in ("INV-000001", "100.00 USD", "25.00 USD", "75.00 USD", "2026-03-02"))
    assert "Tablets &lt;monthly&gt;" in page
    assert "<monthly>" not in page


def test_lists_show_the_newest_first_with_days_overdue() -> None:
    """Pages by cursor; only what is open is overdue; the due date itself is not late."""
    shop = Shop()
    made = [opened(shop, obligation=f"sub_1:{number}") for number in range(5)]
    assert 0 == shop.act(get_invoice, GetInvoice(invoice=made[0].id)).overdue_days
    shop.clock.at = datetime(2026, 3, 5, 4, 59, tzinfo=UTC)  # still 4 March in New York

    first = shop.act(list_invoices, ListInvoices(state=InvoiceState.OPEN, limit=3))
    rest = shop.act(list_invoices, ListInvoices(patient=ADA, cursor=first.next, limit=3))
    assert [one.id for one in made[::-1]] == [card.invoice.id for card in (*first.items, *rest.items)]
    assert {2} == {card.overdue_days for card in first.items}
    assert rest.next is None


def test_the_actions_shown_are_those_that_work() -> None:
    """An open, untouched invoice can be paid, voided, given up."""
    shop = Shop()
    shown = shop.act(get_invoice, GetInvoice(invoice=opened(shop).id))

    assert (InvoiceTrigger.PAY, InvoiceTrigger.VOID, InvoiceTrigger.GIVE_UP) == shown.actions
    assert INVOICE.notes[InvoiceState.OPEN].staff == shown.meaning


MOVES = some.lists(some.tuples(some.sampled_from(["pay", "refund"]), some.integers(1, 6000)), max_size=12)


@settings(max_examples=60, deadline=None)
@given(some.integers(1, 10_000), MOVES)
def test_money_on_an_invoice_is_conserved(total: int, moves: list[tuple[str, int]]) -> None:
    """Whatever comes and goes: 0 <= refunded <= paid <= total, PAID exactly when nothing is left, sums of entries."""
    shop = Shop()
    invoice = opened(shop, total)
    for place, (what, cents) in enumerate(moves):
        run, ask = (pay_invoices, paying) if what == "pay" else (refund_invoices, refunding)
        try:
            invoice = shop.act(run, ask(invoice, cents, f"m{place}"))[0]
        except (TooMuchPaid, RefundExceedsPayment, IllegalTransition):
            continue

    assert 0 <= invoice.refunded.amount <= invoice.amount_paid.amount <= total
    assert (invoice.state is InvoiceState.PAID) is invoice.balance.is_zero
    for kind, amount in ((EntryKind.PAYMENT, invoice.amount_paid), (EntryKind.REFUND, invoice.refunded)):
        assert amount.amount == sum(entry.amount.amount for entry in invoice.entries if entry.kind is kind)


def test_a_document_carries_the_letterhead_and_the_patient() -> None:
    """The clinic's own name and address, or at least its name; whom it is to."""
    head = LetterheadSettings(name="Riverside GmbH", address=("1 Quay", "Albany"), tax_number="12", remark="Thanks.")
    shop = Shop(organization=evolve(CLINIC, letterhead=head))
    invoice = shop.act(open_invoices, (evolve(bill(), patient=shop.patient("Łukasz Żółć")),))[0]
    document = shop.act(lay_out_invoice, LayOutInvoice(invoice=invoice.id))
    bare = Shop()
    nobody = opened(bare)

    assert ("Riverside GmbH", "1 Quay", "Albany", "Tax number 12") == document.sender
    assert ("Łukasz Żółć", "1 Elm Row", "Albany NY 12207", "US") == document.to
    assert ("Thanks.",) == document.remarks
    assert ("Riverside Clinic",) == bare.act(lay_out_invoice, LayOutInvoice(invoice=nobody.id)).sender


@pytest.mark.parametrize(
    ("back", "stamp", "kept"), [(0, "Paid", 10_000), (3000, "Partly refunded", 7000), (10_000, "Refunded", 0)]
)
def test_refunds_stand_on_the_documents(back: int, stamp: str, kept: int) -> None:
    """Each on its day with its sign; the receipt says what remained, the invoice that nothing is due."""
    shop = Shop()
    invoice = opened(shop)
    shop.act(pay_invoices, paying(invoice, 10_000))
    shop.clock.pass_days(3)
    if back:
        shop.act(refund_invoices, refunding(invoice, back))
    printed = shop.act(lay_out_invoice, LayOutInvoice(invoice=invoice.id))
    receipt = shop.act(lay_out_receipt, LayOutReceipt(invoice=invoice.id))

    assert stamp == printed.stamp == receipt.stamp
    assert usd(0) == printed.sums[-1].amount
    assert usd(kept) == receipt.sums[0].amount
    refunds = [(line.amount, line.detail) for line in receipt.lines if line.label == "Refunded"]
    assert ([(usd(-back), ("on", date(2026, 3, 5)))] if back else []) == refunds
    assert usd(kept) == sum((line.amount for line in receipt.lines), usd(0))


def test_what_is_withdrawn_or_a_draft_says_that_nothing_is_owed() -> None:
    """Whatever its total was."""
    shop = Shop()
    invoice = opened(shop)
    assert usd(10_000) == shop.act(lay_out_invoice, LayOutInvoice(invoice=invoice.id)).sums[-1].amount
    shop.act(void_invoice, VoidInvoice(invoice=invoice.id, reason="Wrong one."))
    withdrawn = shop.act(lay_out_invoice, LayOutInvoice(invoice=invoice.id))

    assert "Withdrawn" == withdrawn.stamp
    assert usd(0) == withdrawn.sums[-1].amount
    assert "Wrong one." not in as_text(withdrawn)


def test_discount_and_tax_stand_beneath_their_line() -> None:
    """A credit is a line of its own, below zero."""
    shop = Shop()
    lines = (
        InvoiceLine(name="Tablets", amount=usd(10_700), quantity=2, discount=usd(500), tax=usd(700)),
        InvoiceLine(name="Credit", amount=usd(-700)),
    )
    asked = Bill(patient=ADA, obligation=ObligationId("sub_1:1"), lines=lines, due_on=DUE)
    document = shop.act(lay_out_invoice, LayOutInvoice(invoice=shop.act(open_invoices, (asked,))[0].id))

    assert ("after a discount of", usd(500), "and with tax of", usd(700)) == document.lines[0].detail
    assert ("2 x Tablets", "Credit") == tuple(line.label for line in document.lines)
    assert usd(-700) == document.lines[1].amount
    assert (usd(10_000), ("with tax of", usd(700))) == (document.sums[0].amount, document.sums[0].detail)
