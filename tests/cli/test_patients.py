"""`hlc patients` and `hlc keys rotate|report`: the same words and refusals as over HTTP."""

from __future__ import annotations

import json
from pathlib import Path

from cli.clinic import Hlc


def test_patients_are_registered_found_and_joined(hlc: Hlc, tmp_path: Path) -> None:
    """Health data comes from a file and is shown for a purpose."""
    details = tmp_path / "details.json"
    details.write_text(json.dumps({"history": {"conditions": ["asthma"], "habits": ["bruxism"]}}))
    ada = hlc(
        "patients", "register", "Ada Byron", "--email", "ada@example.com", "--phone", "212 555 0199", "--number", "A-1",
        "--born", "1980-05-05", "--details", str(details), "--external", "airtable=rec1", "--json",
    ).json  # fmt: skip
    assert "[personal]" == ada["birthDate"] == ada["history"]
    assert "asthma" in hlc("patients", "record", ada["id"], "--for", "treatment").out
    assert 2 == hlc("patients", "record", ada["id"]).code
    assert "Ada Byron" in hlc("patients", "search", "byron").out
    assert "+12125550199" in hlc("patients", "show", ada["id"]).out
    assert "rec1" in hlc("patients", "links", ada["id"]).out
    taken = hlc("patients", "register", "Eve", "--number", "a-1")
    assert 5 == taken.code
    assert "a-1" in taken.words
    eve = hlc("patients", "register", "Ada Byron", "--email", "old@example.com", "--json").json
    merge = hlc("patients", "merge", eve["id"], ada["id"], "--json").json
    assert "undone" in hlc("patients", "unmerge", merge["id"]).out
    assert "matched" in hlc("patients", "identify", "--external", "airtable=rec1").out
    assert 2 == hlc("patients", "link", ada["id"], "nonsense").code
    assert "P-" in hlc("patients", "next-number").out
    changed = hlc("patients", "change", ada["id"], "--name", "Ada Lovelace", "--clear", "phone", "--json").json
    assert ("Ada Lovelace", "") == (changed["contact"]["name"], changed["contact"]["phone"])


def test_keys_are_replaced_resumed_and_reported(hlc: Hlc) -> None:
    """The issue's words; the doctor is content afterwards; the key is shown nowhere."""
    assert 32 < len(hlc("keys", "new-encryption-key", "--json").json["key"])
    said = hlc("keys", "rotate", "--index")
    assert 0 == said.code, said.words
    assert "body-0002" in said.out
    assert 0 == hlc("keys", "rotate", "--resume").code
    assert 0 == hlc("keys", "rotate", "--master", "--everywhere").code
    report = hlc("keys", "report").out
    assert "retiring" in report
    assert "patient_grams.gram" in report
    assert "Every row is under the active key." in hlc("encryption", "status").out
    assert 0 == hlc("doctor", "--full").code


def test_a_database_without_a_key_is_refused_with_the_remedy(hlc: Hlc) -> None:
    """Before anything is read; with a wrong one, too, without repeating it."""
    for key, part in (("", "hlc keys new-encryption-key"), ("00ff", "32 bytes"), ("ab" * 32, "master key")):
        said = hlc("patients", "list", HLC_ENCRYPTION_KEY=key)
        assert said.code in (2, 6)
        assert part in said.words
        assert not key or key not in said.words
