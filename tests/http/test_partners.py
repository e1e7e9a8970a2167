"""Webhooks of partners: verified, stored once, worked off, failures kept and replayed. Source: spec/care."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from hlc_adapters.storage.shapes.orders import INVOICES
from hlc_adapters.storage.shapes.partners import INBOUND_MESSAGES, PARTNER_RECORDS
from hlc_adapters.storage.shapes.patients import PATIENTS
from hlc_adapters.storage.shapes.prescriptions import REFILLS
from hlc_adapters.storage.shapes.provider_queue import PATIENT_DOCUMENTS, QUEUE_ITEMS
from hlc_core.invoicing.api import InvoiceState
from hlc_core.partners.api import MessageState
from hlc_core.provider_queue.api import DocumentKind, HoldKind, ItemState, Readiness
from hlc_core.refills.api import MoveDueRefills, RefillState
from support.partners_world import (
    CAREPORTALS,
    INTAKE,
    INTAKE_SECRET,
    INVOICE,
    INVOICE_SECRET,
    Partner,
    intake,
    partnered,
    payment,
)
from support.service import STAFF
from support.worlds import World, usd


@pytest.fixture
def partner(world: World) -> Iterator[Partner]:
    """A partner of a clinic on memory, SQLite and PostgreSQL."""
    with partnered(world) as opened:
        yield opened


@pytest.fixture
def quick(memory_world: World) -> Iterator[Partner]:
    """A partner of a clinic in memory."""
    with partnered(memory_world) as opened:
        yield opened


def only(rows: list[Any]) -> Any:
    """The one row there is."""
    (row,) = rows
    return row


def test_an_intake_and_a_payment_put_a_patient_into_the_queue(partner: Partner) -> None:
    """Patient, document, SOAP note, PAID invoice, and an item with the medicine from the intake."""
    first, paid = partner.intake(), partner.pay()
    world = partner.world
    invoice, item = only(world.rows(INVOICES)), only(world.rows(QUEUE_ITEMS))
    shown = partner.client.as_(STAFF).get(f"/api/provider/prescription-queue/{item.id}").json

    assert [(201, "registered"), (201, "invoiced")] == [(t.status, t.json["outcome"]) for t in (first, paid)]
    assert (InvoiceState.PAID, usd(29900), False) == (invoice.state, invoice.total, invoice.prescribing.processed)
    assert 'price "299.0" as dollars' == invoice.outside.reading
    assert (ItemState.WAITING, Readiness.READY) == (item.state, item.readiness)
    assert ("Tirzepatide", "1mo Injections") == (item.treatment.medication, item.treatment.product)
    assert ("yes", "semaglutide") == (item.treatment.glp1_last_30, item.treatment.glp1_type)
    assert "Pat Lee" == shown["card"]["patientName"]
    assert "Asked for: Tirzepatide." in shown["soapNote"]
    assert {DocumentKind.INTAKE, DocumentKind.SOAP_NOTE} == {one.kind for one in world.rows(PATIENT_DOCUMENTS)}


def test_a_payment_before_its_intake_is_kept_and_worked_off_when_that_comes(partner: Partner) -> None:
    """404 with a hint; then the invoice, once."""
    early = partner.pay()
    again = partner.pay()
    partner.intake()
    world = partner.world
    world.services.relay()

    assert [(404, "intake_not_there")] * 2 == [(told.status, told.code) for told in (early, again)]
    assert INTAKE in early.json["fields"][0]["message"]
    assert InvoiceState.PAID is only(world.rows(INVOICES)).state
    assert {MessageState.PROCESSED} == {one.state for one in world.rows(INBOUND_MESSAGES)}
    assert 2 == len(world.rows(INBOUND_MESSAGES))


def test_the_same_payment_method_never_makes_a_second_invoice(partner: Partner) -> None:
    """However often and however changed it comes."""
    partner.intake()
    told = [partner.pay(), partner.pay(), partner.pay(price="999.00"), partner.pay(patient_name="Somebody Else")]

    assert [201, 200, 201, 201] == [one.status for one in told]
    assert ["invoiced", "invoiced", "known", "known"] == [one.json["outcome"] for one in told]
    assert usd(29900) == only(partner.world.rows(INVOICES)).total


def test_the_same_bought_under_another_payment_method_is_withheld(partner: Partner) -> None:
    """Flagged, not queued silently; a person decides."""
    partner.intake()
    partner.pay()
    partner.pay(method_payment_id="pm_2")
    partner.pay(method_payment_id="pm_3", price="99.00")
    partner.world.advance(days=8)
    partner.pay(method_payment_id="pm_4")
    items = sorted(partner.world.rows(QUEUE_ITEMS), key=lambda one: str(one.id))
    staff = partner.client.as_(STAFF)
    twin = items[1]
    told = staff.post(f"/api/v1/rx-queue/{twin.id}/release", {"hold": "duplicate_suspected", "answer": "Two months."})

    assert [ItemState.WAITING, ItemState.WITHHELD, ItemState.WAITING, ItemState.WAITING] == [one.state for one in items]
    assert [HoldKind.DUPLICATE_SUSPECTED] == [hold.kind for hold in twin.holds]
    assert (200, "waiting") == (told.status, told.json["state"])


def test_a_patient_found_by_name_only_is_confirmed_first(partner: Partner) -> None:
    """The invoice is made and PAID, the item withheld with a task."""
    partner.intake()
    paid = partner.pay(customer_email="other@example.com", patient_name="LEE, Pat")
    item = only(partner.world.rows(QUEUE_ITEMS))
    staff = partner.client.as_(STAFF)
    tasks = staff.get("/api/v1/rx-queue?state=withheld").json["items"][0]["tasks"]
    refused = staff.post("/api/provider/prescription-queue", {"item": item.id, "action": "processed"})
    staff.post(f"/api/v1/rx-queue/{item.id}/release", {"hold": "patient_unconfirmed", "answer": "Called the patient."})
    done = staff.post("/api/provider/prescription-queue", {"item": item.id, "action": "processed", "note": "eRx 1"})

    assert 201 == paid.status
    assert InvoiceState.PAID is only(partner.world.rows(INVOICES)).state
    assert ItemState.WITHHELD is item.state
    assert ["Found by name only, or by a shared phone: confirm that it is this person."] == tasks
    assert (409, "withheld") == (refused.status, refused.code)
    assert (200, "prescribed") == (done.status, done.json["state"])


def test_an_id_that_staff_noted_is_the_one_by_which_a_partner_is_understood(partner: Partner) -> None:
    """There is one book of other systems' ids: staff, Wellmedr and CarePortals read and write the same."""
    staff = partner.client.as_(STAFF)
    known = staff.post("/api/v1/patients", {"name": "Pat Lee", "email": "old@example.com"}).json["id"]
    staff.post(f"/api/v1/patients/{known}/links", {"system": "wellmedr", "value": "sub-1"})
    told = partner.intake(last_name="Married")
    partner.tell("subscription.paused", _id="s-1", customer___id="c-1", customer__email="old@example.com")
    partner.tell("prescription.created", _id="rx-1", customer___id="c-1")
    links = staff.get(f"/api/v1/patients/{known}/links").json["items"]
    records = {one.their_id: (one.patient, one.found_by) for one in partner.world.rows(PARTNER_RECORDS)}

    assert (201, "updated", known) == (told.status, told.json["outcome"], told.json["touched"][0])
    assert "Pat Married" == only(partner.world.rows(PATIENTS)).contact.name
    assert {("wellmedr", "sub-1"), ("careportals", "c-1")} == {(one["system"], one["value"]) for one in links}
    assert {"s-1": (known, "email"), "rx-1": (known, "external_id")} == records


