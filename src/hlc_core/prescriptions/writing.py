"""Writing and signing prescriptions, and prescribing all that an order needs in one act."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta

from attrs import frozen

from hlc_core.kernel.commands import Command
from hlc_core.kernel.errors import Fault
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import DrugId, OrderId, PrescriptionId, UserId
from hlc_core.kernel.text import printable
from hlc_core.kernel.time import local_date
from hlc_core.orders.api import Order, OrderState
from hlc_core.prescriptions import events as told
from hlc_core.prescriptions.approving import approval_for
from hlc_core.prescriptions.drugs import MOST_REFILLS, drugs_of_order, most_refills
from hlc_core.prescriptions.errors import AlreadyPrescribed, NotApproved, NotAPrescription, OrderNotReady
from hlc_core.prescriptions.fills import queue_fill
from hlc_core.prescriptions.machine import PrescriptionTrigger
from hlc_core.prescriptions.model import Approval, BlockKind, Drug, Medicine, Prescription
from hlc_core.prescriptions.ports import Env

CONTROLLED_DAYS = 180
"""How long a prescription of schedules III to V may be filled; of schedule II half of it. Source: 21 CFR 1306.22."""
MOST_DAYS = 730


@frozen(kw_only=True)
class ScriptItem:
    """One drug as it is to be prescribed; None: as the catalog proposes."""

    drug: DrugId
    directions: str | None = None
    quantity: int | None = None
    days_supply: int | None = None
    refills: int | None = None
    expires_on: date | None = None


@frozen(kw_only=True)
class DraftPrescription(Command[Prescription]):
    """Write a prescription without signing it: nothing is filled. `prescriber` is the name on the print."""

    order: OrderId
    item: ScriptItem
    prescriber: str = ""


def draft_prescription(command: DraftPrescription, env: Env) -> Prescription:
    """Refuses: NotAPrescription, Missing, OrderNotReady, NotApproved, AlreadyPrescribed."""
    _sound(command.order, (command.item,), command.prescriber, env, lambda _: "")
    order = _ready(command.order, env)
    if _standing(order, env, command.item.drug) is not None:
        raise AlreadyPrescribed("This drug stands prescribed for this order.", Fault("drug", "cancel that one first"))
    return _drafted(order, command.item, command.prescriber, approval_for(order, env), env)


@frozen(kw_only=True)
class SignPrescription(Command[Prescription]):
    """Make a draft fillable. The approval that it was written on must still be in force, on the same revision."""

    prescription: PrescriptionId


def sign_prescription(command: SignPrescription, env: Env) -> Prescription:
    """Refuses: Missing, OrderNotReady, NotApproved, IllegalTransition, GuardRefused."""
    draft = env.prescriptions.get(command.prescription)
    return _signed(draft, approval_for(_ready(draft.order, env), env), env)


@frozen(kw_only=True)
class Prescribe(Command[tuple[Prescription, ...]]):
    """Write and sign everything that the order needs, and send it. No items: what its products map to, as proposed.

    `pharmacy`: who fills it; empty: the organization's.
    """

    order: OrderId
    items: tuple[ScriptItem, ...] = ()
    prescriber: str = ""
    pharmacy: str = ""


def prescribe(command: Prescribe, env: Env) -> tuple[Prescription, ...]:
    """The signed prescriptions, each with its first fill queued; what stands prescribed already is taken as it is.

    Refuses: NotAPrescription (also: nothing to prescribe), Missing, OrderNotReady, NotApproved, NotCertified,
    PharmacyNotConfigured.
    """
    _sound(command.order, command.items, command.prescriber, env, _place)
    order = _ready(command.order, env)
    items = command.items or _proposed(order, env)
    approval, done = approval_for(order, env), []
    for item in items:
        one = _standing(order, env, item.drug) or _drafted(order, item, command.prescriber, approval, env)
        if one.signed_at is None:
            one = _signed(one, approval, env)
        queue_fill(one, order, env, command.pharmacy)
        done.append(env.prescriptions.get(one.id))
    return tuple(done)


def _place(number: int) -> str:
    return f"items[{number}]."


def _ready(id: OrderId, env: Env) -> Order:
    order = env.orders.get(id)
    if order.state is not OrderState.AWAITING_SCRIPT:
        raise OrderNotReady(
            f"Nothing is prescribed while the order is {order.state}.",
            Fault("order", f"it has to be {OrderState.AWAITING_SCRIPT}; see `hlc explain order {order.number}`"),
        )
    return order


def _standing(order: Order, env: Env, drug: DrugId) -> Prescription | None:
    return next(
        (one for one in env.prescriptions.of_orders((order.id,)) if one.medicine.drug == drug and not one.ended), None
    )


def _proposed(order: Order, env: Env) -> tuple[ScriptItem, ...]:
    drugs = drugs_of_order(order, env)
    names = {drug.label.name.casefold() for drug in drugs}
    if not drugs or len(names) < len(drugs):
        why = "in several strengths" if drugs else "to no drug of the catalog"
        raise NotAPrescription(f"The order's products map {why}.", Fault("items", "name the drugs to prescribe"))
    return tuple(ScriptItem(drug=drug.id) for drug in drugs)


def _drafted(order: Order, item: ScriptItem, prescriber: str, approval: Approval, env: Env) -> Prescription:
    now, drug = env.clock.now(), env.drugs.get(item.drug)
    today = local_date(now, env.organization.zone)
    label = drug.label
    last = item.expires_on or today + timedelta(days=min(env.organization.prescriptions.valid_days, _longest(drug)))
    made = Prescription(
        id=PrescriptionId(env.ids.new("rx")),
        organization=env.organization.id,
        number=env.ids.number("RX"),
        patient=order.patient,
        order=order.id,
        subscription=order.subscriptions[0] if len(order.subscriptions) == 1 else None,
        medicine=Medicine(
            drug=drug.id,
            name=label.name,
            compound=label.compound,
            strength=label.strength,
            form=label.form,
            schedule=label.schedule,
            code=label.code,
        ),
        quantity=label.quantity if item.quantity is None else item.quantity,
        unit=label.unit,
        days_supply=label.days_supply if item.days_supply is None else item.days_supply,
        directions=(label.directions if item.directions is None else item.directions).strip(),
        refills_allowed=label.refills if item.refills is None else item.refills,
        prescriber=prescriber.strip() or _name_of_writer(env),
        written_by=env.actor.id,
        written_at=now,
        expires_on=last,
        approval=approval,
    )
    if order.needs.shipment and order.shipping_address is None:
        made = made.opened(BlockKind.NEEDS_ADDRESS, now, env.actor.id, "The order has no shipping address.")
    env.prescriptions.add(made)
    return made


def _name_of_writer(env: Env) -> str:
    """The name of the person who writes; of a key that acts, none is known."""
    person = env.users.find(UserId(env.actor.id))
    return "" if person is None else person.name


def _longest(drug: Drug) -> int:
    if not drug.label.schedule.controlled:
        return MOST_DAYS
    return CONTROLLED_DAYS if most_refills(drug.label.schedule) else CONTROLLED_DAYS // 2


def _sound(id: OrderId, items: Sequence[ScriptItem], prescriber: str, env: Env, at: Callable[[int], str]) -> None:
    """Refuses: NotAPrescription, with every fault of every item that does not stand prescribed already.

    `at` says how the fields of one item are called.
    """
    known = {drug.id: drug for drug in env.drugs.many({item.drug for item in items})}
    today = local_date(env.clock.now(), env.organization.zone)
    order = env.orders.find(id)
    faults = [
        Fault(f"{at(place)}{field}", message)
        for place, item in enumerate(items)
        if order is None or _standing(order, env, item.drug) is None
        for field, message in _faults(item, known.get(item.drug), today)
    ]
    if not printable(prescriber, 120):
        faults.append(Fault("prescriber", "at most 120 characters, on one line"))
    if faults:
        where = () if order is not None else (Fault("order", "there is no such order"),)
        raise NotAPrescription("That cannot be prescribed.", *where, *faults)


def _faults(item: ScriptItem, drug: Drug | None, today: date) -> Iterator[tuple[str, str]]:
    label = None if drug is None else drug.label
    most, longest = (MOST_REFILLS, MOST_DAYS) if drug is None else (most_refills(drug.label.schedule), _longest(drug))
    directions = (
        item.directions if item.directions is not None else "as proposed" if label is None else label.directions
    )
    last = today + timedelta(days=longest)
    rules = (
        (drug is not None, "drug", "there is no such drug; see `hlc drugs list`"),
        (drug is None or drug.active, "drug", "it was withdrawn from the catalog"),
        (printable(directions, 500, 1), "directions", "1 to 500 characters, on one line"),
        (item.quantity is None or 1 <= item.quantity <= 100_000, "quantity", "between 1 and 100000"),
        (item.days_supply is None or 1 <= item.days_supply <= 365, "daysSupply", "between 1 and 365"),
        (item.refills is None or 0 <= item.refills <= most, "refills", f"between 0 and {most} for this schedule"),
        (
            item.expires_on is None or today <= item.expires_on <= last,
            "expiresOn",
            f"from {today} to {last}, {longest} days from now",
        ),
    )
    return ((field, message) for holds, field, message in rules if not holds)


def _signed(draft: Prescription, approval: Approval, env: Env) -> Prescription:
    if draft.approval != approval:
        raise NotApproved(
            "The approval that it was written on is not the one in force.", Fault("prescription", "write it again")
        )
    now = env.clock.now()
    today = local_date(now, env.organization.zone)
    signed = evolve(draft.moved(PrescriptionTrigger.SIGN, today), signed_by=env.actor.id, signed_at=now)
    env.prescriptions.save(signed)
    env.outbox.put(told.created(signed))
    return signed


def medicines(prescriptions: Sequence[Prescription]) -> str:
    """Their names in one line, for those who may read them."""
    return ", ".join(f"{one.medicine.name} {one.medicine.strength}" for one in prescriptions)
