"""The protected mails over HTTP: read, written, tried, restored; refused in words."""

from __future__ import annotations

from hlc_core.access.api import Role
from support.service import STAFF, serving
from support.signing import Reception
from support.worlds import World

PATH = "/api/v1/mail-templates/security-2fa-code"
OWN = {"subject": "Psst", "text": "{{otpCode}}"}


def test_a_clinic_writes_its_own_words(memory_world: World) -> None:
    """With a key that may; what cannot be sent is refused with the field and the remedy."""
    reception = Reception(memory_world)
    ada = reception.person()
    with serving(memory_world.services) as client:
        desk = client.as_(_admin(reception))
        listed = desk.get("/api/v1/mail-templates").json
        changed = desk.ask("PUT", PATH, OWN)
        wrong = desk.ask("PUT", PATH, {**OWN, "text": "no code {{nothing}}"})
        tried = desk.post(f"{PATH}/test", {"userId": ada.id})
        sent = reception.last("[Test]")
        restored = desk.post(f"{PATH}/restore")

        assert "security-2fa-code" in [one["template"] for one in listed]
        assert (200, True, "Psst") == (changed.status, changed.json["changed"], changed.json["written"]["subject"])
        assert ["otpCode"] == changed.json["needed"]
        assert 422 == wrong.status
        assert {"text"} == {fault["field"] for fault in wrong.json["fields"]}
        assert (200, ada.id) == (tried.status, tried.json["user"])
        assert (200, False) == (restored.status, restored.json["changed"])
        assert 404 == desk.get("/api/v1/mail-templates/security-nothing").status
        assert 403 == client.as_(STAFF).get(PATH).status, "the keys of the settings do not hold it"
        assert 401 == client.get(PATH).status
    assert ("[Test] Psst", "123456") == (sent.subject, sent.text)


def _admin(reception: Reception) -> str:
    reception.person("boss@example.com", Role.ORG_ADMIN)
    return reception.signed_in("boss@example.com").access
