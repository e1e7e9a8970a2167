"""Taking over agreements that another system ran until now: they keep their rhythm, and are billed from here on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from enum import StrEnum

from attrs import frozen

from hlc_core.catalog.api import Coupon, Product
from hlc_core.kernel.commands import Command
from hlc_core.kernel.errors import Fault, HlcError, Invalid
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import MethodId, OrderId, SubscriptionId
from hlc_core.kernel.money import Money, zero
from hlc_core.kernel.text import folded
from hlc_core.kernel.time import Period
from hlc_core.orders.api import (
    Billing,
    Needs,
    OrderLine,
    Placement,
    ReductionType,
    Source,
    SourceContext,
    amounts_of,
    take_over_orders,
)
from hlc_core.patients.api import Patient
from hlc_core.payments.api import Instrument, SaveMethod, save_method
from hlc_core.subscriptions import events
from hlc_core.subscriptions.calendar import Grid
from hlc_core.subscriptions.machine import State
from hlc_core.subscriptions.model import ResumeAs, Span, Subscription
from hlc_core.subscriptions.offers import terms_for
from hlc_core.subscriptions.ports import ImportingEnv
from hlc_core.subscriptions.terms import Terms

MOST_ROWS = 1000
"""Rows that one command takes; a longer file is sent in several."""


class RowResult(StrEnum):
    """What became of a row. SAME: it was taken over before, and what HLC has made of it since stands."""

    NEW = "new"
    SAME = "same"
    DUPLICATE = "duplicate"
    BAD = "bad"


@frozen(kw_only=True)
class SubscriptionRow:
    """One agreement. `external_id`, `patient` and `product` are keys of the other system.

    `started_on` is the anchor of its periods (in a trial, the day the trial began), `cycle` the one that runs now,
    `next_due_on` the local day of the next charge, of the trial's end, or of the return from a pause. `price` is that
    of one cycle before the coupon and tax; None: today's.
    """

    line: int
    external_id: str
    patient: str
    product: str
    state: State
    started_on: date
    cycle: int
    next_due_on: date | None
    price: Money | None = None
    coupon: str = ""
    gateway: str = ""
    instrument: Instrument | None = None


@frozen(kw_only=True)
class SubscriptionOutcome:
    """The answer for one row: `line` as it was sent, the subscription it became, the faults of a bad one."""

    line: int
    result: RowResult
    subscription: SubscriptionId | None = None
    faults: tuple[Fault, ...] = ()


@frozen(kw_only=True)
class ImportSubscriptions(Command[tuple[SubscriptionOutcome, ...]]):
    """Take agreements over by external id, each once. Rows that cannot be used are answered as bad. At most 1000."""

    rows: tuple[SubscriptionRow, ...]

    def __attrs_post_init__(self) -> None:
        if len(self.rows) > MOST_ROWS:
            raise Invalid("That is too much for one command.", Fault("rows", f"at most {MOST_ROWS}"))


def import_subscriptions(command: ImportSubscriptions, env: ImportingEnv) -> tuple[SubscriptionOutcome, ...]:
    """One outcome a row, in their order. An agreement that is known already is left alone, whatever the row says.

    PAST_DUE is taken over as ACTIVE with its due date: the next billing run charges what the other system could not.
    """
    known = {one.external_id: one.id for one in env.subscriptions.with_external_ids(_keys(command.rows))}
    books = _Books(command.rows, env)
    outcomes: list[SubscriptionOutcome] = []
    fresh: set[str] = set()
    for row in command.rows:
        if row.external_id in fresh:
            twice = Fault("external_id", "repeats one of a line above")
            outcomes.append(SubscriptionOutcome(line=row.line, result=RowResult.DUPLICATE, faults=(twice,)))
        elif row.external_id in known:
            id = known[row.external_id]
            outcomes.append(SubscriptionOutcome(line=row.line, result=RowResult.SAME, subscription=id))
        else:
            outcomes.append(_taken_over(row, books, env))
        fresh.add(row.external_id)
    return tuple(outcomes)


def _keys(rows: Sequence[SubscriptionRow]) -> list[str]:
    return list(dict.fromkeys(row.external_id for row in rows))


class _Books:
    """What the rows refer to, read in a statement each."""

    def __init__(self, rows: Sequence[SubscriptionRow], env: ImportingEnv) -> None:
        patients = env.patients.with_external_ids({row.patient for row in rows}) if rows else ()
        products = env.products.with_external_ids({row.product for row in rows}) if rows else ()
        codes = {folded(row.coupon) for row in rows if row.coupon}
        self.patients: Mapping[str | None, Patient] = {one.external_id: one for one in patients}
        self.products: Mapping[str | None, Product] = {one.external_id: one for one in products}
        self.coupons: Mapping[str, Coupon | None] = {code: env.coupons.with_code(code) for code in codes}


def _taken_over(row: SubscriptionRow, books: _Books, env: ImportingEnv) -> SubscriptionOutcome:
    try:
        patient, product, terms = _agreed(row, books, env)
        grid = _grid(row, terms)
    except HlcError as refusal:
        faults = refusal.faults or (Fault("row", refusal.detail),)
        return SubscriptionOutcome(line=row.line, result=RowResult.BAD, faults=faults)
    held = _subscription(row, patient, terms, grid, env)
    method = None if row.instrument is None else _method(patient, row.gateway, row.instrument, env)
    held = evolve(held, method=method)
    take_over_orders((_placement(held, patient, product),), env)
    env.subscriptions.add(held)
    env.outbox.put(
        events.SubscriptionCreated(
            **events.about(held), amount=zero(terms.currency), trial=held.state is State.TRIALING
        )
    )
    return SubscriptionOutcome(line=row.line, result=RowResult.NEW, subscription=held.id)


def _agreed(row: SubscriptionRow, books: _Books, env: ImportingEnv) -> tuple[Patient, Product, Terms]:
    faults: list[Fault] = []
    patient, product = books.patients.get(row.patient), books.products.get(row.product)
    coupon = books.coupons.get(folded(row.coupon)) if row.coupon else None
    if patient is None:
        faults.append(Fault("patient_external_id", "no patient was imported under it: import patients first"))
    if product is None:
        faults.append(Fault("product_external_id", "no product was imported under it: import products first"))
    elif not product.recurring:
        faults.append(Fault("product_external_id", f"{product.name} is no subscription"))
    if row.coupon and coupon is None:
        faults.append(Fault("coupon", "there is no coupon with that code: import coupons first"))
    if row.instrument is not None:
        faults += _unknown_gateway(row.gateway, env)
    if patient is None or product is None or faults:
        raise Invalid("The agreement cannot be taken over.", *faults)
    terms = terms_for(product, 1, env.organization.carts.tax_basis_points, None if coupon is None else coupon.reduction)
    return patient, product, terms if row.price is None else evolve(terms, unit_price=row.price)


def _unknown_gateway(name: str, env: ImportingEnv) -> Iterator[Fault]:
    try:
        env.gateways.capabilities(name)
    except HlcError:
        yield Fault("gateway", "not configured in this installation")


def _grid(row: SubscriptionRow, terms: Terms) -> Grid:
    """The rhythm. Refuses: Invalid, where the dates of the row contradict each other."""
    faults = [*_wrong_dates(row, terms)]
    if faults:
        raise Invalid("The dates of the agreement do not fit together.", *faults)
    in_trial = row.cycle == 0 and row.next_due_on is not None
    return Grid(
        anchor=row.next_due_on if in_trial and row.next_due_on else row.started_on, interval=terms.cycle_interval
    )


def _wrong_dates(row: SubscriptionRow, terms: Terms) -> Iterator[Fault]:
    if (row.cycle == 0) != (row.state is State.TRIALING):
        yield Fault("cycle", "0 in a trial, and only there")
        return
    if terms.cycles is not None and row.cycle > terms.cycles:
        yield Fault("cycle", f"the plan has {terms.cycles} cycles")
    if row.state is State.PAUSED:
        return
    if row.next_due_on is None:
        yield Fault("next_due_on", "the local day of the next charge")
        return
    if row.state is State.TRIALING:
        if row.next_due_on < row.started_on:
            yield Fault("next_due_on", f"not before {row.started_on}, when the trial began")
        return
    due = Grid(anchor=row.started_on, interval=terms.cycle_interval).start(row.cycle + 1)
    if due != row.next_due_on:
        rhythm = f"cycle {row.cycle} from {row.started_on} on, {terms.cycle_interval}, ends on {due}"
        yield Fault("next_due_on", f"{rhythm}: mend this, started_on or cycle")


def _subscription(row: SubscriptionRow, patient: Patient, terms: Terms, grid: Grid, env: ImportingEnv) -> Subscription:
    now, nothing = env.clock.now(), zero(terms.currency)
    in_trial, paused = row.state is State.TRIALING, row.state is State.PAUSED
    period = Period(row.started_on, grid.anchor) if in_trial else grid.period(row.cycle)
    price = nothing if in_trial else terms.price_of_cycle(row.cycle)
    span = Span(start=period.start, end=period.end, price=price, whole=period)
    return Subscription(
        id=SubscriptionId(env.ids.new("sub")),
        organization=env.organization.id,
        number=env.ids.number("S"),
        patient=patient.id,
        order=OrderId(env.ids.new("ord")),
        line=0,
        state=State.ACTIVE if row.state is State.PAST_DUE else row.state,
        terms=terms,
        zone=env.organization.zone,
        grid=grid,
        cycle=row.cycle,
        paid=row.cycle,
        next_cycle=row.cycle + 1,
        period=period,
        next_due=row.next_due_on,
        charged=price,
        credit=nothing,
        method=None,
        gateway=row.gateway or env.organization.payments.active_gateway,
        created_at=now,
        spans=() if in_trial else (span,),
        trial_end=grid.anchor if in_trial else None,
        paused_at=now if paused else None,
        resume_on=row.next_due_on if paused else None,
        resume_as=ResumeAs.NEW_PERIOD,
        external_id=row.external_id,
    )


def _method(patient: Patient, gateway: str, instrument: Instrument, env: ImportingEnv) -> MethodId:
    return save_method(SaveMethod(patient=patient.id, gateway=gateway, instrument=instrument), env).id


def _placement(held: Subscription, patient: Patient, product: Product) -> Placement:
    """The order behind the agreement: renewals take contact, address and what is dispensed from it."""
    price = held.terms.breakdown(max(1, held.cycle))
    line = OrderLine(
        product=product.id,
        name=product.name,
        quantity=held.terms.quantity,
        list_price=price.listed,
        price=price.listed - price.discount,
        drug_name=", ".join(drug.compound for drug in product.offer.drugs),
        reduction_amount=price.discount.amount,
        reduction_type=ReductionType.DOLLAR,
        tax=price.tax,
        subscription=held.id,
        billing=Billing(
            interval=held.terms.cycle_interval.unit,
            interval_count=held.terms.cycle_interval.count,
            cycle=held.cycle,
            start=held.period.start,
            end=held.period.end,
        ),
    )
    return Placement(
        id=held.order,
        patient=patient.id,
        contact=patient.contact,
        lines=(line,),
        amounts=amounts_of((line,)),
        source=Source(context=SourceContext.IMPORT, channel="import"),
        needs=Needs(shipment=product.offer.ships),
        paid=True,
        shipping_address=patient.address,
        external_id=f"import:{held.external_id}",
    )
