"""Opening a clinic and changing its settings: everything that cannot be meant is named at once."""

from __future__ import annotations

from typing import Any

import pytest

from hlc_adapters.storage.shapes.organizations import ORGANIZATIONS
from hlc_core.kernel.commands import system
from hlc_core.kernel.errors import AlreadyExists, Invalid, Missing
from hlc_core.kernel.ids import OrganizationId
from hlc_core.organizations.api import (
    BillingSettings,
    Branding,
    CartSettings,
    ChangeSettings,
    Domains,
    GetOrganization,
    OpenOrganization,
    RecoverySettings,
)
from support.refusals import refused
from support.worlds import World

OTHER = system(OrganizationId("org_other"))


def opening(**fields: Any) -> OpenOrganization:
    """A second clinic."""
    return OpenOrganization(**{"slug": "other", "name": "Other", "zone": "UTC", "currency": "EUR", **fields})


def test_a_clinic_is_opened_with_defaults_that_hold(world: World) -> None:
    """Its own, beside the first."""
    made = world.execute(opening(name=" Other Clinic "), OTHER)

    assert ("org_other", "Other Clinic", "EUR") == (made.id, made.name, made.currency)
    assert made == world.ask(GetOrganization(), OTHER)
    assert "clinic" == world.ask(GetOrganization()).slug
    assert ["clinic", "other"] == [one.slug for one in sorted(world.services.directory.all(), key=lambda o: o.slug)]


def test_all_faults_of_an_opening_are_named_at_once(memory_world: World) -> None:
    """Each at its field; nothing is made."""
    with refused(Invalid) as told:
        memory_world.execute(opening(slug="No Slug", name="", zone="Mars", currency="usd", locale="english"), OTHER)

    assert {"slug", "name", "zone", "currency", "locale"} == {fault.field for fault in told.faults}
    with refused(Missing):
        memory_world.ask(GetOrganization(), OTHER)


@pytest.mark.parametrize("currency", ["XXY", "XTS", "XAU", "DEM", "usd", "$"])
def test_a_currency_is_one_that_people_pay_with(memory_world: World, currency: str) -> None:
    """Not any three letters, no metal, no code for tests, none that is gone."""
    with refused(Invalid) as told:
        memory_world.execute(opening(currency=currency), OTHER)

    assert [("currency", "a currency of ISO 4217 that people pay with, such as USD")] == [
        (fault.field, fault.message) for fault in told.faults
    ]


def test_words_by_which_a_clinic_is_found_are_its_own(world: World) -> None:
    """Slug and domains, over all organizations: a second claimant is refused, whoever was first keeps them."""
    world.change(domains=Domains(checkout="shop.example.com", portal="my.example.com"))
    with refused(AlreadyExists):
        world.execute(opening(slug="clinic"), OTHER)
    world.execute(opening(), OTHER)
    for taken in (Domains(checkout="shop.example.com"), Domains(portal="my.example.com")):
        with refused(AlreadyExists):
            world.execute(ChangeSettings(domains=taken), OTHER)
    world.execute(ChangeSettings(domains=Domains()), OTHER)

    found = world.services.directory.by_host("shop.example.com")
    assert found is not None
    assert "clinic" == found.slug
    assert world.services.directory.by_host("nobody.example.com") is None


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"), ({"name": "a\nb"}, "name"), ({"zone": "Nowhere/Land"}, "zone"), ({"zone": ""}, "zone"),
        ({"carts": CartSettings(idle_minutes=0)}, "carts.idleMinutes"),
        ({"carts": CartSettings(quote_minutes=1441)}, "carts.quoteMinutes"),
        ({"carts": CartSettings(tax_basis_points=-1)}, "carts.taxBasisPoints"),
        ({"carts": CartSettings(tax_basis_points=10_001)}, "carts.taxBasisPoints"),
        ({"recovery": RecoverySettings(max_retry_count=31)}, "recovery.maxRetryCount"),
        ({"recovery": RecoverySettings(retry_delays_days=())}, "recovery.retryDelaysDays"),
        ({"recovery": RecoverySettings(retry_delays_days=(1, 0))}, "recovery.retryDelaysDays"),
        ({"recovery": RecoverySettings(remind_from_retry=-1)}, "recovery.remindFromRetry"),
        ({"recovery": RecoverySettings(card_expiry_days=(-1,))}, "recovery.cardExpiryDays"),
        ({"recovery": RecoverySettings(network_budget=0)}, "recovery.networkBudget"),
        ({"billing": BillingSettings(growth_limit_percent=0)}, "billing.growthLimitPercent"),
        ({"branding": Branding(accent="red")}, "branding.accent"),
        ({"branding": Branding(title="Clinic\r\nBcc: eve@example.com")}, "branding.title"),
        ({"domains": Domains(checkout="https://shop.example.com")}, "domains.checkout"),
        ({"domains": Domains(portal="Shop.Example.com")}, "domains.portal"),
        ({"domains": Domains(consultation="a b")}, "domains.consultation"),
        ({"domains": Domains(embed_origins=("shop.example.com",))}, "domains.embedOrigins"),
        ({"domains": Domains(embed_origins=("https://a.example/path",))}, "domains.embedOrigins"),
    ],
)  # fmt: skip
def test_a_setting_that_cannot_be_meant_is_refused(memory_world: World, change: dict[str, Any], field: str) -> None:
    """At its field, and nothing is changed."""
    before = memory_world.rows(ORGANIZATIONS)
    with refused(Invalid) as told:
        memory_world.change(**change)

    assert [field] == [fault.field for fault in told.faults]
    assert before == memory_world.rows(ORGANIZATIONS)


def test_sections_are_replaced_whole_and_others_stay(memory_world: World) -> None:
    """None leaves a section as it is; the name is trimmed."""
    memory_world.change(carts=CartSettings(idle_minutes=5), name=" New ")
    memory_world.change(billing=BillingSettings(growth_limit_percent=50))
    (now,) = memory_world.rows(ORGANIZATIONS)

    assert (5, 30, 50, "New", "clinic") == (
        now.carts.idle_minutes, now.carts.quote_minutes, now.billing.growth_limit_percent, now.name, now.slug,
    )  # fmt: skip
