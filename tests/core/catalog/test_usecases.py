"""Products, imports, templates, and the samples that ship."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as some

from core.catalog.shop import CLINIC, Shop, monthly, one_time, usd
from hlc_core.catalog.api import (
    COUPON_COLUMNS,
    PRODUCT_COLUMNS,
    AddCheckoutTemplate,
    AddProduct,
    BadRows,
    ChangeCheckoutTemplate,
    ChangeProduct,
    Drug,
    ExternalIdTaken,
    GetPageDesign,
    GetProduct,
    ImportCoupons,
    ImportProducts,
    ListCheckoutTemplates,
    ListCoupons,
    ListProducts,
    MakeTemplateDefault,
    NotADesign,
    NotAnOffer,
    OnBad,
    PageDesign,
    ProductAdded,
    ProductChanged,
    ProductRow,
    ProductsByIds,
    ProductWithdrawn,
    RestoreProduct,
    RowResult,
    TemplateNameTaken,
    WithdrawProduct,
    add_checkout_template,
    add_product,
    change_checkout_template,
    change_product,
    coupon_row,
    get_page_design,
    get_product,
    import_coupons,
    import_products,
    list_checkout_templates,
    list_coupons,
    list_products,
    make_template_default,
    product_row,
    products_by_ids,
    restore_product,
    withdraw_product,
)
from hlc_core.kernel.errors import Fault, HlcError, Invalid
from hlc_core.kernel.money import Money

SAMPLES = files("hlc_adapters.samples")


def rows_of(name: str) -> list[dict[str, str]]:
    """The rows of a sample file."""
    return [*csv.DictReader(SAMPLES.joinpath(name).read_text(encoding="utf-8").splitlines())]


def test_a_product_is_added_changed_withdrawn_and_restored() -> None:
    """Each is told once; doing it again tells nothing."""
    shop = Shop()
    made = shop.act(add_product, AddProduct(offer=one_time(" Sunscreen ")))
    dearer = evolve(made.offer, price=usd(2600))
    for _ in range(2):
        shop.act(change_product, ChangeProduct(product=made.id, offer=dearer))
    for _ in range(2):
        shop.act(withdraw_product, WithdrawProduct(product=made.id))

    assert "Sunscreen" == made.name
    assert () == shop.act(products_by_ids, ProductsByIds(products=(made.id,)))
    shop.act(restore_product, RestoreProduct(product=made.id))
    assert usd(2600) == shop.act(get_product, GetProduct(product=made.id)).price
    kinds = [type(event) for event in shop.outbox.events]
    assert [ProductAdded, ProductChanged, ProductWithdrawn, ProductChanged] == kinds


@pytest.mark.parametrize(
    ("offer", "fields"),
    [
        (one_time("", -1), {"name", "price"}),
        (one_time(cents=10**13), {"price"}),
        (evolve(one_time(), price=Money(5, "EUR")), {"price"}),
        (one_time(trial_days=7), {"kind"}),
        (evolve(monthly(), interval=None), {"interval"}),
        (monthly(cycles=0, prepaid_months=0, trial_days=-1), {"cycles", "prepaidMonths", "trialDays"}),
        (monthly(payoff_rebate=500), {"payoffRebate"}),
        (one_time(image="javascript:alert(1)"), {"image"}),
        (one_time(questionnaires=("A b", "x", "x")), {"questionnaires[0]", "questionnaires"}),
        (one_time(drugs=(Drug(name="", compound="c"),)), {"drugs[0].name"}),
    ],
)
def test_an_offer_that_cannot_be_sold_names_every_field(offer: Any, fields: set[str]) -> None:
    """All faults are told at once, and nothing is written."""
    shop = Shop()
    with pytest.raises(NotAnOffer) as refusal:
        shop.act(add_product, AddProduct(offer=offer))

    assert fields == {fault.field for fault in refusal.value.faults}
    assert () == shop.act(list_products, ListProducts()).items


def test_external_ids_are_unique() -> None:
    """A second product under the key of the first is refused."""
    shop = Shop()
    shop.act(add_product, AddProduct(offer=one_time(), external_id="a"))
    with pytest.raises(ExternalIdTaken):
        shop.act(add_product, AddProduct(offer=one_time(), external_id="a"))


def test_a_trial_is_not_paid_at_once() -> None:
    """What is due now is nothing during a trial, and the price otherwise."""
    tried, plain = Shop().stock(monthly(trial_days=14), monthly())

    assert (usd(0), usd(3900)) == (tried.due_now, plain.due_now)
    assert tried.recurring


def test_lists_come_in_pages() -> None:
    """Following the cursors shows every product once; a size that is not served is refused."""
    shop = Shop()
    names = [f"Soap {number}" for number in range(7)]
    shop.stock(*(one_time(name) for name in names))
    seen: list[str] = []
    cursor = None
    while True:
        page = shop.act(list_products, ListProducts(cursor=cursor, limit=3))
        seen += [product.name for product in page.items]
        cursor = page.next
        if cursor is None:
            break

    assert names == seen
    with pytest.raises(Invalid):
        shop.act(list_products, ListProducts(limit=0))


def test_the_sample_products_come_in_once_and_stay() -> None:
    """All rows are new, then unchanged; a changed price changes one. The spec's kinds are all there."""
    shop = Shop()
    cells = rows_of("products.csv")
    rows = tuple(product_row(line, row, "USD") for line, row in enumerate(cells, 2))
    first = shop.act(import_products, ImportProducts(rows=rows))
    again = shop.act(import_products, ImportProducts(rows=rows))
    dearer = product_row(2, {**cells[0], "price": "301.00"}, "USD")
    third = shop.act(import_products, ImportProducts(rows=(dearer, *rows[1:])))

    assert {RowResult.NEW} == {outcome.result for outcome in first}
    assert {RowResult.UNCHANGED} == {outcome.result for outcome in again}
    assert [RowResult.CHANGED] == [outcome.result for outcome in third if outcome.result is not RowResult.UNCHANGED]
    sold = shop.act(list_products, ListProducts(limit=200)).items
    assert len(sold) >= 34
    assert {1, 3, 6, 12} <= {
        p.offer.interval.count for p in sold if p.offer.interval and p.offer.interval.unit == "month"
    }
    assert {True, False} == {p.offer.needs_prescription for p in sold} == {p.recurring for p in sold}
    assert all(SAMPLES.joinpath(product.offer.image).is_file() for product in sold)


