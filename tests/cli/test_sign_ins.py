"""`hlc logins`, `hlc sessions`, `hlc keys`: the same words and refusals as over HTTP."""

from __future__ import annotations

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
