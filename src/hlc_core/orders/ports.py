"""What orders need from outside."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol

from hlc_core.catalog.api import Env as CatalogEnv
from hlc_core.invoicing.api import Env as InvoicingEnv
from hlc_core.kernel.commands import Actor
from hlc_core.kernel.ids import InvoiceId, OrderId, PatientId, SubscriptionId
from hlc_core.kernel.repository import Repository
from hlc_core.orders.machine import OrderState
from hlc_core.orders.model import Order
from hlc_core.patients.api import Patients


class Orders(Repository[OrderId, Order], Protocol):
    """Refuses: Missing (get), Stale, AlreadyExists (number; invoice; external id)."""

    def for_invoices(self, invoices: Iterable[InvoiceId]) -> Sequence[Order]:
        """The orders that these invoices pay for."""
        ...

    def with_external_ids(self, external_ids: Iterable[str]) -> Sequence[Order]:
        """Those that were placed or imported under these keys."""
        ...

    def numbered(self, number: str) -> Order | None:
        """The order with that customer-facing number."""
        ...

    def of_patients(self, patients: tuple[PatientId, ...], after: OrderId | None, limit: int) -> Sequence[Order]:
        """Those of these patients, newest first, behind (made before) `after`."""
        ...

    def of_subscription(self, subscription: SubscriptionId, limit: int) -> Sequence[Order]:
        """Those with a single subscription, newest first."""
        ...

    def queued(self, after: OrderId | None, limit: int) -> Sequence[Order]:
        """Those that an administrator put before a provider, in the order of their ids, behind `after`."""
        ...

    def page(self, state: OrderState | None, after: OrderId | None, limit: int) -> Sequence[Order]:
        """Newest first, behind (made before) `after`; of one state, or of all."""
        ...

    def late(self, at: datetime, after: OrderId | None, limit: int) -> Sequence[Order]:
        """Those whose deadline is at or before the instant, in the order of their ids, behind `after`."""
        ...


class Env(CatalogEnv, InvoicingEnv, Protocol):
    """What use cases of this context may touch. `actor` is who sent the command: edges ask for permissions."""

    @property
    def actor(self) -> Actor: ...
    @property
    def patients(self) -> Patients: ...
    @property
    def orders(self) -> Orders: ...
