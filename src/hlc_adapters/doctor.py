"""Reading the facts for the invariants, page by page, and asking every rule.

Each page is one short read transaction. What a rule finds is read a second time before it is believed: a page that
was torn by a commit between two statements tells nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from time import sleep
from typing import Any, TypeVar

from attrs import frozen

from hlc_adapters.encryption.rotation import Rotation
from hlc_adapters.gateways.registry import GatewayRegistry
from hlc_adapters.storage.session import Backend, Session
from hlc_adapters.storage.shape import M, Shape, Where, above, eq, one_of
from hlc_adapters.storage.shapes.all import ALL
from hlc_adapters.storage.shapes.care import DECISIONS, INTAKES, REVIEWS
from hlc_adapters.storage.shapes.cart import CARTS, CHECKOUTS
from hlc_adapters.storage.shapes.identity import SESSIONS
from hlc_adapters.storage.shapes.orders import INVOICES, ORDERS
from hlc_adapters.storage.shapes.organizations import ORGANIZATIONS
from hlc_adapters.storage.shapes.patients import PATIENTS
from hlc_adapters.storage.shapes.payments import PAYMENT_ATTEMPTS, REFUNDS
from hlc_adapters.storage.shapes.people import ASSIGNMENTS, CHART_ACCESSES, IMPERSONATIONS, INVITATIONS, ROLES, USERS
from hlc_adapters.storage.shapes.platform import MOVES
from hlc_adapters.storage.shapes.prescriptions import DISPATCHES, PRESCRIPTIONS, REFILLS
from hlc_adapters.storage.shapes.provider_queue import QUEUE_ITEMS
from hlc_adapters.storage.shapes.subscriptions import HELD_RENEWALS, RECOVERY_CASES, SUBSCRIPTIONS
from hlc_core.access.api import Role
from hlc_core.audit.api import Move
from hlc_core.billing.api import BillingRunId
from hlc_core.identity.api import SessionState
from hlc_core.intake.api import IntakeSession
from hlc_core.invariants import api as rules
from hlc_core.invariants.api import (
    Agreements,
    Answered,
    Awaited,
    Books,
    Cases,
    Documents,
    Finding,
    Gated,
    Granted,
    History,
    Known,
    Numbers,
    Owned,
    Payments,
    Placed,
    Planned,
    Prescribed,
    Sealing,
    Staffed,
    Waiting,
)
from hlc_core.invoicing.api import DocumentKind, Invoice, InvoiceState
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import PLATFORM, AttemptId, OrganizationId, SubscriptionId
from hlc_core.kernel.time import Clock, local_date
from hlc_core.orders.api import Order
from hlc_core.payments.api import AttemptState, Charge, PaymentAttempt, Purpose
from hlc_core.people.api import ClinicAssignment, User
from hlc_core.provider_queue.api import ItemSource, QueueItem
from hlc_core.recovery.api import case_id
from hlc_core.refills.api import Refill
from hlc_core.review.api import decision_id
from hlc_core.subscriptions.api import quoted_in

F = TypeVar("F")

PAGE = 400
"""Rows read together."""
SAMPLE = 50
"""Sealed rows of each table that a quick look opens."""

MOST = 400
"""Payments of a billing run that are looked at after it, at most: the newest. `check` looks at all."""

SETTLES = 2.0
"""Seconds after which what was found after a billing run must still be there: others may be at work on the same."""

_BY_MACHINE = {shape.machine.name: shape for shape in ALL if shape.machine is not None}
_MACHINES = {name: shape.machine for name, shape in _BY_MACHINE.items() if shape.machine is not None}
_SHARED = frozenset(name for name, shape in _BY_MACHINE.items() if shape.platform)


@frozen(kw_only=True)
class Doctor:
    """Looks after the invariants of one organization at a time; changes nothing."""

    backend: Backend
    gateways: GatewayRegistry
    clock: Clock
    rotation: Rotation
    page: int = PAGE

    def check(
        self, organization: OrganizationId, settle: timedelta, since: datetime, full: bool = False
    ) -> tuple[Finding, ...]:
        """Everything that is wrong. Charges and payments younger than `settle` are left out, and the gateways' books
        are read from `since` on. Refuses: Unavailable (database, gateway)."""
        look = _Look(self.backend, organization, self.page)
        booked, found = self._books(look, since, settle)
        found += look.over(PAYMENT_ATTEMPTS, self._payments(booked, since, settle), rules.OF_PAYMENTS)
        found += look.over(INVOICES, _documents, rules.OF_DOCUMENTS)
        found += look.over(ORDERS, _placed, rules.OF_PLACED)
        found += look.over(SUBSCRIPTIONS, _agreements(look.changes()), rules.OF_AGREEMENTS)
        found += look.over(RECOVERY_CASES, _cases, rules.OF_CASES)
        today = self._today(organization)
        found += look.over(QUEUE_ITEMS, lambda read, page: _waiting(read, page, today), rules.OF_WAITING)
        found += look.over(INVOICES, _awaited_invoices, rules.OF_AWAITED)
        found += look.over(ORDERS, _awaited_orders, rules.OF_AWAITED)
        found += look.over(REFILLS, _awaited_refills, rules.OF_AWAITED)
        now = self.clock.now()
        found += look.over(HELD_RENEWALS, lambda _, page: Gated(now=now, held=page), rules.OF_HELD)
        found += look.over(INTAKES, _answered, rules.OF_ANSWERS)
        found += look.over(PRESCRIPTIONS, _prescribed, rules.OF_PRESCRIPTIONS)
        found += look.over(REFILLS, _planned, rules.OF_REFILLS)
        found += look.numbers()
        found += look.history()
        found += self._people(look, full)
        found += self._sealed(organization, full)
        return tuple(found)

    def _people(self, look: _Look, full: bool) -> list[Finding]:
        """What is wrong with the clinic's people; with `full` with all persons of the platform, too."""
        found = look.over(ASSIGNMENTS, _staffed, rules.OF_STAFF)
        found += look.believed(_owned, rules.OF_OWNERS)
        now = self.clock.now()
        found += look.over(INVITATIONS, lambda _, page: Granted(now=now, invitations=page), rules.OF_GRANTS)
        found += look.over(IMPERSONATIONS, lambda _, page: Granted(now=now, impersonations=page), rules.OF_GRANTS)
        found += look.over(CHART_ACCESSES, lambda _, page: Granted(now=now, charts=page), rules.OF_GRANTS)
        return [*found, *look.over(USERS, _known, rules.OF_PERSONS)] if full else found

    def _today(self, organization: OrganizationId) -> date:
        session = self.backend.begin(write=False)
        try:
            found = session.fetch(ORGANIZATIONS, organization, (organization,))
        finally:
            session.rollback()
        return local_date(self.clock.now(), found[0].zone if found else "UTC")

    def _sealed(self, organization: OrganizationId, full: bool) -> list[Finding]:
        """What is wrong with keys and sealed rows; of each table some are opened, with `full` all."""
        unopened = [(one.table, one.id) for one in self.rotation.broken(organization, None if full else SAMPLE)]
        keys, tallies = self.rotation.counted(organization, full)
        facts = Sealing(keys=keys, tallies=tallies, unopened=unopened)
        return [finding for rule in rules.OF_SEALING for finding in rule(facts)]

    def check_run(
        self, organization: OrganizationId, run: BillingRunId, settle: float = SETTLES
    ) -> tuple[Finding, ...]:
        """What is wrong with the payments that were opened since that billing run began, with what they pay for and
        with the subscriptions that they renew: the newest of them, without the gateways' books and without the
        history of rows. Refuses: Unavailable."""
        look = _Look(self.backend, organization, self.page)
        began = f"att_{run.partition('_')[2]}"
        found = self._touched(look, began)
        if found:
            sleep(settle)
            found = [finding for finding in self._touched(look, began) if finding in found]
        return tuple(found)

    def _touched(self, look: _Look, began: str) -> list[Finding]:
        with look.reading() as read:
            newest = read.session.select(PAYMENT_ATTEMPTS, look.organization, (above("id", began),), ("-id",), MOST)
            due = read.among(INVOICES, "obligation", (one.payment.obligation for one in newest))
        ids = [one.id for one in newest]
        invoices = [one.id for one in due]
        held = sorted({one.subscription for one in due if one.subscription is not None})
        payments = self._payments(None, self.clock.now(), timedelta())
        return [
            *look.some(PAYMENT_ATTEMPTS, ids, payments, rules.OF_PAYMENTS),
            *look.some(INVOICES, invoices, _documents, rules.OF_DOCUMENTS),
            *look.some(SUBSCRIPTIONS, held, _agreements({}), rules.OF_CYCLES),
        ]

    def _books(self, look: _Look, since: datetime, settle: timedelta) -> tuple[frozenset[str], list[Finding]]:
        """Every object and reference in the books, and what is wrong with the charges that have settled."""
        until = self.clock.now()
        booked: set[str] = set()
        found: list[Finding] = []
        for name, gateway in self.gateways.by_name.items():
            page: list[Charge] = []
            for charge in gateway.charges(since, until + timedelta(seconds=1)):
                if charge.organization not in (None, look.organization):
                    continue
                booked |= {charge.object_id, charge.reference or charge.object_id}
                if charge.at <= until - settle:
                    page.append(charge)
                if len(page) == self.page:
                    found += look.believed(lambda s, page=page, name=name: _booked(s, page, name), rules.OF_BOOKS)  # type: ignore[misc]  # bound per loop
                    page = []
            if page:
                found += look.believed(lambda s, page=page, name=name: _booked(s, page, name), rules.OF_BOOKS)  # type: ignore[misc]  # bound per loop
        return frozenset(booked), found

    def _payments(
        self, booked: frozenset[str] | None, since: datetime, settle: timedelta
    ) -> Callable[[_Scoped, Sequence[PaymentAttempt]], Payments]:
        def facts(read: _Scoped, page: Sequence[PaymentAttempt]) -> Payments:
            attempts = read.among(PAYMENT_ATTEMPTS, "obligation", (a.payment.obligation for a in page))
            checkouts = read.many(
                CHECKOUTS, (a.payment.subject for a in attempts if a.payment.purpose is Purpose.CHECKOUT)
            )
            invoices = read.among(INVOICES, "obligation", (a.payment.obligation for a in page))
            changes = (a for a in page if a.payment.purpose in (Purpose.SWITCH, Purpose.PAYOFF))
            return Payments(
                now=self.clock.now(),
                attempts=attempts,
                refunds=read.among(REFUNDS, "attempt", (a.id for a in attempts if a.refunded is not None)),
                checkouts=checkouts,
                carts=read.many(CARTS, (one.cart for one in checkouts)),
                invoices=invoices,
                orders=read.among(ORDERS, "invoice", (one.id for one in invoices)),
                subscriptions=read.many(SUBSCRIPTIONS, (quoted_in(a.payment.obligation)[0] for a in changes)),
                ruled=_ruled(read, attempts),
                booked=booked,
                booked_since=since,
                settled=self.clock.now() - settle,
            )

        return facts


