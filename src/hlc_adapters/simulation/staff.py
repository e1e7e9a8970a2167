"""The desk: once a day people look at what waits for them, and rule by the bank's own books."""

from __future__ import annotations

from datetime import datetime, timedelta

from attrs import define, field

from hlc_adapters.simulation.clinic import ORGANIZATION, STAFF, Clinic
from hlc_adapters.simulation.journal import Count, Journal
from hlc_adapters.storage.shape import eq
from hlc_adapters.storage.shapes.payments import REFUNDS
from hlc_core.kernel.ids import AttemptId
from hlc_core.payments.api import ListQuarantined, PaymentAttempt, Refund, RefundState, RuleAttempt, RuleRefund

_WAITS = timedelta(days=2)
"""How long a ruling takes from the first look."""


@define
class Desk:
    """Rules on quarantined attempts and refunds, some days after they came."""

    clinic: Clinic
    journal: Journal
    _seen: dict[AttemptId, datetime] = field(factory=dict)

    def look(self) -> None:
        """Rule on what has waited long enough."""
        clinic = self.clinic
        now = clinic.clock.now()
        for attempt in clinic.services.application.ask(ListQuarantined(), STAFF):
            if now - self._seen.setdefault(attempt.id, now) >= _WAITS:
                self._rule(attempt)
        for refund in self._refunds():
            given = any(line.reference == refund.id for line in clinic.ledger.refunds_of(refund.object_id))
            command = RuleRefund(refund=refund.id, refunded=given, evidence="The bank's statement.")
            clinic.services.application.execute(command, STAFF)
            self.journal.add(Count.RULINGS)

    def _rule(self, attempt: PaymentAttempt) -> None:
        books = self.clinic.ledger
        lines = [line for entry in books.entries(attempt.id) if (line := books.line_of(entry.id)) is not None]
        command = RuleAttempt(attempt=attempt.id, paid=bool(lines), evidence="The bank's statement.")
        self.clinic.services.application.execute(command, STAFF)
        self.journal.add(Count.RULINGS)
        captured = sum(line.amount.amount for line in lines)
        if lines and captured != attempt.payment.amount.amount:
            self.journal.accepted[attempt.id] = captured - attempt.payment.amount.amount

    def _refunds(self) -> list[Refund]:
        session = self.clinic.backend.begin(write=False)
        try:
            return session.select(REFUNDS, ORGANIZATION, (eq("state", RefundState.QUARANTINE),))
        finally:
            session.rollback()
