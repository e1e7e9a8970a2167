"""Invoices and orders."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from attrs import frozen

from hlc_adapters.storage.repositories.rows import Rows
from hlc_adapters.storage.shape import Where, above, at_most, below, eq, one_of
from hlc_adapters.storage.shapes.orders import INVOICES, ORDERS
from hlc_core.invoicing.machine import InvoiceState
from hlc_core.invoicing.model import DocumentKind, Invoice
from hlc_core.kernel.ids import InvoiceId, ObligationId, OrderId, PatientId, SubscriptionId
from hlc_core.orders.machine import OrderState
from hlc_core.orders.model import Order


def _behind(after: str | None) -> tuple[Where, ...]:
    return () if after is None else (above("id", after),)


def _before(after: str | None) -> tuple[Where, ...]:
    return () if after is None else (below("id", after),)


@frozen
class StoredInvoices(Rows[InvoiceId, Invoice]):
    """Invoices."""

    shape = INVOICES

    def for_obligations(self, obligations: Iterable[ObligationId]) -> Sequence[Invoice]:
        """The invoices of these debts."""
        return self.unit.chunks(self.shape, "obligation", tuple(obligations))

    def of_subscription(self, subscription: SubscriptionId) -> Sequence[Invoice]:
        """All of a subscription's, by cycle."""
        return self.unit.select(self.shape, eq("subscription", subscription), order=("cycle",))

    def of_patients(self, patients: tuple[PatientId, ...], after: InvoiceId | None, limit: int) -> Sequence[Invoice]:
        """Those of these patients, newest first."""
        return self.unit.select(self.shape, one_of("patient", patients), *_before(after), order=("-id",), limit=limit)

    def due(self, on: date, after: InvoiceId | None, limit: int) -> Sequence[Invoice]:
        """OPEN ones due on or before that day."""
        where = (eq("state", InvoiceState.OPEN), at_most("due_on", on), *_behind(after))
        return self.unit.select(self.shape, *where, limit=limit)

    def awaiting_script(self, after: InvoiceId | None, limit: int) -> Sequence[Invoice]:
        """PAID ones whose prescription is not dealt with, by id."""
        return self.unit.select(self.shape, eq("awaits_script", True), *_behind(after), limit=limit)

    def numbered(self, kind: DocumentKind, number: int) -> Invoice | None:
        """The document with that number."""
        found = self.unit.select(self.shape, eq("kind", kind), eq("number", number), limit=1)
        return found[0] if found else None

    def page(self, state: InvoiceState | None, after: InvoiceId | None, limit: int) -> Sequence[Invoice]:
        """Newest first, of one state or of all."""
        where = () if state is None else (eq("state", state),)
        return self.unit.select(self.shape, *where, *_before(after), order=("-id",), limit=limit)


@frozen
class StoredOrders(Rows[OrderId, Order]):
    """Orders."""

    shape = ORDERS

    def for_invoices(self, invoices: Iterable[InvoiceId]) -> Sequence[Order]:
        """The orders that these invoices pay for."""
        return self.unit.chunks(self.shape, "invoice", tuple(invoices))

    def with_external_ids(self, external_ids: Iterable[str]) -> Sequence[Order]:
        """Those that were placed or imported under these keys."""
        return self.unit.chunks(self.shape, "external_id", tuple(external_ids))

    def numbered(self, number: str) -> Order | None:
        """The order with that customer-facing number."""
        found = self.unit.select(self.shape, eq("number", number), limit=1)
        return found[0] if found else None

    def of_patients(self, patients: tuple[PatientId, ...], after: OrderId | None, limit: int) -> Sequence[Order]:
        """Those of these patients, newest first."""
        return self.unit.select(self.shape, one_of("patient", patients), *_before(after), order=("-id",), limit=limit)

    def of_subscription(self, subscription: SubscriptionId, limit: int) -> Sequence[Order]:
        """Those with a single subscription, newest first."""
        return self.unit.select(self.shape, eq("subscription", subscription), order=("-id",), limit=limit)

    def page(self, state: OrderState | None, after: OrderId | None, limit: int) -> Sequence[Order]:
        """Newest first, of one state or of all."""
        where = () if state is None else (eq("state", state),)
        return self.unit.select(self.shape, *where, *_before(after), order=("-id",), limit=limit)

    def queued(self, after: OrderId | None, limit: int) -> Sequence[Order]:
        """Those that an administrator put before a provider, by id."""
        return self.unit.select(self.shape, eq("queued", True), *_behind(after), limit=limit)

    def late(self, at: datetime, after: OrderId | None, limit: int) -> Sequence[Order]:
        """Those whose deadline is at or before the instant."""
        return self.unit.select(self.shape, at_most("deadline", at), *_behind(after), limit=limit)