@frozen
class _Scoped:
    """One read transaction, scoped to the organization."""

    session: Session
    organization: str
    rows: int

    def page(self, shape: Shape[M], after: str) -> list[M]:
        return self.session.select(shape, self._scope(shape), (above("id", after),), ("id",), self.rows)

    def many(self, shape: Shape[M], ids: Iterable[str]) -> list[M]:
        wanted = tuple(dict.fromkeys(ids))
        return self.session.fetch(shape, self._scope(shape), wanted) if wanted else []

    def among(self, shape: Shape[M], column: str, values: Iterable[str], *also: Where) -> list[M]:
        wanted = tuple(dict.fromkeys(values))
        found: list[M] = []
        for start in range(0, len(wanted), PAGE):
            where = (one_of(column, wanted[start : start + PAGE]), *also)
            found += self.session.select(shape, self._scope(shape), where)
        return found

    def _scope(self, shape: Shape[Any]) -> str:
        return PLATFORM if shape.platform else self.organization


@frozen
class _Look:
    backend: Backend
    organization: OrganizationId
    rows: int

    @contextmanager
    def reading(self) -> Iterator[_Scoped]:
        session = self.backend.begin(write=False)
        try:
            yield _Scoped(session, self.organization, self.rows)
        finally:
            session.rollback()

    def over(
        self,
        shape: Shape[M],
        facts: Callable[[_Scoped, Sequence[M]], F],
        asked: Sequence[Callable[[F], Iterator[Finding]]],
    ) -> list[Finding]:
        """What the rules find, page after page of the shape's rows."""
        found: list[Finding] = []
        after = ""
        while True:
            with self.reading() as read:
                page = read.page(shape, after)
            if not page:
                return list(dict.fromkeys(found))
            ids = [row.id for row in page]
            found += self.believed(lambda s, ids=ids: facts(s, s.many(shape, ids)), asked)  # type: ignore[misc]  # bound per loop
            after = ids[-1]

    def some(
        self,
        shape: Shape[M],
        ids: Sequence[str],
        facts: Callable[[_Scoped, Sequence[M]], F],
        asked: Sequence[Callable[[F], Iterator[Finding]]],
    ) -> list[Finding]:
        """What the rules find in these rows."""
        return self.believed(lambda s: facts(s, s.many(shape, ids)), asked)

    def believed(
        self, facts: Callable[[_Scoped], F], asked: Sequence[Callable[[F], Iterator[Finding]]]
    ) -> list[Finding]:
        """What the rules find twice."""
        with self.reading() as read:
            seen = facts(read)
        found = [finding for rule in asked for finding in rule(seen)]
        if not found:
            return []
        with self.reading() as read:
            again = facts(read)
        confirmed = {finding for rule in asked for finding in rule(again)}
        return [finding for finding in found if finding in confirmed]

    def changes(self) -> dict[SubscriptionId, list[PaymentAttempt]]:
        """Paid switches and payoffs, by subscription: few, and not found through a page of subscriptions."""
        found: dict[SubscriptionId, list[PaymentAttempt]] = {}
        for purpose in (Purpose.SWITCH, Purpose.PAYOFF):
            after = ""
            while True:
                where = (eq("purpose", purpose), above("id", after))
                with self.reading() as read:
                    page = read.session.select(PAYMENT_ATTEMPTS, self.organization, where, ("id",), self.rows)
                if not page:
                    break
                after = page[-1].id
                for attempt in page:
                    if attempt.state is AttemptState.PAID:
                        found.setdefault(quoted_in(attempt.payment.obligation)[0], []).append(attempt)
        return found

    def numbers(self) -> list[Finding]:
        """What the rules find in the series of each kind of document."""
        found: list[Finding] = []
        for kind in DocumentKind:
            before: int | None = None
            while True:
                page = self._numbered(kind, before)
                if not page:
                    break
                found += self.believed(lambda s, k=kind, b=before: _numbers(s, k, b), rules.OF_NUMBERS)  # type: ignore[misc]  # bound per loop
                before = page[-1].number
        return found

    def _numbered(self, kind: DocumentKind, before: int | None) -> Sequence[Invoice]:
        with self.reading() as read:
            return _numbered(read, kind, before)

    def history(self) -> list[Finding]:
        """What is wrong with recorded moves. All moves of a subject lie together, for an id begins with it."""
        found: list[Finding] = []
        after, held = "", list[Move]()
        while True:
            with self.reading() as read:
                page = read.page(MOVES, after)
            moves = [*held, *page]
            last = moves[-1].subject if page else None
            whole = [move for move in moves if move.subject != last]
            subjects = {move.subject: move.machine for move in whole}
            if subjects:
                with self.reading() as read:
                    seen = _history(read, subjects, whole)
                doubted = {f.subjects[0] for f in rules.moves_follow_their_machine(seen, _MACHINES)}
                found += [f for subject in doubted for f in self._history_of(subject, subjects[subject])]
            if not page:
                return found
            held = [move for move in moves if move.subject == last]
            after = page[-1].id

    def _history_of(self, subject: str, machine: str) -> list[Finding]:
        """What is wrong with the moves of one row, read together with it."""
        with self.reading() as read:
            where = (eq("subject", subject),)
            moves = [move for place in self._places(read, machine) for move in read.session.select(MOVES, place, where)]
            return [*rules.moves_follow_their_machine(_history(read, {subject: machine}, moves), _MACHINES)]

    def _places(self, read: _Scoped, machine: str) -> Sequence[str]:
        """The organizations that keep moves of such a row: of one that belongs to no clinic, all may."""
        if machine not in _SHARED:
            return (self.organization,)
        return (PLATFORM, *(one.id for one in read.session.select(ORGANIZATIONS, None)))


