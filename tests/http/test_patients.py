"""Patients and keys over HTTP: what comes in and goes out, and what is refused."""

from __future__ import annotations

from typing import Any

from hlc_adapters.storage.shapes.platform import AUDIT_ENTRIES
from support.service import Shop

ADA = {
    "name": "Ada Byron",
    "email": "ada@example.com",
    "phone": "(212) 555-0199",
    "number": "A-1",
    "birthDate": "1980-05-05",
    "gender": "female",
    "history": {"conditions": ["asthma"], "habits": ["bruxism"]},
    "externalIds": [{"system": "airtable", "value": "rec1"}],
}


def made(shop: Shop, **more: Any) -> Any:
    """A patient, registered."""
    told = shop.staff.post("/api/v1/patients", {**ADA, **more})
    assert 201 == told.status, told.json
    return told.json


def test_a_patient_is_registered_shown_changed_and_found(shop: Shop) -> None:
    """Health data only behind its own route, which asks what for, and is recorded."""
    patient = made(shop)
    here = f"/api/v1/patients/{patient['id']}"
    assert ("+12125550199", "A-1", True, True) == (
        patient["contact"]["phone"], patient["number"], patient["hasBirthDate"], patient["hasHistory"],
    )  # fmt: skip
    shown = shop.staff.get(here)
    assert b"1980" not in shown.body
    assert b"asthma" not in shown.body
    assert 400 == shop.staff.get(f"{here}/medical-record").status
    record = shop.staff.get(f"{here}/medical-record?purpose=treatment").json
    assert ("1980-05-05", "female", ["asthma"]) == (
        record["birthDate"],
        record["gender"],
        record["history"]["conditions"],
    )
    changed = shop.staff.ask("PATCH", here, {"name": "Ada Lovelace", "clear": ["birth_date"]}).json
    assert ("Ada Lovelace", False) == (changed["contact"]["name"], changed["hasBirthDate"])
    for text in ("lovelace", "A-1", "ada@example.com", "+1 212 555 0199"):
        (hit,) = shop.staff.post("/api/v1/patients/search", {"text": text}).json["items"]
        assert patient["id"] == hit["patient"]["id"]
    links = shop.staff.get(f"{here}/links").json["items"]

    assert [{"system": "airtable", "value": "rec1"}] == links
    reads = [one for one in shop.world.rows(AUDIT_ENTRIES) if one.command == "GetMedicalRecord"]
    assert any("purpose treatment" in one.shown and patient["id"] in one.shown for one in reads)


def test_what_is_taken_is_a_conflict_that_names_it(shop: Shop) -> None:
    """409 with the number; a suggestion reserves nothing."""
    made(shop)
    told = shop.staff.post("/api/v1/patients", {"name": "Eve", "number": "a-1"})
    assert (409, "number_taken") == (told.status, told.json["code"])
    assert "a-1" in told.json["detail"]
    again = shop.staff.post("/api/v1/patients", {"name": "Eve", "email": "ADA@example.com"})
    assert (409, "email_taken") == (again.status, again.json["code"])
    free = [shop.staff.get("/api/v1/patient-numbers/next").json["number"] for _ in range(2)]

    assert free[0] == free[1]


def test_what_cannot_be_used_is_named_field_by_field(shop: Shop) -> None:
    """In camelCase; nothing is made up and nothing is echoed."""
    told = shop.staff.post(
        "/api/v1/patients", {"name": "", "email": "quetzal", "phone": "1", "birthDate": "2300-01-01"}
    )

    assert 422 == told.status
    assert {"name", "email", "phone", "birthDate"} == {fault["field"] for fault in told.json["fields"]}
    assert b"quetzal" not in told.body


def test_a_message_is_told_whose_it_is(shop: Shop) -> None:
    """By the surest thing; a name only for a person to confirm."""
    patient = made(shop)
    by_mail = shop.staff.post("/api/v1/patients/identify", {"email": "ada@EXAMPLE.com"}).json
    by_name = shop.staff.post("/api/v1/patients/identify", {"name": "Byron Ada"}).json
    new = shop.staff.post("/api/v1/patients/identify", {"name": "New", "email": "n@example.com", "register": True}).json

    assert ("matched", "email", patient["id"]) == (
        by_mail["identified"]["verdict"], by_mail["identified"]["by"], by_mail["patient"]["id"],
    )  # fmt: skip
    assert "to_confirm" == by_name["identified"]["verdict"]
    assert ("new", "New") == (new["identified"]["verdict"], new["patient"]["contact"]["name"])


def test_a_merge_is_made_and_undone(shop: Shop) -> None:
    """With its evidence; the second undoing is a conflict."""
    first = made(shop)
    second = made(shop, email="other@example.com", number=None, externalIds=[])
    merge = shop.staff.post(f"/api/v1/patients/{first['id']}/merge", {"into": second["id"]}).json
    assert ("merged", ["number"], 1, ["undo"]) == (merge["state"], merge["filled"], merge["links"], merge["actions"])
    assert {"name", "phone", "birth_date"} <= set(merge["evidence"])
    undo = f"/api/v1/patient-merges/{merge['id']}/undo"

    assert "undone" == shop.staff.post(undo).json["state"]
    assert 409 == shop.staff.post(undo).status
    assert 1 == len(shop.staff.get(f"/api/v1/patients/{second['id']}/merges").json["items"])


def test_keys_are_replaced_and_reported(shop: Shop) -> None:
    """Never a key itself."""
    made(shop)
    keys = shop.staff.get("/api/v1/encryption/keys").json["items"]
    new = shop.staff.post("/api/v1/encryption/rotate", {"index": True}).json["items"]
    report = shop.staff.get("/api/v1/encryption/report").json

    assert {"body-0001", "index-0001"} == {key["id"] for key in keys}
    assert ["body-0002", "index-0002"] == [key["id"] for key in new]
    assert "wrapped" not in report["keys"][0]
    assert any(leak["table"] == "patient_grams" and leak["tells"] for leak in report["leaks"])
    assert [] == shop.staff.post("/api/v1/encryption/destroy-spent").json["items"]
    assert 0 == shop.staff.post("/api/v1/encryption/wrap").json["wrapped"]