def test_the_sample_coupons_come_in_once_and_stay() -> None:
    """All new, then all unchanged; the last day of a coupon is included, in the clinic's zone."""
    shop = Shop()
    rows = tuple(coupon_row(line, row, "USD", CLINIC.zone) for line, row in enumerate(rows_of("coupons.csv"), 2))
    first = shop.act(import_coupons, ImportCoupons(rows=rows))
    again = shop.act(import_coupons, ImportCoupons(rows=rows))

    assert ({RowResult.NEW}, {RowResult.UNCHANGED}) == (
        {outcome.result for outcome in first},
        {outcome.result for outcome in again},
    )
    spring = next(c for c in shop.act(list_coupons, ListCoupons()).items if c.code == "SPRING25")
    assert datetime(2026, 6, 1, 4, tzinfo=UTC) == spring.terms.ends_at


def test_sample_subscriptions_name_sample_patients_and_products() -> None:
    """No key of the subscriptions file leads nowhere, and there are as many rows as the page says."""
    patients = {row["external_id"] for row in rows_of("patients.csv")}
    plans = {row["external_id"] for row in rows_of("products.csv") if row["kind"] == "SUBSCRIPTION"}
    subscriptions = rows_of("subscriptions.csv")

    assert (40, 60) == (len(patients), len(subscriptions))
    assert {row["patient_external_id"] for row in subscriptions} <= patients
    assert {row["product_external_id"] for row in subscriptions} <= plans


def test_the_page_of_the_samples_names_every_column() -> None:
    """Documented columns are the columns."""
    page = SAMPLES.joinpath("README.md").read_text(encoding="utf-8")
    columns = {*PRODUCT_COLUMNS, *COUPON_COLUMNS, *rows_of("patients.csv")[0], *rows_of("subscriptions.csv")[0]}

    assert [] == [column for column in sorted(columns) if f"`{column}`" not in page]