def _booked(read: _Scoped, charges: Sequence[Charge], gateway: str) -> Books:
    attempts = read.many(PAYMENT_ATTEMPTS, (charge.reference for charge in charges if charge.reference))
    return Books(gateway=gateway, charges=charges, attempts=attempts, ruled=_ruled(read, attempts))


def _ruled(read: _Scoped, attempts: Sequence[PaymentAttempt]) -> frozenset[AttemptId]:
    """Those that left a quarantine. Only attempts that a person wrote about are looked at: rulings have evidence."""
    told = [a for a in attempts if a.text and a.state in (AttemptState.PAID, AttemptState.CLOSED)]
    places = [f"{attempt.id}:{version}" for attempt in told for version in range(2, attempt.version + 1)]
    moves = [move for start in range(0, len(places), PAGE) for move in read.many(MOVES, places[start : start + PAGE])]
    return frozenset(AttemptId(move.subject) for move in moves if move.source == AttemptState.QUARANTINE)


def _documents(read: _Scoped, page: Sequence[Invoice]) -> Documents:
    cycles = [one for one in page if one.subscription is not None]
    return Documents(
        invoices=cycles,
        orders=read.among(ORDERS, "invoice", (one.id for one in cycles)),
        subscriptions=read.many(SUBSCRIPTIONS, (one.subscription for one in cycles if one.subscription)),
    )


