"""The drug catalog: adding, changing, importing, and which drugs the products of an order map to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from attrs import frozen

from hlc_core.catalog.api import OnBad, RowOutcome, RowResult
from hlc_core.kernel.commands import Command, Query
from hlc_core.kernel.errors import Fault, HlcError
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import DrugId
from hlc_core.kernel.paging import Page, limited
from hlc_core.kernel.text import counted, folded, line
from hlc_core.orders.api import Order
from hlc_core.prescriptions.errors import DrugExists, NotADrug
from hlc_core.prescriptions.model import Drug, DrugLabel, DrugSchedule
from hlc_core.prescriptions.ports import Env

MOST_ROWS = 1000
"""Rows that one command takes; a longer file is sent in several."""
MOST_REFILLS = 24
CONTROLLED_REFILLS = 5
"""Refills of schedules III to V. Source: 21 CFR 1306.22."""

_CODE = re.compile(r"(?:[0-9]{4,5}-[0-9]{3,4}-[0-9]{1,2}|[0-9]{10,11})?")


def drug_key(label: DrugLabel) -> str:
    """What makes two drugs the same: name, strength and form, in any spelling of cases."""
    return "|".join(folded(part) for part in (label.name, label.strength, label.form))


def most_refills(schedule: DrugSchedule) -> int:
    """How many refills the law allows: none of schedule II, five of III to V."""
    if schedule is DrugSchedule.II:
        return 0
    return CONTROLLED_REFILLS if schedule.controlled else MOST_REFILLS


def sound_label(label: DrugLabel) -> DrugLabel:
    """The label with trimmed texts. Refuses: NotADrug with every field at fault."""
    faults = [*_faults(label)]
    if faults:
        raise NotADrug("The drug cannot be kept like that.", *faults)
    return evolve(
        label,
        name=label.name.strip(),
        compound=label.compound.strip(),
        strength=label.strength.strip(),
        form=label.form.strip(),
        directions=label.directions.strip(),
        unit=label.unit.strip(),
        code=label.code.strip(),
    )


def _faults(label: DrugLabel) -> Iterator[Fault]:
    for field, text, most, least in (
        ("name", label.name, 120, 1),
        ("compound", label.compound, 120, 1),
        ("strength", label.strength, 60, 1),
        ("form", label.form, 60, 1),
        ("directions", label.directions, 500, 0),
        ("unit", label.unit, 30, 0),
    ):
        try:
            line(text, field, most, least)
        except HlcError as refusal:
            yield from refusal.faults
    most = most_refills(label.schedule)
    rules = (
        (1 <= label.quantity <= 100_000, "quantity", "between 1 and 100000"),
        (1 <= label.days_supply <= 365, "daysSupply", "between 1 and 365"),
        (0 <= label.refills <= most, "refills", f"between 0 and {most} for this schedule"),
        (_CODE.fullmatch(label.code.strip()), "code", "an NDC such as 0002-1506-80, or nothing"),
    )
    for holds, field, message in rules:
        if not holds:
            yield Fault(field, message)


@frozen(kw_only=True)
class AddDrug(Command[Drug]):
    """A new drug."""

    label: DrugLabel


def add_drug(command: AddDrug, env: Env) -> Drug:
    """Refuses: NotADrug, DrugExists."""
    label = sound_label(command.label)
    if env.drugs.keyed((drug_key(label),)):
        raise DrugExists("This drug is in the catalog.", Fault("name", "change that one, or restore it"))
    return _new(label, None, True, env)


@frozen(kw_only=True)
class ChangeDrug(Command[Drug]):
    """Another label for a drug; prescriptions that were written keep theirs."""

    drug: DrugId
    label: DrugLabel


def change_drug(command: ChangeDrug, env: Env) -> Drug:
    """Refuses: Missing, NotADrug, DrugExists."""
    stands, label = env.drugs.get(command.drug), sound_label(command.label)
    if any(other.id != stands.id for other in env.drugs.keyed((drug_key(label),))):
        raise DrugExists("Another drug has that name, strength and form.", Fault("name", "change that one"))
    return _kept(evolve(stands, label=label, key=drug_key(label)), env)


@frozen(kw_only=True)
class WithdrawDrug(Command[Drug]):
    """It is not prescribed any more."""

    drug: DrugId


def withdraw_drug(command: WithdrawDrug, env: Env) -> Drug:
    """Refuses: Missing."""
    return _kept(evolve(env.drugs.get(command.drug), active=False), env)


@frozen(kw_only=True)
class RestoreDrug(Command[Drug]):
    """It is prescribed again."""

    drug: DrugId


def restore_drug(command: RestoreDrug, env: Env) -> Drug:
    """Refuses: Missing."""
    return _kept(evolve(env.drugs.get(command.drug), active=True), env)


@frozen(kw_only=True)
class DrugRow:
    """One drug of a file; `external_id` is its key there."""

    line: int
    external_id: str
    label: DrugLabel
    active: bool = True


@frozen(kw_only=True)
class ImportDrugs(Command[tuple[RowOutcome, ...]]):
    """Drugs by external id: new ones are added, known ones follow the file, same ones stay. At most 1000 rows."""

    rows: tuple[DrugRow, ...]
    on_bad: OnBad = OnBad.REFUSE


def import_drugs(command: ImportDrugs, env: Env) -> tuple[RowOutcome, ...]:
    """One outcome a row, in their order; sending the same rows again changes nothing. Refuses: NotADrug."""
    if len(command.rows) > MOST_ROWS:
        raise NotADrug("That is too much for one command.", Fault("rows", f"at most {MOST_ROWS}"))
    known: dict[str, Drug] = {
        drug.external_id: drug
        for drug in env.drugs.with_external_ids([row.external_id for row in command.rows])
        if drug.external_id is not None
    }
    taken = {drug.key: drug.id for drug in env.drugs.keyed([drug_key(row.label) for row in command.rows])}
    seen: set[str] = set()
    outcomes = []
    for row in command.rows:
        twice = Fault("row", f"line {row.line} repeats a key of a line above")
        if row.external_id in seen:
            outcomes.append(RowOutcome(line=row.line, result=RowResult.DUPLICATE, faults=(twice,)))
            continue
        seen.add(row.external_id)
        try:
            outcomes.append(_imported(row, known, taken, env))
        except HlcError as refusal:
            faults = refusal.faults or (Fault("row", refusal.detail),)
            outcomes.append(RowOutcome(line=row.line, result=RowResult.BAD, faults=faults))
    bad = [outcome for outcome in outcomes if outcome.faults]
    if bad and command.on_bad is OnBad.REFUSE:
        every = [Fault(f"line {one.line}: {fault.field}", fault.message) for one in bad for fault in one.faults]
        raise NotADrug(
            f"{len(bad)} of {counted(len(command.rows), 'row')} cannot be taken; nothing was imported.", *every
        )
    return tuple(outcomes)


def _imported(row: DrugRow, known: dict[str, Drug], taken: dict[str, DrugId], env: Env) -> RowOutcome:
    label, stands = sound_label(row.label), known.get(row.external_id)
    owner = taken.get(drug_key(label))
    if owner is not None and (stands is None or owner != stands.id):
        raise DrugExists("Another drug has that name, strength and form.", Fault("name", "change that one"))
    if stands is None:
        made = _new(label, row.external_id, row.active, env)
        taken[made.key] = made.id
        return RowOutcome(line=row.line, result=RowResult.NEW, id=made.id)
    after = _kept(evolve(stands, label=label, key=drug_key(label), active=row.active), env)
    taken[after.key] = after.id
    result = RowResult.UNCHANGED if after == stands else RowResult.CHANGED
    return RowOutcome(line=row.line, result=result, id=after.id)


def _new(label: DrugLabel, external_id: str | None, active: bool, env: Env) -> Drug:
    drug = Drug(
        id=DrugId(env.ids.new("drug")),
        organization=env.organization.id,
        key=drug_key(label),
        label=label,
        active=active,
        external_id=external_id,
    )
    env.drugs.add(drug)
    return drug


def _kept(drug: Drug, env: Env) -> Drug:
    env.drugs.save(drug)
    return drug


@frozen(kw_only=True)
class ListDrugs(Query[Page[Drug]]):
    """The catalog, in the order of its making."""

    active_only: bool = False
    after: DrugId | None = None
    limit: int = 50


def list_drugs(query: ListDrugs, env: Env) -> Page[Drug]:
    """Refuses: Invalid (limit)."""
    limit = limited(query.limit)
    found = env.drugs.page(query.active_only, query.after, limit + 1)
    return Page(tuple(found[:limit]), found[limit - 1].id if len(found) > limit else None)


@frozen(kw_only=True)
class GetDrug(Query[Drug]):
    """One drug."""

    drug: DrugId


def get_drug(query: GetDrug, env: Env) -> Drug:
    """Refuses: Missing."""
    return env.drugs.get(query.drug)


def drugs_of_order(order: Order, env: Env) -> tuple[Drug, ...]:
    """The drugs that the order's products map to: by name, else by compound, as far as the catalog has them.

    Products name their drugs with the compound behind them (see `Offer.drugs`); where several strengths of one name
    are in the catalog, all are proposed.
    """
    products = env.products.many({one.product for one in order.lines})
    wanted = [drug for product in products for drug in product.offer.drugs]
    if not wanted:
        return ()
    words = {folded(word) for drug in wanted for word in (drug.name, drug.compound)}
    by_name = _grouped(env.drugs.called(words))
    found: dict[DrugId, Drug] = {}
    for drug in wanted:
        for match in by_name.get(folded(drug.name)) or by_name.get(folded(drug.compound)) or ():
            found[match.id] = match
    return tuple(found.values())


def _grouped(drugs: Sequence[Drug]) -> Mapping[str, list[Drug]]:
    groups: dict[str, list[Drug]] = {}
    for drug in drugs:
        groups.setdefault(folded(drug.label.name), []).append(drug)
    return groups