def test_an_import_is_all_or_nothing_unless_told_otherwise() -> None:
    """A bad row and a repeated key refuse the whole; when skipped, the good rows come in and the others say why."""
    shop = Shop()
    rows = (
        ProductRow(line=2, external_id="a", offer=one_time()),
        ProductRow(line=3, external_id="b", offer=one_time("")),
        ProductRow(line=4, external_id="a", offer=one_time()),
    )
    with pytest.raises(BadRows) as refusal:
        shop.act(import_products, ImportProducts(rows=rows))
    assert ["line 3: name", "line 4: row"] == [fault.field for fault in refusal.value.faults]
    assert () == shop.act(list_products, ListProducts()).items

    outcomes = shop.act(import_products, ImportProducts(rows=rows, on_bad=OnBad.SKIP))
    assert [RowResult.NEW, RowResult.BAD, RowResult.DUPLICATE] == [outcome.result for outcome in outcomes]
    assert () == shop.act(import_products, ImportProducts(rows=()))


@given(some.dictionaries(some.sampled_from([*PRODUCT_COLUMNS]), some.text(max_size=12)))
def test_any_product_cells_become_a_row_or_a_refusal(cells: dict[str, str]) -> None:
    """Whatever stands in the cells, the answer is a row or a refusal that names columns."""
    row, faults = None, list[Fault]()
    try:
        row = product_row(2, cells, "USD")
    except HlcError as refusal:
        faults += refusal.faults

    assert {fault.field for fault in faults} <= set(PRODUCT_COLUMNS)
    assert bool(faults) is (row is None)


@given(some.dictionaries(some.sampled_from([*COUPON_COLUMNS]), some.text(max_size=12) | some.just("9999-12-31")))
def test_any_coupon_cells_become_a_row_or_a_refusal(cells: dict[str, str]) -> None:
    """Whatever stands in the cells, the answer is a row or a refusal that names columns."""
    row, faults = None, list[Fault]()
    try:
        row = coupon_row(2, cells, "USD", "America/New_York")
    except HlcError as refusal:
        faults += refusal.faults

    assert {fault.field for fault in faults} <= set(COUPON_COLUMNS)
    assert bool(faults) is (row is None)


def test_the_first_template_is_the_default_until_another_is_made_so() -> None:
    """There is always at most one default; a page design is completed from the organization."""
    shop = Shop()
    plain = shop.act(add_checkout_template, AddCheckoutTemplate(name="Plain", design=PageDesign()))
    rich = shop.act(
        add_checkout_template, AddCheckoutTemplate(name="Rich", design=PageDesign(title="Hello", accent="#112233"))
    )
    assert "Riverside Clinic" == shop.act(get_page_design, GetPageDesign()).title
    shop.act(make_template_default, MakeTemplateDefault(template=rich.id))

    assert "Hello" == shop.act(get_page_design, GetPageDesign()).title
    assert "Riverside Clinic" == shop.act(get_page_design, GetPageDesign(template=plain.id)).title
    templates = shop.act(list_checkout_templates, ListCheckoutTemplates()).items
    assert ["Rich"] == [template.name for template in templates if template.default]


def test_template_names_are_unique_and_designs_are_checked() -> None:
    """A taken name is refused, keeping one's own is not; faults are told at once."""
    shop = Shop()
    one = shop.act(add_checkout_template, AddCheckoutTemplate(name="One", design=PageDesign()))
    with pytest.raises(TemplateNameTaken):
        shop.act(add_checkout_template, AddCheckoutTemplate(name="One", design=PageDesign()))
    two = shop.act(add_checkout_template, AddCheckoutTemplate(name="Two", design=PageDesign()))
    with pytest.raises(TemplateNameTaken):
        shop.act(change_checkout_template, ChangeCheckoutTemplate(template=two.id, name="One", design=PageDesign()))
    changed = ChangeCheckoutTemplate(template=one.id, name="One", design=PageDesign(terms="No returns."))
    assert "No returns." == shop.act(change_checkout_template, changed).design.terms

    bad = AddCheckoutTemplate(name="", design=PageDesign(accent="red", logo_url="javascript:x", title="x\n"))
    with pytest.raises(NotADesign) as refusal:
        shop.act(add_checkout_template, bad)
    assert {"name", "accent", "logoUrl"} <= {fault.field for fault in refusal.value.faults}