def _placed(read: _Scoped, page: Sequence[Any]) -> Placed:
    return Placed(orders=page, invoices=read.many(INVOICES, (one.invoice for one in page if one.invoice)))


def _agreements(
    changes: dict[SubscriptionId, list[PaymentAttempt]],
) -> Callable[[_Scoped, Sequence[Any]], Agreements]:
    def facts(read: _Scoped, page: Sequence[Any]) -> Agreements:
        invoices = read.among(INVOICES, "subscription", (one.id for one in page))
        unpaid = (one.obligation for one in invoices if not one.balance.is_zero)
        owed = (case_id(one.id) for one in invoices if one.state is InvoiceState.OPEN and one.cycle is not None)
        return Agreements(
            subscriptions=page,
            invoices=invoices,
            attempts=read.among(PAYMENT_ATTEMPTS, "obligation", unpaid),
            orders=read.many(ORDERS, (one.order for one in page)),
            changes=[attempt for one in page for attempt in changes.get(one.id, ())],
            cases=read.many(RECOVERY_CASES, owed),
        )

    return facts


def _waiting(read: _Scoped, page: Sequence[QueueItem], today: date) -> Waiting:
    by = {source: [one.subject for one in page if one.source is source] for source in ItemSource}
    return Waiting(
        items=page,
        today=today,
        invoices=read.many(INVOICES, by[ItemSource.INVOICE]),
        orders=read.many(ORDERS, by[ItemSource.ORDER]),
        refills=read.many(REFILLS, by[ItemSource.REFILL]),
        patients=frozenset(one.id for one in read.many(PATIENTS, (one.patient for one in page))),
    )


