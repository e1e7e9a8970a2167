"""`hlc logins`, `hlc sessions`, `hlc keys`: the same words and refusals as over HTTP."""

from __future__ import annotations

from pathlib import Path

from cli.clinic import SYSTEM, Hlc
from hlc_core.access.api import Role
from hlc_core.identity.api import SignIn, sign_in
from hlc_core.people.api import CreateUser

PASSWORD = "correct horse battery"


def test_a_first_password_a_sign_in_and_its_end(hlc: Hlc) -> None:
    """Set by the operator, used, listed, revoked."""
    services = hlc.services()
    try:
        services.application.execute(CreateUser(email="ada@example.com", name="Ada Lovelace", role=Role.STAFF), SYSTEM)
    finally:
        services.close()

    assert 2 == hlc("logins", "set-password", "ada@example.com", "--stdin", said="short\n").code
    assert 4 == hlc("logins", "set-password", "nobody@example.com", "--stdin", said=f"{PASSWORD}\n").code
    assert 0 == hlc("logins", "set-password", "ada@example.com", "--stdin", said=f"{PASSWORD}\n").code
    services = hlc.services()
    try:
        assert sign_in(SignIn(email="ada@example.com", password=PASSWORD), services.porter).tickets
    finally:
        services.close()
    assert ["signed_in"] == [one["outcome"] for one in hlc("--json", "logins", "list").json["items"]]
    (session,) = hlc("--json", "sessions", "list", "ada@example.com").json["items"]
    assert "open" == session["state"]
    assert 1 == hlc("--json", "sessions", "revoke", "ada@example.com").json["ended"]
    assert "There was none." in hlc("logins", "reset-2fa", "ada@example.com").words
    assert "goes out" in hlc("logins", "send-reset", "ada@example.com").words


def test_stored_keys_are_made_listed_and_revoked(hlc: Hlc) -> None:
    """The key is shown once."""
    made = hlc("--json", "keys", "make", "warehouse", "--scope", "emr.orders.view").json
    listed = hlc("--json", "keys", "list")

    assert made["key"].startswith("hlck.")
    assert made["key"].rpartition(".")[2] not in listed.out
    assert ["emr.orders.view"] == listed.json["items"][0]["scopes"]
    assert 2 == hlc("keys", "make", "all", "--scope", "no.such.key").code
    assert 0 == hlc("keys", "revoke", made["apiKey"]["id"]).code
    assert 4 == hlc("keys", "revoke", "key_absent").code


def test_a_key_for_sign_ins_is_made(hlc: Hlc) -> None:
    """Long enough, another each time."""
    first, second = hlc("--json", "keys", "auth").json["key"], hlc("--json", "keys", "auth").json["key"]

    assert len(first) >= 32
    assert first != second


def test_protected_mails_are_written_tried_and_restored(hlc: Hlc, tmp_path: Path) -> None:
    """From files, so that HTML survives; what cannot be sent is refused with the field."""
    services = hlc.services()
    try:
        services.application.execute(CreateUser(email="ada@example.com", name="Ada Lovelace", role=Role.STAFF), SYSTEM)
    finally:
        services.close()
    text, html, wrong = (tmp_path / name for name in ("code.txt", "code.html", "wrong.txt"))
    text.write_text("Psst: {{otpCode}}\n")
    html.write_text("<p>Psst: <b>{{otpCode}}</b></p>\n")
    wrong.write_text("Psst.")
    mail = "security-2fa-code"

    made = hlc("--json", "mails", "set", mail, "--subject", "Psst", "--text", str(text), "--html", str(html)).json

    assert (True, "Psst: {{otpCode}}") == (made["changed"], made["written"]["text"])
    assert mail in hlc("mails", "list").words
    assert "otpCode" in hlc("mails", "show", mail).words
    told = hlc("mails", "set", mail, "--text", str(wrong))
    assert (2, True) == (told.code, "must have otpCode" in told.words)
    assert 2 == hlc("mails", "set", mail, "--text", str(tmp_path / "absent")).code
    assert 0 == hlc("mails", "try", mail, "ada@example.com").code
    assert 4 == hlc("mails", "try", mail, "nobody@example.com").code
    assert not hlc("--json", "mails", "restore", mail).json["changed"]
    assert 4 == hlc("mails", "show", "security-nothing").code


def test_the_moves_of_one_thing_are_shown(hlc: Hlc) -> None:
    """With those that were made on behalf of somebody else only where they are asked for."""
    order = hlc("--json", "orders", "list").json["items"][0]["order"]
    moves = hlc("--json", "audit", "moves", order["id"]).json["items"]

    assert None is moves[0]["source"]
    assert moves == hlc("--json", "audit", "moves", order["id"], "--all").json["items"]
    assert [] == hlc("--json", "audit", "moves", "ord_absent").json["items"]


def test_sign_ins_are_swept_by_hand(hlc: Hlc) -> None:
    """As the worker does hourly."""
    assert "swept" in hlc("jobs", "run", "sign_ins").words