def test_a_family_that_shares_a_phone_is_not_one_patient(partner: Partner) -> None:
    """The intake waits for a person who says who it is; then it is worked off."""
    partner.intake()
    other = {"email": "mia@example.com", "first_name": "Mia", "last_name": "Torres", "submission_id": "sub-2"}
    doubted = partner.intake(**other)
    paid = partner.pay(customer_email="mia@example.com", patient_name="Mia Torres", phone="+1 202 555 0101")
    before = len(partner.world.rows(PATIENTS))
    partner.world.services.relay()
    waiting = [(one.state, one.tries) for one in partner.world.rows(INBOUND_MESSAGES) if one.code == "patient_in_doubt"]
    staff = partner.client.as_(STAFF)
    staff.post("/api/v1/patients", {"name": "Mia Torres", "email": "mia@example.com"})
    again = partner.intake(**other)

    assert (409, "patient_in_doubt") == (doubted.status, doubted.code)
    assert [(MessageState.PARKED, 1)] == waiting
    assert "hlc patients link" in doubted.json["fields"][0]["message"]
    assert (201, ["patient_unconfirmed"]) == (
        paid.status,
        [hold.kind for item in partner.world.rows(QUEUE_ITEMS) for hold in item.holds],
    )
    assert (1, 2) == (before, len(partner.world.rows(PATIENTS)))
    assert (200, "updated") == (again.status, again.json["outcome"])


