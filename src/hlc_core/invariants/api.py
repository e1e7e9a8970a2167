"""The face of the context."""

from hlc_core.invariants.documents import (
    a_paid_order_has_a_paid_invoice,
    a_paid_renewal_has_its_order,
    a_recovery_is_resolved_with_its_invoice,
    an_open_bill_is_collected,
    cycles_follow_their_invoices,
    invoice_numbers_have_no_gaps,
    money_is_conserved,
    one_invoice_a_cycle,
    periods_do_not_overlap,
)
from hlc_core.invariants.history import moves_follow_their_machine
from hlc_core.invariants.model import (
    Agreements,
    Books,
    Cases,
    Documents,
    Finding,
    History,
    Numbers,
    Outcome,
    Payments,
    Placed,
    Repair,
    Repaired,
    RepairKind,
)
from hlc_core.invariants.money import (
    a_paid_change_is_carried_out,
    a_paid_checkout_has_its_order,
    a_paid_debt_is_settled,
    attempts_are_numbered_without_gaps,
    every_charge_has_its_attempt,
    no_attempt_outlives_its_deadline,
    one_charge_a_reference,
    one_paid_attempt_an_obligation,
    one_unclosed_attempt_an_obligation,
    refunds_never_exceed_the_capture,
    what_is_paid_is_in_the_books,
)

OF_PAYMENTS = (
    one_paid_attempt_an_obligation,
    one_unclosed_attempt_an_obligation,
    attempts_are_numbered_without_gaps,
    no_attempt_outlives_its_deadline,
    a_paid_checkout_has_its_order,
    a_paid_debt_is_settled,
    a_paid_change_is_carried_out,
    refunds_never_exceed_the_capture,
    what_is_paid_is_in_the_books,
)
OF_BOOKS = (every_charge_has_its_attempt, one_charge_a_reference)
OF_DOCUMENTS = (a_paid_renewal_has_its_order,)
OF_PLACED = (a_paid_order_has_a_paid_invoice,)
OF_CYCLES = (
    one_invoice_a_cycle,
    periods_do_not_overlap,
    cycles_follow_their_invoices,
    an_open_bill_is_collected,
)
OF_AGREEMENTS = (*OF_CYCLES, money_is_conserved)
OF_CASES = (a_recovery_is_resolved_with_its_invoice,)
OF_NUMBERS = (invoice_numbers_have_no_gaps,)

_ASKED = (OF_PAYMENTS, OF_BOOKS, OF_DOCUMENTS, OF_PLACED, OF_AGREEMENTS, OF_CASES, OF_NUMBERS)

NAMES = (*(rule.__name__ for rules in _ASKED for rule in rules), moves_follow_their_machine.__name__)
"""Every invariant that is looked after."""

__all__ = [
    "NAMES",
    "OF_AGREEMENTS",
    "OF_BOOKS",
    "OF_CASES",
    "OF_CYCLES",
    "OF_DOCUMENTS",
    "OF_NUMBERS",
    "OF_PAYMENTS",
    "OF_PLACED",
    "Agreements",
    "Books",
    "Cases",
    "Documents",
    "Finding",
    "History",
    "Numbers",
    "Outcome",
    "Payments",
    "Placed",
    "Repair",
    "RepairKind",
    "Repaired",
    "moves_follow_their_machine",
]
