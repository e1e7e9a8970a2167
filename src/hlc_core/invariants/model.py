"""What the rules read and what they say. Facts are rows as they stand together; a rule changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from attrs import frozen

from hlc_core.audit.api import Move
from hlc_core.cart.api import Cart
from hlc_core.checkout.api import Checkout
from hlc_core.encryption.api import EncryptionKey, Tally
from hlc_core.invoicing.api import Invoice
from hlc_core.kernel.ids import AttemptId, ObligationId, SubscriptionId
from hlc_core.orders.api import Order
from hlc_core.payments.api import Charge, PaymentAttempt, Refund
from hlc_core.recovery.api import RecoveryCase
from hlc_core.subscriptions.api import Subscription

K = TypeVar("K")
V = TypeVar("V")


class RepairKind(StrEnum):
    """What can be done about a finding without a person's judgement: what HLC does anyway, once more."""

    WAKE = "wake"
    """Have the payment looked at now: the gateway is asked, and what it says is recorded."""
    RETELL = "retell"
    """Tell once more how payment and invoice ended, so that what should have followed from it follows."""


@frozen(kw_only=True)
class Repair:
    """What would be done, and at which debt."""

    kind: RepairKind
    obligation: ObligationId


@frozen(kw_only=True)
class Finding:
    """One broken rule: which, on which rows, what it means, and what somebody has to do about it.

    `repair` is what can be done without a person; None: somebody has to act.
    """

    invariant: str
    subjects: tuple[str, ...]
    means: str
    remedy: str
    repair: Repair | None = None


class Outcome(StrEnum):
    """What became of a finding."""

    REPAIRED = "repaired"
    REMAINS = "remains"
    NEEDS_A_PERSON = "needs_a_person"


@frozen(kw_only=True)
class Repaired:
    """A finding after the repairs; `why` is what was refused, where something was."""

    finding: Finding
    outcome: Outcome
    why: str = ""


@frozen(kw_only=True)
class Payments:
    """Some attempts, with all others at the same obligations, and everything that hangs on them.

    `ruled` are those a person ruled on after a quarantine. `booked` is every object and reference that the gateways
    have in their books since `booked_since`; nothing settled later than `settled` is expected there yet.
    """

    now: datetime
    attempts: Sequence[PaymentAttempt] = ()
    refunds: Sequence[Refund] = ()
    checkouts: Sequence[Checkout] = ()
    carts: Sequence[Cart] = ()
    invoices: Sequence[Invoice] = ()
    orders: Sequence[Order] = ()
    subscriptions: Sequence[Subscription] = ()
    ruled: frozenset[AttemptId] = frozenset()
    booked: frozenset[str] | None = None
    booked_since: datetime | None = None
    settled: datetime | None = None


@frozen(kw_only=True)
class Books:
    """Lines of a gateway's own books, with the attempts that they name."""

    gateway: str
    charges: Sequence[Charge] = ()
    attempts: Sequence[PaymentAttempt] = ()
    ruled: frozenset[AttemptId] = frozenset()


@frozen(kw_only=True)
class Documents:
    """Some invoices, with their orders and subscriptions."""

    invoices: Sequence[Invoice] = ()
    orders: Sequence[Order] = ()
    subscriptions: Sequence[Subscription] = ()


@frozen(kw_only=True)
class Placed:
    """Some orders, with their invoices."""

    orders: Sequence[Order] = ()
    invoices: Sequence[Invoice] = ()


@frozen(kw_only=True)
class Agreements:
    """Some subscriptions, with all their invoices, the attempts at those, their first orders and paid changes.

    `cases` are the recovery cases of the invoices that are owed.
    """

    subscriptions: Sequence[Subscription] = ()
    invoices: Sequence[Invoice] = ()
    attempts: Sequence[PaymentAttempt] = ()
    orders: Sequence[Order] = ()
    changes: Sequence[PaymentAttempt] = ()
    cases: Sequence[RecoveryCase] = ()


@frozen(kw_only=True)
class Cases:
    """Some recovery cases, with their invoices."""

    cases: Sequence[RecoveryCase] = ()
    invoices: Sequence[Invoice] = ()


@frozen(kw_only=True)
class History:
    """All moves of some subjects, whoever keeps them, in order, and the state in which those subjects stand now, where
    it is known."""

    moves: Sequence[Move] = ()
    states: Mapping[str, str]


@frozen(kw_only=True)
class Numbers:
    """Consecutive invoice numbers of one kind, in order; `before` is the one before the first of them, if any."""

    kind: str
    before: int | None
    numbers: Sequence[int]


@frozen(kw_only=True)
class Sealing:
    """The keys of the organization, how many rows are under which, and rows (table, id) that do not open."""

    keys: Sequence[EncryptionKey] = ()
    tallies: Sequence[Tally] = ()
    unopened: Sequence[tuple[str, str]] = ()


def wake(obligation: ObligationId) -> Repair:
    """The payment of that debt is looked at now."""
    return Repair(kind=RepairKind.WAKE, obligation=obligation)


def retell(obligation: ObligationId) -> Repair:
    """How payment and invoice of that debt ended is told once more."""
    return Repair(kind=RepairKind.RETELL, obligation=obligation)


def grouped(rows: Iterable[V], key: Callable[[V], K]) -> dict[K, list[V]]:
    """The rows by key, in their order."""
    found: dict[K, list[V]] = {}
    for row in rows:
        found.setdefault(key(row), []).append(row)
    return found


def by_subscription(invoices: Iterable[Invoice]) -> dict[SubscriptionId, list[Invoice]]:
    """The invoices of cycles, by subscription and in the order of cycles."""
    cycles = [one for one in invoices if one.subscription is not None and one.cycle is not None]
    ordered = sorted(cycles, key=lambda one: one.cycle or 0)
    return {id: rows for id, rows in grouped(ordered, lambda one: one.subscription).items() if id is not None}