def test_a_patient_who_joined_another_record_is_found_there(quick: Partner) -> None:
    """By the address that only the duplicate had."""
    first = quick.intake().json["touched"][0]
    twin = quick.intake(email="twin@example.com", phone="", submission_id="sub-9").json["touched"][0]
    staff = quick.client.as_(STAFF)
    merged = staff.post(f"/api/v1/patients/{twin}/merge", {"into": first, "reason": "One person."})
    told = quick.pay(customer_email="twin@example.com")

    assert 200 == merged.status
    assert (201, first) == (told.status, told.json["touched"][1])


def test_a_refusal_names_the_partners_own_fields(quick: Partner) -> None:
    """As they were sent, whatever they are called here."""
    told = [
        quick.send(INTAKE, {"Customer Email": "nobody", "Full Name": "Pat Lee"}, INTAKE_SECRET),
        quick.send(INTAKE, {"first_name": "Pat"}, INTAKE_SECRET),
        quick.intake(phone_number="12", phone=""),
        quick.intake(Country="Atlantis", Street="1 Elm", City="Boise", Zip="83702"),
        quick.tell("order.created", id="R-1"),
    ]

    assert [["Customer Email"], ["customer_email"], ["phone_number"], ["Country"], ["_id"]] == [
        [fault["field"] for fault in one.json["fields"]] for one in told
    ]
    assert {422} == {one.status for one in told}


def test_a_corrected_payload_under_the_same_event_id_is_taken(partner: Partner) -> None:
    """What was refused is sent again, mended, under its id: it is worked off, once; a later one changes nothing."""
    refused = partner.send(INTAKE, intake(email="nobody"), INTAKE_SECRET, X_Webhook_Id="evt-1")
    same = partner.send(INTAKE, intake(email="nobody"), INTAKE_SECRET, X_Webhook_Id="evt-1")
    still = partner.send(INTAKE, intake(last_name="", first_name=""), INTAKE_SECRET, X_Webhook_Id="evt-1")
    mended = partner.send(INTAKE, intake(), INTAKE_SECRET, X_Webhook_Id="evt-1")
    late = partner.send(INTAKE, intake(last_name="Other"), INTAKE_SECRET, X_Webhook_Id="evt-1")
    message = only(partner.world.rows(INBOUND_MESSAGES))

    assert [(422, ["email"]), (422, ["email"])] == [
        (told.status, [fault["field"] for fault in told.json["fields"]]) for told in (refused, same)
    ]
    assert (422, ["patient_name"]) == (still.status, [fault["field"] for fault in still.json["fields"]])
    assert (201, "registered") == (mended.status, mended.json["outcome"])
    assert (200, False, "registered") == (late.status, late.json["new"], late.json["outcome"])
    assert (MessageState.PROCESSED, "Pat Lee") == (message.state, only(partner.world.rows(PATIENTS)).contact.name)


def test_a_payment_is_corrected_before_its_intake_comes(quick: Partner) -> None:
    """The address was mistyped: the payment waits for the right one then."""
    quick.send(INVOICE, payment(customer_email="pta@example.com"), INVOICE_SECRET, X_Webhook_Id="evt-1")
    corrected = quick.send(INVOICE, payment(), INVOICE_SECRET, X_Webhook_Id="evt-1")
    quick.intake()
    quick.world.services.relay()

    assert 404 == corrected.status
    assert [MessageState.PROCESSED] * 2 == [one.state for one in quick.world.rows(INBOUND_MESSAGES)]