def _awaited_invoices(read: _Scoped, page: Sequence[Invoice]) -> Awaited:
    some = [one for one in page if one.awaits_script]
    return Awaited(items=_items(read, some), invoices=some)


def _awaited_orders(read: _Scoped, page: Sequence[Order]) -> Awaited:
    some = [one for one in page if one.queued_for_provider is not None]
    return Awaited(items=_items(read, some), orders=some)


def _awaited_refills(read: _Scoped, page: Sequence[Refill]) -> Awaited:
    some = [one for one in page if one.waits_for_provider]
    return Awaited(items=_items(read, some), refills=some)


def _items(read: _Scoped, rows: Sequence[Invoice] | Sequence[Order] | Sequence[Refill]) -> list[QueueItem]:
    return read.among(QUEUE_ITEMS, "open_subject", (one.id for one in rows))


def _answered(read: _Scoped, page: Sequence[IntakeSession]) -> Answered:
    reviews = read.among(REVIEWS, "intake", (one.id for one in page))
    return Answered(
        intakes=page,
        orders=read.many(ORDERS, (one.order for one in page)),
        reviews=reviews,
        decisions=read.many(DECISIONS, (decision_id(one.id, one.decisions) for one in reviews if one.decisions)),
    )


def _cases(read: _Scoped, page: Sequence[Any]) -> Cases:
    return Cases(cases=page, invoices=read.many(INVOICES, (one.invoice for one in page)))


