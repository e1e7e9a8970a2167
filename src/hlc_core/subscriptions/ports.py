"""What subscriptions need from outside."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Protocol

from hlc_core.catalog.api import Products
from hlc_core.invoicing.api import Env as InvoicingEnv
from hlc_core.kernel.commands import Actor
from hlc_core.kernel.events import Outbox
from hlc_core.kernel.ids import Ids, OrderId, PatientId, SubscriptionId
from hlc_core.kernel.repository import Repository
from hlc_core.kernel.time import Clock
from hlc_core.orders.api import Env as OrdersEnv
from hlc_core.organizations.api import Organization
from hlc_core.payments.api import Env as PaymentsEnv
from hlc_core.subscriptions.machine import State
from hlc_core.subscriptions.model import Subscription


class Subscriptions(Repository[SubscriptionId, Subscription], Protocol):
    """Refuses: Missing (get), Stale (save), AlreadyExists (number, line of an order, external id)."""

    def due(self, on: date, after: SubscriptionId | None, limit: int) -> Sequence[Subscription]:
        """Those with `next_due <= on`, whatever their state, by id, from behind `after`."""
        ...

    def of_orders(self, orders: Iterable[OrderId]) -> Sequence[Subscription]:
        """Those that were bought with one of the orders, by id."""
        ...

    def of_patients(self, patients: Iterable[PatientId]) -> Sequence[Subscription]:
        """Those of the patients, by id."""
        ...

    def numbered(self, number: str) -> Subscription | None:
        """The one with the customer-facing number, or None."""
        ...

    def with_external_ids(self, external_ids: Iterable[str]) -> Sequence[Subscription]:
        """Those that were taken over under one of the keys."""
        ...

    def page(self, states: Sequence[State], after: SubscriptionId | None, limit: int) -> Sequence[Subscription]:
        """Those in one of the states (none named means all), by id, from behind `after`."""
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
    def products(self) -> Products: ...
    @property
    def subscriptions(self) -> Subscriptions: ...


class PayingEnv(Env, InvoicingEnv, PaymentsEnv, Protocol):
    """What the reactions that move the money of changes may touch."""


class ImportingEnv(PayingEnv, OrdersEnv, Protocol):
    """What taking over agreements may touch."""
