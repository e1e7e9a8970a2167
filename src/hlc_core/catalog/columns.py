"""The columns of the files that products and coupons are imported from: text in, rows or faults out. Pure.

One row is a mapping from column name to text; a missing column is an empty one. Lists are parted by semicolons.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from hlc_core.catalog.errors import NotACoupon, NotAnOffer
from hlc_core.catalog.imports import CouponRow, ProductRow
from hlc_core.catalog.model import CouponTerms, Drug, Duration, Offer, ProductKind
from hlc_core.kernel.errors import Fault, HlcError, Invalid
from hlc_core.kernel.money import Money, parse_money, zero
from hlc_core.kernel.time import Interval, Unit, start_of_day

T = TypeVar("T")

PRODUCT_COLUMNS: Mapping[str, str] = {
    "external_id": "the product's key in the file; required, and the same on every import",
    "name": "what the buyer reads; required",
    "description": "a few sentences",
    "category": "a word to group by",
    "image": "an http(s) address or a relative path",
    "price": "decimal, such as 199.00, in the organization's currency; required",
    "kind": "ONE_TIME or SUBSCRIPTION; required",
    "interval": "day, week, month or year; for subscriptions",
    "interval_count": "how many of them; 1 when empty",
    "cycles": "number of billing cycles of a commitment; empty: until cancelled",
    "prepaid_months": "how many months one price covers, when several are paid at once",
    "trial_days": "days before the first charge; 0 when empty",
    "payoff_rebate_percent": "what is taken off the rest of a commitment settled early, such as 5 or 7.5",
    "questionnaires": "keys, parted by semicolons",
    "drugs": "name=compound, parted by semicolons",
    "needs_prescription": "yes or no",
    "needs_labs": "yes or no",
    "ships": "yes or no; yes when empty",
    "active": "yes or no; yes when empty",
}
"""Every column of a product file, and what stands in it."""

COUPON_COLUMNS: Mapping[str, str] = {
    "code": "what the buyer types; required, upper and lower case count as the same",
    "percent": "such as 10 or 12.5; either this or amount",
    "amount": "decimal, in the organization's currency; either this or percent",
    "starts_on": "first local day, YYYY-MM-DD; empty: at once",
    "ends_on": "last local day, YYYY-MM-DD; empty: no end",
    "total_limit": "how often it can be used in all; empty: no limit",
    "patient_limit": "how often one patient can use it; empty: no limit",
    "duration": "first_cycle, cycles or forever; first_cycle when empty",
    "cycles": "how many billing cycles, for the duration cycles",
}
"""Every column of a coupon file, and what stands in it."""


def product_row(line: int, cells: Mapping[str, str], currency: str) -> ProductRow:
    """The row of that line. Refuses: NotAnOffer with every cell that cannot be read."""
    read = _Reader(cells)
    external_id = read.one("external_id", _needed)
    name = read.one("name", _needed)
    price = read.one("price", lambda text: parse_money(_needed(text), currency))
    kind = read.one("kind", lambda text: ProductKind(_needed(text).upper()))
    interval = read.one("interval", lambda text: Unit(text.lower()) if text else None)
    count = read.one("interval_count", lambda text: _whole(text, 1))
    cycles = read.one("cycles", _whole_or_none)
    prepaid = read.one("prepaid_months", _whole_or_none)
    trial = read.one("trial_days", lambda text: _whole(text, 0))
    rebate = read.one("payoff_rebate_percent", lambda text: _basis_points(text) if text else 0)
    drugs = read.one("drugs", _drugs)
    prescription = read.one("needs_prescription", lambda text: _yes(text, False))
    labs = read.one("needs_labs", lambda text: _yes(text, False))
    ships = read.one("ships", lambda text: _yes(text, True))
    active = read.one("active", lambda text: _yes(text, True))
    span = read.one("interval_count", lambda _: Interval(interval, count or 1) if interval else None)
    if read.faults:
        raise NotAnOffer(f"Line {line} cannot be read.", *read.faults)
    return ProductRow(
        line=line,
        external_id=external_id or "",
        active=active is not False,
        offer=Offer(
            name=name or "",
            description=read.text("description"),
            image=read.text("image"),
            category=read.text("category"),
            price=price or zero(currency),
            kind=kind or ProductKind.ONE_TIME,
            interval=span,
            cycles=cycles,
            prepaid_months=prepaid,
            trial_days=trial or 0,
            questionnaires=_parts(read.text("questionnaires")),
            drugs=drugs or (),
            needs_prescription=bool(prescription),
            needs_labs=bool(labs),
            ships=ships is not False,
            payoff_rebate=rebate or 0,
        ),
    )


def coupon_row(line: int, cells: Mapping[str, str], currency: str, zone: str) -> CouponRow:
    """The row of that line; days are local to the zone. Refuses: NotACoupon with every cell that cannot be read."""
    read = _Reader(cells)
    code = read.one("code", _needed)
    percent = read.one("percent", lambda text: _basis_points(text) if text else None)
    amount: Money | None = read.one("amount", lambda text: parse_money(text, currency) if text else None)
    starts = read.one("starts_on", lambda text: _day(text, zone, 0))
    ends = read.one("ends_on", lambda text: _day(text, zone, 1))
    total_limit = read.one("total_limit", _whole_or_none)
    patient_limit = read.one("patient_limit", _whole_or_none)
    duration = read.one("duration", lambda text: Duration(text.lower()) if text else Duration.FIRST_CYCLE)
    cycles = read.one("cycles", _whole_or_none)
    if read.faults:
        raise NotACoupon(f"Line {line} cannot be read.", *read.faults)
    terms = CouponTerms(
        percent=percent,
        amount=amount,
        starts_at=starts,
        ends_at=ends,
        total_limit=total_limit,
        patient_limit=patient_limit,
        duration=duration or Duration.FIRST_CYCLE,
        cycles=cycles,
    )
    return CouponRow(line=line, code=code or "", terms=terms)


class _Reader:
    """Reads cells one by one and keeps all faults."""

    def __init__(self, cells: Mapping[str, str]) -> None:
        self._cells = cells
        self.faults: list[Fault] = []

    def text(self, column: str) -> str:
        return self._cells.get(column, "").strip()

    def one(self, column: str, parse: Callable[[str], T]) -> T | None:
        """The parsed cell, or None beside a new fault."""
        try:
            return parse(self.text(column))
        except HlcError as refusal:
            self.faults.append(Fault(column, refusal.detail))
        except ValueError:
            known = {**PRODUCT_COLUMNS, **COUPON_COLUMNS}
            self.faults.append(Fault(column, f"{self.text(column)[:40]!r} is not: {known[column]}"))
        return None


def _needed(text: str) -> str:
    if not text:
        raise Invalid("It must not be empty.")
    return text


def _whole(text: str, otherwise: int) -> int:
    if text and not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise ValueError(text)
    return int(text) if text else otherwise


def _whole_or_none(text: str) -> int | None:
    return _whole(text, 0) if text else None


def _basis_points(text: str) -> int:
    return parse_money(text.removesuffix("%").strip(), "USD").amount


def _yes(text: str, otherwise: bool) -> bool:
    if not text:
        return otherwise
    if text.lower() in ("yes", "true", "1"):
        return True
    if text.lower() in ("no", "false", "0"):
        return False
    raise ValueError(text)


def _parts(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(";") if part.strip())


def _drugs(text: str) -> tuple[Drug, ...]:
    pairs = [part.partition("=") for part in _parts(text)]
    if any(not equals for _, equals, _ in pairs):
        raise ValueError(text)
    return tuple(Drug(name=name.strip(), compound=compound.strip()) for name, _, compound in pairs)


def _day(text: str, zone: str, later: int) -> datetime | None:
    if not text:
        return None
    day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).date()
    if not 2000 <= day.year <= 2200:
        raise ValueError(text)
    return start_of_day(day + timedelta(days=later), zone)
