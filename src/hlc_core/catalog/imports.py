"""Taking products and coupons over from a file: rows already parsed, known by their external id or code."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import TypeVar

from attrs import frozen

from hlc_core.catalog.errors import BadRows
from hlc_core.catalog.model import CouponTerms, Offer
from hlc_core.catalog.offers import sound_offer
from hlc_core.catalog.ports import Env
from hlc_core.catalog.usecases import AddCoupon, ChangeCoupon, add_coupon, change_coupon, new_product, replace
from hlc_core.kernel.commands import Command
from hlc_core.kernel.errors import Fault, HlcError
from hlc_core.kernel.text import counted, folded

MOST_ROWS = 1000
"""Rows that one command takes; a longer file is sent in several."""


class OnBad(StrEnum):
    """What a bad row does to the others of the same command."""

    SKIP = "skip"
    REFUSE = "refuse"


class RowResult(StrEnum):
    """What became of a row."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    DUPLICATE = "duplicate"
    BAD = "bad"


@frozen(kw_only=True)
class RowOutcome:
    """The answer for one row: `line` as it was sent, the id of what it became, the faults of a bad one."""

    line: int
    result: RowResult
    id: str | None = None
    faults: tuple[Fault, ...] = ()


@frozen(kw_only=True)
class ProductRow:
    """One product of a file; `external_id` is its key there, `line` its line."""

    line: int
    external_id: str
    offer: Offer
    active: bool = True


@frozen(kw_only=True)
class ImportProducts(Command[tuple[RowOutcome, ...]]):
    """Products by external id: new ones are added, known ones follow the file, same ones stay. At most 1000 rows."""

    rows: tuple[ProductRow, ...]
    on_bad: OnBad = OnBad.REFUSE


def import_products(command: ImportProducts, env: Env) -> tuple[RowOutcome, ...]:
    """One outcome a row, in their order; sending the same rows again changes nothing.

    Refuses: BadRows (more than 1000 rows; or a bad one, where the import is to be all or nothing).
    """
    found = env.products.with_external_ids(_keys(command.rows)) if command.rows else ()
    known = {product.external_id: product for product in found}

    def take(row: ProductRow) -> RowOutcome:
        offer = sound_offer(row.offer, env.organization.currency)
        before = known.get(row.external_id)
        if before is None:
            return RowOutcome(
                line=row.line, result=RowResult.NEW, id=new_product(offer, row.external_id, row.active, env).id
            )
        after = replace(before, offer, row.active, env)
        result = RowResult.UNCHANGED if after is before else RowResult.CHANGED
        return RowOutcome(line=row.line, result=result, id=after.id)

    return _taken(command.rows, lambda row: row.external_id, take, command.on_bad)


@frozen(kw_only=True)
class CouponRow:
    """One coupon of a file; the folded code is its key."""

    line: int
    code: str
    terms: CouponTerms


@frozen(kw_only=True)
class ImportCoupons(Command[tuple[RowOutcome, ...]]):
    """Coupons by code: new ones are added, known ones follow the file, same ones stay. At most 1000 rows."""

    rows: tuple[CouponRow, ...]
    on_bad: OnBad = OnBad.REFUSE


def import_coupons(command: ImportCoupons, env: Env) -> tuple[RowOutcome, ...]:
    """One outcome a row, in their order; sending the same rows again changes nothing.

    Refuses: BadRows (more than 1000 rows; or a bad one, where the import is to be all or nothing).
    """

    def take(row: CouponRow) -> RowOutcome:
        before = env.coupons.with_code(folded(row.code))
        if before is None:
            added = add_coupon(AddCoupon(code=row.code, terms=row.terms), env)
            return RowOutcome(line=row.line, result=RowResult.NEW, id=added.id)
        if before.terms == row.terms:
            return RowOutcome(line=row.line, result=RowResult.UNCHANGED, id=before.id)
        change_coupon(ChangeCoupon(coupon=before.id, terms=row.terms), env)
        return RowOutcome(line=row.line, result=RowResult.CHANGED, id=before.id)

    return _taken(command.rows, lambda row: folded(row.code), take, command.on_bad)


R = TypeVar("R", ProductRow, CouponRow)


def _taken(
    rows: Sequence[R], key: Callable[[R], str], take: Callable[[R], RowOutcome], on_bad: OnBad
) -> tuple[RowOutcome, ...]:
    if len(rows) > MOST_ROWS:
        raise BadRows("That is too much for one command.", Fault("rows", f"at most {MOST_ROWS}"))
    seen: set[str] = set()
    outcomes = []
    for row in rows:
        if key(row) in seen:
            outcomes.append(RowOutcome(line=row.line, result=RowResult.DUPLICATE, faults=(_twice(row.line),)))
            continue
        seen.add(key(row))
        try:
            outcomes.append(take(row))
        except HlcError as refusal:
            faults = refusal.faults or (Fault("row", refusal.detail),)
            outcomes.append(RowOutcome(line=row.line, result=RowResult.BAD, faults=faults))
    bad = [outcome for outcome in outcomes if outcome.faults]
    if bad and on_bad is OnBad.REFUSE:
        every = [Fault(f"line {one.line}: {fault.field}", fault.message) for one in bad for fault in one.faults]
        raise BadRows(f"{len(bad)} of {counted(len(rows), 'row')} cannot be taken; nothing was imported.", *every)
    return tuple(outcomes)


def _twice(line: int) -> Fault:
    return Fault("row", f"line {line} repeats a key of a line above")


def _keys(rows: Sequence[ProductRow]) -> list[str]:
    return list(dict.fromkeys(row.external_id for row in rows))