@pytest.mark.parametrize(
    ("told", "known"),
    [
        ({"date_of_birth": "1984-03-31"}, date(1984, 3, 31)),
        ({"DOB": "3/31/1984"}, date(1984, 3, 31)),
        ({"Birth Date": "1984-03-31T00:00:00.000Z"}, date(1984, 3, 31)),
        ({"dob": "31.3.1984"}, None),
        ({"dob": "2984-03-31"}, None),
        ({"dob": ""}, None),
    ],
)
def test_a_birth_date_that_was_told_is_in_the_record(quick: Partner, told: dict[str, str], known: date | None) -> None:
    """In the spellings of the partner; one that cannot be is kept among the answers only, and never made up."""
    first = quick.intake(**told)
    again = quick.intake(updated_at="2026-01-16T10:00:00Z")
    patient = (
        quick.client.as_(STAFF)
        .get(f"/api/v1/patients/{first.json['touched'][0]}/medical-record?purpose=treatment")
        .json
    )

    assert (201, 201) == (first.status, again.status)
    assert (None if known is None else known.isoformat()) == patient["birthDate"]


def test_a_birth_date_that_comes_later_is_added(quick: Partner) -> None:
    """To the patient who is known already."""
    quick.intake()
    told = quick.intake(updated_at="2026-01-16T10:00:00Z", dob="1984-03-31")
    patient = (
        quick.client.as_(STAFF).get(f"/api/v1/patients/{told.json['touched'][0]}/medical-record?purpose=treatment").json
    )

    assert "1984-03-31" == patient["birthDate"]


def test_what_was_not_sent_by_the_partner_is_not_stored(partner: Partner) -> None:
    """No secret, a wrong one, the intake's where the invoice has its own; nothing is read before that."""
    told = [
        partner.client.post(INVOICE, payment()),
        partner.send(INVOICE, payment(), "wrong-secret-wrong-secret"),
        partner.send(INVOICE, payment(), INTAKE_SECRET),
        partner.client.post(INVOICE, payment(), Authorization="Bearer nonsense"),
        partner.client.ask("POST", INTAKE, raw=b"{" * 10000),
        partner.client.post(CAREPORTALS, {}, X_Webhook_Secret="é".encode().decode("latin-1")),
    ]

    assert [(401, "not_from_partner")] * len(told) == [(one.status, one.code) for one in told]
    assert [] == partner.world.rows(INBOUND_MESSAGES)


def test_the_secret_may_come_as_a_bearer_token_and_be_rotated(quick: Partner) -> None:
    """And the intake's serves both routes where there is no other."""
    with partnered(quick.world, wellmedr_intake_secret=f"old-{INTAKE_SECRET},{INTAKE_SECRET}") as two:
        told = [
            two.client.post(INTAKE, intake(), Authorization=f"Bearer {secret}")
            for secret in (INTAKE_SECRET, f"old-{INTAKE_SECRET}")
        ]
    with partnered(quick.world, wellmedr_invoice_secret="") as one:
        paid = one.send(INVOICE, payment(), INTAKE_SECRET)

    assert [201, 200, 201] == [answer.status for answer in (*told, paid)]


def test_without_a_secret_nothing_is_taken(memory_world: World) -> None:
    """503, naming the setting."""
    with partnered(memory_world, wellmedr_intake_secret="", wellmedr_invoice_secret="") as bare:
        told = bare.intake()

    assert (503, "WELLMEDR_INTAKE_WEBHOOK_SECRET") == (told.status, told.json["fields"][0]["field"])


def test_the_clinic_of_the_settings_is_enforced(memory_world: World) -> None:
    """A message for another is refused, one that names it or none is taken."""
    with partnered(memory_world, wellmedr_clinic="clinic") as strict:
        told = [strict.intake(clinic_id="clinic"), strict.intake(clinic_id="elsewhere"), strict.pay()]

    assert [201, 403, 201] == [answer.status for answer in told]
    assert "other_clinic" == told[1].code


