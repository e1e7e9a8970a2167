"""The face of the context."""

from hlc_core.invariants.answers import (
    Answered,
    an_approval_stands_on_a_licence,
    an_order_and_its_answers_are_in_step,
    submitted_answers_have_their_review,
)
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
from hlc_core.invariants.fills import (
    Planned,
    Prescribed,
    a_completed_refill_was_given,
    a_signed_prescription_has_its_approval,
    an_order_moves_on_with_its_fills,
    fills_follow_their_dispatches,
    one_refill_a_fill,
    one_standing_dispatch_a_fill,
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
    Sealing,
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
from hlc_core.invariants.people import (
    Granted,
    Known,
    Owned,
    Staffed,
    a_clinic_has_one_owner,
    assignments_name_what_is_there,
    everybody_belongs_somewhere,
    memberships_mirror_assignments,
    no_grant_outlives_its_time,
    no_session_outlives_its_person,
)
from hlc_core.invariants.sealing import (
    each_purpose_has_one_active_key,
    every_body_opens,
    no_row_is_under_a_destroyed_key,
)
from hlc_core.invariants.waiting import (
    Awaited,
    Gated,
    Waiting,
    a_held_renewal_is_looked_after,
    every_reason_has_its_item,
    nothing_waits_without_a_reason,
    strangers_are_withheld,
    what_left_was_decided,
)

OF_SEALING = (every_body_opens, no_row_is_under_a_destroyed_key, each_purpose_has_one_active_key)
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
OF_ANSWERS = (
    an_order_and_its_answers_are_in_step,
    submitted_answers_have_their_review,
    an_approval_stands_on_a_licence,
)

OF_WAITING = (nothing_waits_without_a_reason, what_left_was_decided, strangers_are_withheld)
OF_AWAITED = (every_reason_has_its_item,)
OF_HELD = (a_held_renewal_is_looked_after,)

OF_PRESCRIPTIONS = (
    a_signed_prescription_has_its_approval,
    one_standing_dispatch_a_fill,
    fills_follow_their_dispatches,
    an_order_moves_on_with_its_fills,
)
OF_REFILLS = (one_refill_a_fill, a_completed_refill_was_given)

OF_STAFF = (memberships_mirror_assignments, assignments_name_what_is_there, no_session_outlives_its_person)
OF_OWNERS = (a_clinic_has_one_owner,)
OF_PERSONS = (everybody_belongs_somewhere,)
OF_GRANTS = (no_grant_outlives_its_time,)
OF_PEOPLE = (*OF_STAFF, *OF_OWNERS, *OF_PERSONS, *OF_GRANTS)

_ASKED = (
    OF_PAYMENTS,
    OF_BOOKS,
    OF_DOCUMENTS,
    OF_PLACED,
    OF_AGREEMENTS,
    OF_CASES,
    OF_NUMBERS,
    OF_ANSWERS,
    OF_WAITING,
    OF_AWAITED,
    OF_HELD,
    OF_PRESCRIPTIONS,
    OF_REFILLS,
    OF_SEALING,
    OF_PEOPLE,
)

NAMES = (*(rule.__name__ for rules in _ASKED for rule in rules), moves_follow_their_machine.__name__)
"""Every invariant that is looked after."""

OF_FILLS = tuple(rule.__name__ for rules in (OF_PRESCRIPTIONS, OF_REFILLS) for rule in rules)
"""Those of prescriptions and refills."""

__all__ = [
    "NAMES",
    "OF_AGREEMENTS",
    "OF_ANSWERS",
    "OF_AWAITED",
    "OF_BOOKS",
    "OF_CASES",
    "OF_CYCLES",
    "OF_DOCUMENTS",
    "OF_FILLS",
    "OF_GRANTS",
    "OF_HELD",
    "OF_NUMBERS",
    "OF_OWNERS",
    "OF_PAYMENTS",
    "OF_PEOPLE",
    "OF_PERSONS",
    "OF_PLACED",
    "OF_PRESCRIPTIONS",
    "OF_REFILLS",
    "OF_SEALING",
    "OF_STAFF",
    "OF_WAITING",
    "Agreements",
    "Answered",
    "Awaited",
    "Books",
    "Cases",
    "Documents",
    "Finding",
    "Gated",
    "Granted",
    "History",
    "Known",
    "Numbers",
    "Outcome",
    "Owned",
    "Payments",
    "Placed",
    "Planned",
    "Prescribed",
    "Repair",
    "RepairKind",
    "Repaired",
    "Sealing",
    "Staffed",
    "Waiting",
    "moves_follow_their_machine",
]
