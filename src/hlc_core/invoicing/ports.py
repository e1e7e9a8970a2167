"""What invoicing needs from outside."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Protocol

from hlc_core.invoicing.machine import InvoiceState
from hlc_core.invoicing.model import DocumentKind, Invoice
from hlc_core.kernel.commands import Actor
from hlc_core.kernel.events import Outbox
from hlc_core.kernel.ids import Ids, InvoiceId, ObligationId, PatientId, SubscriptionId
from hlc_core.kernel.repository import Repository
from hlc_core.kernel.time import Clock
from hlc_core.organizations.api import Organization
from hlc_core.patients.api import Patients
from hlc_core.payments.api import PaymentAttempts


class Invoices(Repository[InvoiceId, Invoice], Protocol):
    """Refuses: Missing (get), Stale, AlreadyExists (obligation; subscription and cycle; kind and number).

    The unit of work gives `number`, gap-free per organization and kind, when a row is first written.
    """

    def for_obligations(self, obligations: Iterable[ObligationId]) -> Sequence[Invoice]:
        """The invoices of these debts."""
        ...

    def of_subscription(self, subscription: SubscriptionId) -> Sequence[Invoice]:
        """All of a subscription's, by cycle."""
        ...

    def of_patients(self, patients: tuple[PatientId, ...], after: InvoiceId | None, limit: int) -> Sequence[Invoice]:
        """Those of these patients, newest first, behind (made before) `after`."""
        ...

    def due(self, on: date, after: InvoiceId | None, limit: int) -> Sequence[Invoice]:
        """OPEN ones due on or before that day, in the order of their ids, behind `after`."""
        ...

    def awaiting_script(self, after: InvoiceId | None, limit: int) -> Sequence[Invoice]:
        """PAID ones whose prescription is not dealt with, in the order of their ids, behind `after`."""
        ...

    def numbered(self, kind: DocumentKind, number: int) -> Invoice | None:
        """The document with that number."""
        ...

    def page(self, state: InvoiceState | None, after: InvoiceId | None, limit: int) -> Sequence[Invoice]:
        """Newest first, behind (made before) `after`; of one state, or of all."""
        ...


class Env(Protocol):
    """What use cases of this context may touch."""

    @property
    def actor(self) -> Actor: ...
    @property
    def clock(self) -> Clock: ...
    @property
    def ids(self) -> Ids: ...
    @property
    def outbox(self) -> Outbox: ...
    @property
    def organization(self) -> Organization: ...
    @property
    def attempts(self) -> PaymentAttempts: ...
    @property
    def invoices(self) -> Invoices: ...
    @property
    def patients(self) -> Patients: ...
