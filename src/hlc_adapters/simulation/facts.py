"""Everything that stands at the end of a run: the rows of the clinic, and the bank's own books beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import TypeVar

from attrs import frozen

from hlc_adapters.gateways.simulator import Line, RefundLine
from hlc_adapters.simulation.clinic import ORGANIZATION, STAFF, Clinic
from hlc_adapters.simulation.journal import Journal
from hlc_adapters.simulation.plans import Plan
from hlc_adapters.simulation.wish import Wish
from hlc_adapters.storage.shape import Shape, Stored, Where, eq
from hlc_adapters.storage.shapes.cart import CHECKOUTS
from hlc_adapters.storage.shapes.orders import INVOICES
from hlc_adapters.storage.shapes.payments import PAYMENT_ATTEMPTS, REFUNDS
from hlc_adapters.storage.shapes.platform import DELIVERIES, MOVES
from hlc_adapters.storage.shapes.subscriptions import RECOVERY_CASES, SET_ASIDES, SUBSCRIPTIONS
from hlc_core.audit.api import Move
from hlc_core.billing.api import SetAside
from hlc_core.checkout.api import Checkout
from hlc_core.invariants.api import Finding as Broken
from hlc_core.invoicing.api import Invoice
from hlc_core.kernel.ids import ProductId
from hlc_core.payments.api import PaymentAttempt, Refund
from hlc_core.recovery.api import RecoveryCase
from hlc_core.relay import DeliveryState
from hlc_core.subscriptions.api import Subscription

M = TypeVar("M", bound=Stored)


@frozen(kw_only=True)
class Facts:
    """What oracles and the report read. `lines` and `given_back` are the bank's; all else is the clinic's."""

    wish: Wish
    now: datetime
    today: date
    journal: Journal
    products: Mapping[ProductId, Plan]
    attempts: Sequence[PaymentAttempt]
    refunds: Sequence[Refund]
    invoices: Sequence[Invoice]
    subscriptions: Sequence[Subscription]
    cases: Sequence[RecoveryCase]
    checkouts: Sequence[Checkout]
    moves: Sequence[Move]
    set_aside: Sequence[SetAside]
    undelivered: int
    parked: int
    messages: Mapping[str, int]
    repeated_messages: int
    lines: Sequence[Line]
    given_back: Sequence[RefundLine]
    broken: Sequence[Broken]


def facts_of(clinic: Clinic, journal: Journal) -> Facts:
    """Read everything, and have the invariants checked."""

    def rows(shape: Shape[M], *where: Where) -> list[M]:
        session = clinic.backend.begin(write=False)
        try:
            return session.select(shape, ORGANIZATION, where)
        finally:
            session.rollback()

    books = clinic.ledger
    lines = tuple(books.lines())
    days = (clinic.wish.years + 1) * 366
    return Facts(
        wish=clinic.wish,
        now=clinic.clock.now(),
        today=clinic.today,
        journal=journal,
        products=clinic.products,
        attempts=rows(PAYMENT_ATTEMPTS),
        refunds=rows(REFUNDS),
        invoices=rows(INVOICES),
        subscriptions=rows(SUBSCRIPTIONS),
        cases=rows(RECOVERY_CASES),
        checkouts=rows(CHECKOUTS),
        moves=rows(MOVES, eq("machine", "subscription")),
        set_aside=[one for one in rows(SET_ASIDES) if one.released_at is None],
        undelivered=len(rows(DELIVERIES, eq("state", DeliveryState.PENDING))),
        parked=len(rows(DELIVERIES, eq("state", DeliveryState.PARKED))),
        messages=dict(sorted(clinic.letterbox.by_kind.items())),
        repeated_messages=clinic.letterbox.repeated,
        lines=lines,
        given_back=tuple(refund for line in lines for refund in books.refunds_of(line.object_id)),
        broken=clinic.services.check_invariants(STAFF, days=days),
    )