def _prescribed(read: _Scoped, page: Sequence[Any]) -> Prescribed:
    """With everything that is prescribed for the same orders, and what fills those."""
    orders = {one.order for one in page} | {
        one.order for one in read.among(DISPATCHES, "prescription", (each.id for each in page))
    }
    together = {one.id: one for one in (*page, *read.among(PRESCRIPTIONS, "order_id", orders))}
    clinics = read.many(ORGANIZATIONS, (read.organization,))
    dispatches = {
        one.id: one
        for one in (
            *read.among(DISPATCHES, "prescription", together),
            *read.among(DISPATCHES, "order_id", orders),
        )
    }
    return Prescribed(
        prescriptions=[*together.values()],
        decisions=read.many(DECISIONS, (one.approval.decision for one in together.values())),
        dispatches=[*dispatches.values()],
        orders=read.many(ORDERS, orders),
        zones={one.id: one.zone for one in clinics},
    )


def _planned(read: _Scoped, page: Sequence[Any]) -> Planned:
    refills = read.among(REFILLS, "origin", (one.origin for one in page))
    named = (one.dispatch for one in refills if one.dispatch is not None)
    return Planned(refills=refills, dispatches=read.many(DISPATCHES, named))


def _staffed(read: _Scoped, page: Sequence[ClinicAssignment]) -> Staffed:
    persons = [one.user for one in page]
    return Staffed(
        organization=OrganizationId(read.organization),
        assignments=page,
        users=read.many(USERS, persons),
        sessions=read.among(SESSIONS, "user_id", persons, eq("state", SessionState.OPEN)),
        roles=frozenset(one.id for one in read.many(ROLES, (one.custom_role for one in page if one.custom_role))),
        patients=frozenset(one.id for one in read.many(PATIENTS, (one.patient for one in page if one.patient))),
    )


def _owned(read: _Scoped) -> Owned:
    admins = read.session.select(ASSIGNMENTS, read.organization, (eq("works_here", True), eq("role", Role.ORG_ADMIN)))
    owners = read.session.select(ASSIGNMENTS, read.organization, (eq("owner", "owner"),))
    together = {one.id: one for one in (*admins, *owners)}
    return Owned(organization=OrganizationId(read.organization), admins=[*together.values()])


def _known(read: _Scoped, page: Sequence[User]) -> Known:
    return Known(
        organization=OrganizationId(read.organization),
        users=page,
        assignments=read.among(ASSIGNMENTS, "user_id", (one.id for one in page)),
    )


def _numbered(read: _Scoped, kind: DocumentKind, before: int | None) -> list[Invoice]:
    where = (eq("kind", kind), above("number", -1 if before is None else before))
    return read.session.select(INVOICES, read.organization, where, ("number",), read.rows)


def _numbers(read: _Scoped, kind: DocumentKind, before: int | None) -> Numbers:
    numbers = [one.number for one in _numbered(read, kind, before) if one.number is not None]
    return Numbers(kind=kind, before=before, numbers=numbers)


def _history(read: _Scoped, subjects: dict[str, str], moves: Sequence[Move]) -> History:
    """With the moves that the platform keeps of rows that belong to no clinic."""
    states: dict[str, str] = {}
    known = {move.id: move for move in moves}
    for name in set(subjects.values()):
        shape = _BY_MACHINE.get(name)
        if shape is not None:
            ids = [id for id, machine in subjects.items() if machine == name]
            there = evolve(read, organization=PLATFORM) if shape.platform else read
            states |= {row.id: str(row.state) for row in there.many(shape, ids)}
            if shape.platform:
                known |= {move.id: move for move in there.among(MOVES, "subject", ids)}
    ordered = sorted(known.values(), key=lambda move: (move.subject, move.version))
    return History(moves=ordered, states=states)
