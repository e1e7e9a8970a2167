"""What somebody may do: the layers narrow, the floor stays, the explanation says what the decision does."""

from __future__ import annotations

from itertools import combinations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlc_core.access import permissions
from hlc_core.access.api import (
    ALWAYS_ON,
    BUILT_IN,
    FLOOR,
    LANDING,
    PORTALS,
    SENTENCES,
    Layer,
    Layers,
    Override,
    Plan,
    Portal,
    Role,
    effective,
    explain,
    landing,
    plan_named,
)
from hlc_core.kernel.errors import Invalid
from support.permissions import check, expected
from support.refusals import refused

SPECIFIED = [
    "admin.users.manage",
    "admin.audit_logs.view",
    "admin.settings.view",
    "admin.settings.branding.edit",
    "admin.settings.domains.manage",
    "admin.settings.communication.edit",
    "admin.settings.payment_gateway.edit",
    "admin.settings.security.edit",
    "crm.carts.view",
    "crm.checkout_template.manage",
    "crm.templates.manage",
    "crm.workflows.manage",
    "emr.dashboard.view",
    "emr.patients.view",
    "emr.appointments.view",
    "emr.consultations.view",
    "emr.subscriptions.view",
    "emr.orders.view",
    "emr.processor_logs.view",
    "emr.drugs.view",
    "emr.questionnaires.view",
    "marketplace.view",
    "marketplace.request",
    "marketplace.cancel",
]


def test_every_key_stands_in_one_place_with_a_sentence() -> None:
    """Every constant that is a key, every key of the spec by its exact name, none twice."""
    constants = [value for name, value in vars(permissions).items() if name.isupper() and isinstance(value, str)]

    assert len(constants) == len(set(constants))
    assert sorted(SENTENCES) == sorted({*constants, *permissions.ORDER_STEPS})
    assert 24 == len(SPECIFIED)
    assert set() == set(SPECIFIED) - SENTENCES.keys()
    assert all(sentence and not sentence.endswith(".") for sentence in SENTENCES.values())


def test_every_key_is_held_by_some_role() -> None:
    """A super admin holds all but the patient's own; nobody else reaches the platform."""
    assert {"patient.own", "patient.own.money"} == SENTENCES.keys() - BUILT_IN[Role.SUPER_ADMIN]
    for role in (Role.ORG_ADMIN, Role.CLINICIAN, Role.STAFF, Role.PATIENT):
        assert [] == [key for key in BUILT_IN[role] if key.startswith("platform.p") or key == permissions.IMPERSONATE]
        assert FLOOR[role] <= BUILT_IN[role]
        assert ALWAYS_ON <= FLOOR[role]


def test_receptionists_see_the_marketplace_and_ask_for_nothing() -> None:
    """View only."""
    assert ["marketplace.view"] == [key for key in BUILT_IN[Role.STAFF] if key.startswith("marketplace")]


@pytest.mark.parametrize("seed", range(10))
def test_the_layers_hold_their_laws(seed: int) -> None:
    """Monotone in every layer, never granting, the floor, the bypass: see `support.permissions`."""
    assert () == check(40, seed * 40)


@pytest.mark.parametrize("role", Role)
def test_all_small_layers_are_as_the_spec_says(role: Role) -> None:
    """Every subset of three telling keys in every layer, exhaustively."""
    keys = sorted({permissions.PATIENTS_VIEW, permissions.WORKFLOWS, permissions.SELF})
    subsets = [frozenset(some) for size in range(4) for some in combinations(keys, size)]
    for off, custom, without, plan, on in product(subsets, [None, *subsets], subsets, Plan, (False, True)):
        overrides = tuple(Override(key=key, granted=False, reason="because") for key in sorted(without))
        layers = Layers(role=role, off=off, plan=plan, custom=custom, overrides=overrides, overrides_on=on)
        held = effective(layers)
        assert [expected(layers, key) for key in keys] == [key in held for key in keys]
        assert [key in held for key in keys] == [explain(key, layers).allowed for key in keys]


def test_the_first_layer_that_refuses_is_named_with_its_remedy() -> None:
    """Role, organization, plan, custom role, override, impersonation: in this order."""
    key = permissions.WORKFLOWS
    override = (Override(key=key, granted=False, reason="training"),)
    cases = (
        (Layers(role=Role.CLINICIAN), Layer.ROLE, "ORG_ADMIN"),
        (Layers(role=Role.STAFF, off=frozenset({key}), plan=Plan.PRO), Layer.ORGANIZATION, "super admin"),
        (Layers(role=Role.STAFF, plan=Plan.PRO, custom=frozenset()), Layer.PLAN, "larger plan"),
        (Layers(role=Role.STAFF, custom=frozenset()), Layer.CUSTOM_ROLE, "custom role"),
        (Layers(role=Role.STAFF, overrides=override, overrides_on=True), Layer.OVERRIDE, "delete the override"),
    )
    for layers, layer, remedy in cases:
        told = explain(key, layers)
        assert (False, layer) == (told.allowed, told.refused_by)
        assert remedy in told.remedy
    assert explain(key, Layers(role=Role.STAFF, overrides=override)).allowed
    acting = explain(permissions.USERS, Layers(role=Role.ORG_ADMIN, impersonated=True))
    assert Layer.IMPERSONATION is acting.refused_by


@given(st.sampled_from(["pro+", "pro plus", "pro-plus", "pro_plus_paid", "Pro+", " PRO  PLUS ", "pro_plus"]))
def test_spellings_of_a_plan_mean_one(spelling: str) -> None:
    """However it is written."""
    assert Plan.PRO_PLUS is plan_named(spelling)


def test_an_unknown_plan_is_refused() -> None:
    """With the plans that there are."""
    with refused(Invalid) as told:
        plan_named("gold")

    assert "enterprise" in told.faults[0].message


def test_people_land_where_their_portal_says() -> None:
    """And where their role may go: a clinician whose field says CRM lands in the EMR."""
    assert "/crm/dashboard" == landing(Role.STAFF, Portal.CRM)
    assert "/emr/dashboard" == landing(Role.STAFF, Portal.EMR)
    assert "/emr/dashboard" == landing(Role.CLINICIAN, Portal.CRM)
    assert {LANDING[portals[0]] for portals in PORTALS.values()} == set(LANDING.values())


def test_a_broken_law_is_noticed() -> None:
    """The plain reading of the spec tells two layers apart that differ in one key only."""
    key = permissions.CARTS
    layers = Layers(role=Role.STAFF, custom=frozenset(SENTENCES) - {key})

    assert expected(Layers(role=Role.STAFF), key)
    assert not expected(layers, key)
    assert {key} == effective(Layers(role=Role.STAFF)) - effective(layers)