@pytest.mark.parametrize(
    ("more", "fields"),
    [
        ({"customer_email": "", "method_payment_id": ""}, ["customer_email", "method_payment_id"]),
        ({"method_payment_id": "ch_1"}, ["method_payment_id"]),
        ({"price": "free"}, ["price"]),
        ({"price": "", "amount": "1.5"}, ["amount"]),
        ({"customer_email": "nobody"}, ["customer_email"]),
    ],
)
def test_a_payment_that_cannot_be_used_is_kept_with_its_reason(
    quick: Partner, more: dict[str, str], fields: list[str]
) -> None:
    """422 naming every field; parked at once, for it can never succeed; a replay fails the same way."""
    quick.intake()
    told = quick.pay(**more)
    staff = quick.client.as_(STAFF)
    (card,) = staff.get("/api/v1/webhooks/messages?state=parked").json["items"]
    again = staff.post(f"/api/v1/webhooks/messages/{card['message']['id']}/replay", {})
    quick.world.services.relay()
    quick.world.services.relay()

    assert (422, fields) == (told.status, [fault["field"] for fault in told.json["fields"]])
    assert 200 == again.status
    assert [MessageState.PARKED] == [
        one.state for one in quick.world.rows(INBOUND_MESSAGES) if one.id == card["message"]["id"]
    ]
    assert [] == quick.world.rows(INVOICES)


def test_nobody_waits_for_ever(quick: Partner) -> None:
    """After eight tries a message is parked; the intake that comes later still has it worked off."""
    quick.pay()
    for _ in range(12):
        quick.world.services.relay()
        quick.world.advance(hours=2)
    parked = only(quick.world.rows(INBOUND_MESSAGES))
    quick.intake()
    quick.world.services.relay()

    assert (MessageState.PARKED, 8, "intake_not_there") == (parked.state, parked.tries, parked.code)
    assert 1 == len(quick.world.rows(INVOICES))


def test_an_older_intake_that_comes_late_changes_nothing(quick: Partner) -> None:
    """Nor does an incomplete one after the complete one; a newer one does."""
    quick.intake()
    late = quick.intake(updated_at="2026-01-14T10:00:00Z", last_name="Old")
    unfinished = quick.intake(updated_at="2026-01-16T10:00:00Z", checkout_completed=False, last_name="New")
    newer = quick.intake(updated_at="2026-01-17T10:00:00Z", last_name="Married", weight="200 lb")
    patient = only(quick.world.rows(PATIENTS))

    assert ["older", "older", "updated"] == [told.json["outcome"] for told in (late, unfinished, newer)]
    assert "Pat Married" == patient.contact.name
    assert {"200 lb"} == {
        answer.value for one in quick.world.rows(PATIENT_DOCUMENTS) for answer in one.answers if answer.key == "weight"
    }


def test_the_address_becomes_the_shipping_address(quick: Partner) -> None:
    """Of the item, and of a patient who has none."""
    quick.intake()
    quick.pay(address="1 Elm Street", city="Boise", state="ID", zip="83702")
    item, patient = only(quick.world.rows(QUEUE_ITEMS)), only(quick.world.rows(PATIENTS))

    assert ("1 Elm Street", "Boise", "ID", "83702", "US") == (
        item.ship_to.address1,
        item.ship_to.city,
        item.ship_to.province_code,
        item.ship_to.postal_code,
        item.ship_to.country_code,
    )
    assert item.ship_to == patient.address


@pytest.mark.parametrize(
    ("plan", "days"),
    [("6 month", [90]), ("Annual", [90, 180, 270]), ("12 Month Injections", [90, 180, 270]), ("semi-annual", [90])],
)
def test_long_plans_have_their_refills_planned(quick: Partner, plan: str, days: list[int]) -> None:
    """On their days, paid; a repetition plans nothing more. They come into the queue on their day, not before."""
    world = quick.world
    quick.intake()
    for _ in range(2):
        quick.pay(plan=plan)
    item = only(world.rows(QUEUE_ITEMS))
    staff = quick.client.as_(STAFF)
    staff.post("/api/provider/prescription-queue", {"item": item.id, "action": "processed"})
    refills = sorted(world.rows(REFILLS), key=lambda one: one.fill)
    before = staff.get("/api/provider/prescription-queue").json["items"]
    world.advance(days=90)
    world.execute(MoveDueRefills())
    (due,) = staff.get("/api/provider/prescription-queue").json["items"]
    done = staff.post("/api/provider/prescription-queue", {"item": due["item"]["id"], "action": "processed"})

    assert days == [(one.due_on - world.today).days + 90 for one in refills]
    assert [] == before
    assert ("Refill", "ready") == (due["label"], due["item"]["readiness"])
    assert (200, "completed") == (done.status, done.json["state"])
    assert [] == staff.get("/api/provider/prescription-queue").json["items"]
    assert [] == staff.post("/api/v1/rx-queue/rebuild", {}).json["differences"]


