"""Two clinics in one installation: the other's is as if it were not there, over every route, mail, export and log."""

from __future__ import annotations

import logging
import random
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from proof.tenancy import every_route, undisturbed

from hlc_adapters.auditing import ExportForm, export
from hlc_core.audit.api import ListAuditEntries
from hlc_core.billing.api import RunWish
from hlc_core.patients.api import Contact
from hlc_http.app import ROUTES, make_app
from hlc_http.journal import JsonLines
from support.service import PATIENT, STAFF, SYSTEM, Client
from support.tenants import (
    CANARY,
    STRANGER,
    STRANGERS_KEY,
    STRANGERS_SYSTEM,
    Clinics,
    everything_of,
    known,
    open_stranger,
    served,
    trade,
)
from support.worlds import ORGANIZATION, World, opened
from support.worlds import SYSTEM as OURS


@pytest.fixture
def clinics(world: World) -> Iterator[Clinics]:
    """Both have traded."""
    with served(world) as both:
        yield both


def test_foreign_and_absent_look_the_same_on_every_route(clinics: Clinics) -> None:
    """As visitor, patient, staff and system: the same status, the same words, the same headers; and nothing is done."""
    before = {**everything_of(clinics.world, STRANGER), "jobs": []}
    found = every_route(clinics.world, clinics.client, PATIENT, known(clinics.world), clinics.own)

    assert () == found.differences
    assert () == found.leaks
    assert found.pairs > 300
    assert {403, 404} <= found.statuses
    assert not {code for code in found.statuses if code >= 500}
    assert before == {**everything_of(clinics.world, STRANGER), "jobs": []}


_OF_ALL = frozenset({"system /api/v1/people", "system /api/v1/organizations"})
"""The platform's own lists, which clinics cannot ask for."""


def test_no_answer_holds_a_word_of_the_other_clinic(clinics: Clinics, caplog: pytest.LogCaptureFixture) -> None:
    """Every reading route without a variable part, every mail, export and log line; and the other does see its own."""
    caplog.set_level(logging.DEBUG)
    app = make_app(clinics.world.services)
    paths = [route.path for route in app[ROUTES] if route.method == "GET" and "{" not in route.path]
    texts: dict[str, str] = {}
    for path in paths:
        for role, key in (("visitor", None), ("patient", PATIENT), ("staff", STAFF), ("system", SYSTEM)):
            asked = clinics.client if key is None else clinics.client.as_(key)
            texts[f"{role} {path}"] = asked.get(path).body.decode("utf-8", "replace").lower()
    for form in ExportForm:
        texts[form] = "".join(export(clinics.world.services.application, OURS, ListAuditEntries(), form)).lower()
    clinics.world.services.relay()
    texts["log"] = "\n".join(JsonLines().format(record) for record in caplog.records).lower()

    assert [] == [where for where, text in texts.items() if CANARY in text and where not in _OF_ALL]
    stranger = Client(port=clinics.client.port).as_(STRANGERS_KEY)
    assert CANARY in stranger.get("/api/v1/products").body.decode().lower(), "the search can find it"
    ours = [mail for mail in clinics.world.mail.sent.values() if CANARY not in mail.to.lower()]
    theirs = [mail for mail in clinics.world.mail.sent.values() if CANARY in mail.to.lower()]
    assert ours
    assert theirs
    assert [] == [mail for mail in ours if CANARY in repr(mail).lower()]


def test_a_key_of_one_clinic_opens_no_other(clinics: Clinics) -> None:
    """Whichever way the other clinic is named: by header, by host, or not at all."""
    staff, absent = clinics.client.as_(STAFF), "no-such-clinic"
    for name in (CANARY, absent):
        told = staff.get("/api/v1/orders", X_HLC_Organization=name)
        assert (404, "organization_unknown") == (told.status, told.code)
    assert staff.get("/api/v1/orders", X_HLC_Organization=CANARY).body == (
        staff.get("/api/v1/orders", X_HLC_Organization=absent).body
    )
    by_host = Client(port=clinics.client.port).as_(STAFF).get("/api/v1/organization", Host=f"{CANARY}.example")
    assert CANARY not in by_host.body.decode().lower()


def test_a_number_or_code_that_the_other_clinic_took_is_free(clinics: Clinics) -> None:
    """Unique rules are of one clinic: that something is taken elsewhere cannot be felt."""
    code = f"{CANARY}1".upper()
    staff = clinics.client.as_(STAFF)
    told = staff.post("/api/v1/coupons", {"code": code, "terms": {"percent": 1000}})

    assert told.status == 201, told


def test_the_same_buyer_in_two_clinics_is_two_patients(clinics: Clinics) -> None:
    """Nothing of the one chart is seen at the other."""
    world = clinics.world
    before = everything_of(world, STRANGER)["patients"]
    product = world.product()
    world.buy(product, contact=Contact(email=f"{CANARY}1@example.com", name="Somebody"))

    assert before == everything_of(world, STRANGER)["patients"]
    mine = [one for one in everything_of(world, ORGANIZATION)["patients"] if CANARY in one.contact.email]
    assert ["Somebody"] == [one.contact.name for one in mine]


@settings(max_examples=8, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 10_000))
def test_whatever_the_other_clinic_does_changes_nothing_of_ours(chance: int) -> None:
    """Histories of purchases, failures, billing, resolving and relaying beside us; platform rows apart."""
    with opened() as world:
        world.subscribe()
        world.services.relay()
        open_stranger(world)
        assert 6 == undisturbed(world, random.Random(chance), steps=6)


@pytest.mark.parametrize("ours_first", [True, False])
def test_what_we_are_answered_does_not_depend_on_the_other_clinic(ours_first: bool) -> None:
    """The same year of ours, alone and beside another clinic that trades in between: the same answers."""

    def answers(beside: bool) -> list[Any]:
        with opened() as world:
            if beside:
                open_stranger(world)
            seen: list[Any] = []
            for month in range(3):
                if beside and not ours_first:
                    trade(world, number=month)
                held = world.subscribe()
                seen.append((held.state, held.cycle, held.next_due))
                if beside and ours_first:
                    trade(world, "tok_declined", number=month)
                    world.services.run_billing(RunWish(as_of=world.today), STRANGERS_SYSTEM)
                world.advance(days=31)
                run = world.bill()
                seen.append((run.billed, run.charges, len(world.attempts())))
            return seen

    assert answers(beside=False) == answers(beside=True)
