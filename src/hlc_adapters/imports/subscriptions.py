"""The columns of a file of subscriptions that another system ran until now."""

from __future__ import annotations

import re
from collections.abc import Mapping

from hlc_adapters.imports.cells import Reader, day, day_or_none, needed, whole
from hlc_core.kernel.errors import Fault, Invalid
from hlc_core.kernel.money import Money, parse_money
from hlc_core.kernel.text import line as checked
from hlc_core.payments.api import Card, Instrument
from hlc_core.subscriptions.api import State, SubscriptionRow

SUBSCRIPTION_COLUMNS: Mapping[str, str] = {
    "external_id": "the subscription's key in the file; required, and the same on every import",
    "patient_external_id": "the key under which the patient was imported; required",
    "product_external_id": "the key under which the product was imported; required",
    "state": "TRIALING, ACTIVE, PAST_DUE or PAUSED; required",
    "started_on": "local day from which the periods are counted (the anchor), YYYY-MM-DD; required",
    "cycle": "number of the billing cycle that runs now, 0 in a trial; required",
    "next_due_on": "local day of the next charge, YYYY-MM-DD; empty only while paused",
    "price": "what was agreed for one cycle, such as 199.00; the catalog's when empty",
    "coupon": "code that still reduces it",
    "gateway": "where the card is stored, such as simulator or stripe",
    "card_token": "the card's token there",
    "card_brand": "such as visa",
    "card_last_four": "four digits",
    "card_expires": "YYYY-MM",
}
"""Every column, and what stands in it."""

_STATES = (State.TRIALING, State.ACTIVE, State.PAST_DUE, State.PAUSED)


class NotASubscription(Invalid):
    """Cells of a subscription's row are at fault; all are named at once."""


def subscription_row(line: int, cells: Mapping[str, str], currency: str) -> SubscriptionRow:
    """The row of that line. Refuses: NotASubscription with every cell that cannot be read."""
    read = Reader(cells, SUBSCRIPTION_COLUMNS)
    external_id = read.one("external_id", lambda text: checked(needed(text), "external_id", most=120))
    patient = read.one("patient_external_id", needed)
    product = read.one("product_external_id", needed)
    state = read.one("state", _state)
    started_on = read.one("started_on", day)
    cycle = read.one("cycle", whole)
    next_due_on = read.one("next_due_on", day_or_none)
    price: Money | None = read.one("price", lambda text: parse_money(text, currency) if text else None)
    instrument = _instrument(read)
    if state is not None and state is not State.PAUSED and next_due_on is None and not read.faults:
        read.faults.append(Fault("next_due_on", SUBSCRIPTION_COLUMNS["next_due_on"]))
    if read.faults or external_id is None or state is None or started_on is None or cycle is None:
        raise NotASubscription(f"Line {line} cannot be read.", *read.faults)
    return SubscriptionRow(
        line=line,
        external_id=external_id,
        patient=patient or "",
        product=product or "",
        state=state,
        started_on=started_on,
        cycle=cycle,
        next_due_on=next_due_on,
        price=price,
        coupon=read.text("coupon"),
        gateway=read.text("gateway"),
        instrument=instrument,
    )


def _state(text: str) -> State:
    state = State(text.upper())
    if state not in _STATES:
        raise ValueError(text)
    return state


def _instrument(read: Reader) -> Instrument | None:
    token = read.one("card_token", lambda text: checked(text, "card_token"))
    if not token:
        if read.text("gateway"):
            read.faults.append(Fault("card_token", "a gateway is named, but no card"))
        return None
    read.one("gateway", needed)
    last_four = read.one("card_last_four", _last_four)
    expires = read.one("card_expires", _month)
    card = None
    if last_four and expires is not None:
        year, month = expires
        card = Card(
            brand=read.text("card_brand").lower()[:20], last_four=last_four, expires_month=month, expires_year=year
        )
    return Instrument(token=token, card=card)


def _last_four(text: str) -> str:
    if text and not re.fullmatch(r"\d{4}", text, re.ASCII):
        raise ValueError(text)
    return text


def _month(text: str) -> tuple[int, int] | None:
    if not text:
        return None
    found = re.fullmatch(r"(\d{4})-(0[1-9]|1[0-2])", text, re.ASCII)
    if found is None:
        raise ValueError(text)
    return int(found[1]), int(found[2])