def test_a_plan_that_is_declined_has_no_refills(quick: Partner) -> None:
    """What was planned with its invoice is cancelled."""
    quick.intake()
    quick.pay(plan="12 month")
    item = only(quick.world.rows(QUEUE_ITEMS))
    body = {"item": item.id, "action": "decline", "reason": "Not suitable."}
    quick.client.as_(STAFF).post("/api/provider/prescription-queue", body)

    assert {RefillState.CANCELLED} == {one.state for one in quick.world.rows(REFILLS)}


def test_nobody_is_welcomed_by_mail_because_a_partner_registered_them(quick: Partner) -> None:
    """And a known account is found, not made anew."""
    bought = quick.world.buy(quick.world.product())
    quick.world.services.relay()
    mails = len(quick.world.mail.sent)
    known = quick.intake(email="buyer1@example.com")
    quick.intake()
    quick.world.services.relay()

    assert bought.checkout.patient == known.json["touched"][0]
    assert mails == len(quick.world.mail.sent)


def test_both_deliveries_of_an_order_come_to_one_record(partner: Partner) -> None:
    """Short and full, then its way to the pharmacy; by email, then by their id, the patient is found."""
    partner.intake()
    customer = {"customer___id": "c-1", "customer__email": "pat@example.com", "customer__firstName": "Pat"}
    order = {"_id": "o-1", "id": "R-77", "createdAt": "2026-01-15T10:30:00Z", "totalAmount": 199.99, **customer}
    told = [
        partner.tell("order.created", **order),
        partner.tell("order.created", **order, coupon="TEN", lineItems__0__drugName="tirzepatide"),
        partner.tell("order.status_updated", _id="o-1", status="pharmacy", updatedAt="2026-01-16T10:00:00Z"),
        partner.tell("order.status_updated", _id="o-1", status="processing", updatedAt="2026-01-15T12:00:00Z"),
        partner.tell("subscription.paused", _id="s-1", organization="clinic", customer___id="c-1"),
        partner.tell("subscription.cancelled", _id="s-1", organization="clinic", customer___id="c-1"),
        partner.tell("prescription.created", _id="rx-1", organization="clinic", customer___id="c-1"),
    ]
    records = {one.their_id: one for one in partner.world.rows(PARTNER_RECORDS)}
    cards = partner.client.as_(STAFF).get("/api/v1/partner-records?kind=order").json["items"]

    assert {201} == {one.status for one in told}
    assert ("pharmacy", "199.99", "TEN") == (
        records["o-1"].status,
        records["o-1"].fact("totalAmount"),
        records["o-1"].fact("coupon"),
    )
    assert ("cancelled", "created") == (records["s-1"].status, records["rx-1"].status)
    assert ["email", "external_id", "external_id"] == [records[id].found_by for id in ("o-1", "s-1", "rx-1")]
    assert [("pharmacy", "AWAITING_FULFILLMENT")] == [(one["status"], one["ourStatus"]) for one in cards]


def test_an_event_that_is_unknown_or_for_nobody_is_kept(quick: Partner) -> None:
    """Parked with its reason; an organization that nobody has is not stored anywhere."""
    unknown = quick.tell("order.dreamt", _id="o-1")
    nameless = quick.tell("order.created", id="R-1")
    word = quick.tell("order.status_updated", _id="o-1", status="lost")
    stranger = quick.tell("subscription.paused", _id="s-1", organization="elsewhere")

    assert [422, 422, 422, 404] == [told.status for told in (unknown, nameless, word, stranger)]
    assert 3 == len(quick.world.rows(INBOUND_MESSAGES))
    assert [] == quick.world.rows(PARTNER_RECORDS)


