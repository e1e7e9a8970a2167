"""How a partner's words are read: amounts, plans, products, payloads. Source: spec/care, External intake."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlc_adapters.partners.payloads import event_id_of, told_of
from hlc_core.kernel.errors import Invalid
from hlc_core.partners.api import Fact, merged, read_amount, stamped
from hlc_core.provider_queue.api import Answered, plan_only, treatment_of
from support.refusals import refused
from support.worlds import usd


@pytest.mark.parametrize(
    ("amount", "price", "setting", "cents"),
    [
        ("29900", "", False, 29900),
        ("29900", "12.00", False, 29900),
        ("", "299.00", False, 29900),
        ("", "299.5", False, 29950),
        ("", "299.0000", False, 29900),
        ("", "$299", False, 29900),
        ("", "$1,299.00", False, 129900),
        ("", "299 USD", False, 29900),
        ("", "29900", False, 29900),
        ("", "299", True, 29900),
        ("", "", False, 0),
    ],
)
def test_amounts_are_read_by_the_rule_and_the_reading_is_told(
    amount: str, price: str, setting: bool, cents: int
) -> None:
    """`amount` is cents; `price` dollars with a point, a sign or the setting, else cents."""
    reading = read_amount(amount, price, "USD", setting)

    assert usd(cents) == reading.amount
    assert (amount or price or "no amount") in reading.told


@pytest.mark.parametrize(
    ("amount", "price"),
    [("299.00", ""), ("$5", ""), ("-1", ""), ("", "-5.00"), ("", "12.345"), ("", "free"), ("", "1,2")],
)
def test_amounts_that_cannot_be_read_are_refused(amount: str, price: str) -> None:
    """Nothing is guessed."""
    with refused(Invalid):
        read_amount(amount, price, "USD", False)


@given(cents=st.integers(0, 10**9))
def test_both_ways_of_telling_an_amount_agree(cents: int) -> None:
    """Cents as `amount`, and the same as decimal dollars in `price`."""
    dollars = str(Decimal(cents) / 100)
    told = dollars if "." in dollars else f"{dollars}.00"

    assert read_amount(str(cents), "", "USD", False).amount == read_amount("", told, "USD", False).amount


@pytest.mark.parametrize(
    ("product", "only"),
    [
        ("1mo Injections", True),
        ("3 month plan", True),
        ("Monthly subscription", True),
        ("Tirzepatide", False),
        ("Semaglutide 1mo Injections", False),
        ("", False),
    ],
)
def test_a_plan_is_told_from_a_medicine(product: str, only: bool) -> None:
    """`1mo Injections` names no medicine."""
    assert only is plan_only(product)


def test_glp1_history_is_found_under_its_names() -> None:
    """Whatever the spelling of the key."""
    answers = (
        Answered(key="GLP1 Last 30", value="yes"),
        Answered(key="glp1_last_30_medication_type", value="semaglutide"),
        Answered(key="preferredMeds", value="Tirzepatide"),
    )
    found = treatment_of(None, answers)

    assert ("yes", "semaglutide", "Tirzepatide", "intake") == (
        found.glp1_last_30,
        found.glp1_type,
        found.medication,
        found.taken_from,
    )


FACTS = st.lists(
    st.builds(
        stamped,
        st.sampled_from(("status", "total", "name")),
        st.text("ab", max_size=2),
        st.sampled_from(("", "2026-01-01", "2026-01-02")),
        st.integers(0, 3),
    ),
    max_size=7,
)


@given(facts=FACTS, others=FACTS, data=st.data())
def test_merging_knows_no_order_and_no_repetition(facts: list[Fact], others: list[Fact], data: st.DataObject) -> None:
    """Commutative, associative, idempotent."""
    shuffled = data.draw(st.permutations([*facts, *others, *facts]))

    assert merged(facts, others) == merged(shuffled)
    assert merged(merged(facts), merged(others)) == merged(others, facts)
    assert merged(facts) == merged(merged(facts), facts)


def test_numbers_stay_as_they_were_written() -> None:
    """A price with a decimal point is dollars: the point must not be lost."""
    said = told_of(b'{"price": 299.00, "amount": 29900, "a": {"b": [true, null, "x"]}}').said

    assert {"price": "299.00", "amount": "29900", "a.b.0": "true", "a.b.2": "x"} == dict(said)


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"nonsense", b'{"a": NaN}', b"\xff\xfe", b'{"a":' * 5000, b'{"a": "\\ud800"}', b'{"a": "\\u0000"}'],
)
def test_a_body_that_cannot_be_read_is_kept_as_it_came(body: bytes) -> None:
    """To be looked at by a person; never an incident."""
    told = told_of(body)

    assert () == told.fields
    assert told.unread


@given(st.dictionaries(st.text("abc", min_size=1, max_size=4), st.integers() | st.text(max_size=5), max_size=5))
def test_the_same_payload_has_the_same_event_id_in_any_order(payload: dict[str, object]) -> None:
    """And another payload has another."""
    turned = dict(reversed(payload.items()))
    first = told_of(json.dumps(payload).encode())

    assert event_id_of(first, "") == event_id_of(told_of(json.dumps(turned).encode()), "")
    assert event_id_of(first, "") != event_id_of(told_of(json.dumps({**payload, "more": "1"}).encode()), "")
    assert "evt-17" == event_id_of(first, "evt-17")