def test_the_monitor_tells_successes_and_failures_by_source(partner: Partner) -> None:
    """As JSON, and as a page."""
    partner.intake()
    partner.pay(method_payment_id="nothing")
    staff = partner.client.as_(STAFF)
    health = {one["source"]: one for one in staff.get("/api/v1/webhooks/monitor").json}
    page = staff.get("/webhooks/monitor?source=wellmedr-invoice")

    assert (1, 0) == (health["wellmedr-intake"]["processed"], health["wellmedr-intake"]["parked"])
    assert (0, 1, "invalid") == (
        health["wellmedr-invoice"]["processed"],
        health["wellmedr-invoice"]["parked"],
        health["wellmedr-invoice"]["lastFailure"],
    )
    assert 200 == page.status
    assert b"wellmedr-invoice" in page.body
    assert b"pat@example.com" not in page.body
    assert 401 == partner.client.get("/webhooks/monitor").status


def test_the_queue_is_shown_to_administrators_as_a_page(partner: Partner) -> None:
    """With what withholds an item; a visitor sees nothing."""
    partner.intake()
    partner.pay()
    partner.pay(method_payment_id="pm_2")
    staff = partner.client.as_(STAFF)
    waiting, withheld = staff.get("/admin/rx-queue"), staff.get("/admin/rx-queue?state=withheld")

    assert [200, 200] == [waiting.status, withheld.status]
    assert b"New Patient" in waiting.body
    assert b"is it one purchase?" in withheld.body
    assert 401 == partner.client.get("/admin/rx-queue").status


def test_a_payload_is_shown_to_those_who_may_and_that_is_recorded(quick: Partner) -> None:
    """Lists are without it."""
    quick.intake()
    staff = quick.client.as_(STAFF)
    listed = staff.get("/api/v1/webhooks/messages")
    id = listed.json["items"][0]["message"]["id"]
    shown = staff.get(f"/api/v1/webhooks/messages/{id}")
    audit = staff.get("/api/v1/audit").json["items"]

    assert b"pat@example.com" not in listed.body
    assert b"pat@example.com" in shown.body
    assert ("GetMessage", f"message {id}") == (audit[0]["command"], audit[0]["shown"])


def test_a_provider_walks_the_queue_over_http(partner: Partner) -> None:
    """Pages, count, explanation, decline; wrong inputs are named."""
    partner.intake()
    for number in range(3):
        partner.pay(method_payment_id=f"pm_{number}", product=f"Tirzepatide {number} mg")
        partner.world.advance(minutes=1)
    staff, path = partner.client.as_(STAFF), "/api/provider/prescription-queue"
    first = staff.get(f"{path}?limit=2").json
    second = staff.get(f"{path}?limit=2&cursor={first['next']}").json
    items = [*first["items"], *second["items"]]
    declined = staff.ask(
        "PATCH", path, {"item": items[0]["item"]["id"], "action": "decline", "reason": "Not suitable."}
    )
    wrong = [
        staff.post(path, {"item": items[0]["item"]["id"], "action": "processed"}),
        staff.post(path, {"item": items[1]["item"]["id"], "action": "decline", "reason": " "}),
        staff.post(path, {"item": "qi_none", "action": "processed"}),
        staff.post(path, {"item": items[1]["item"]["id"], "action": "eaten"}),
        staff.get(f"{path}?cursor=nonsense"),
        partner.client.get(path),
    ]
    told = staff.get(f"{path}/explain/{items[0]['invoiceNumber']}").json

    assert ["Tirzepatide 0 mg", "Tirzepatide 1 mg", "Tirzepatide 2 mg"] == [
        one["item"]["treatment"]["medication"] for one in items
    ]
    assert (200, "declined") == (declined.status, declined.json["state"])
    assert [409, 422, 404, 400, 422, 401] == [one.status for one in wrong]
    assert {"waiting": 2, "ready": 2, "withheld": 0} == staff.get(f"{path}/count").json
    assert (False, ["processed"]) == (told["waits"], [one["reason"] for one in told["obstacles"]])
    assert "other_clinic" == staff.get(f"{path}/explain/INV-999").json["obstacles"][0]["reason"]
    assert [] == staff.post("/api/v1/rx-queue/rebuild", {}).json["differences"]
