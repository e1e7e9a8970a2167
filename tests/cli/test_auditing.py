"""`hlc audit`: the same words and refusals as over HTTP."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from cli.clinic import SYSTEM, Hlc
from hlc_core.audit.api import SealAudit

KEY = {"HLC_AUDIT_KEY": "a-key-that-is-not-in-the-database"}


@pytest.fixture
def sealed(hlc: Hlc) -> Hlc:
    """A clinic whose record is sealed, without a key."""
    services = hlc.services()
    while services.application.execute(SealAudit(), SYSTEM) is not None:
        pass
    services.close()
    return hlc


def test_the_record_is_listed_by_condition(hlc: Hlc) -> None:
    """Who, what, when; a time that cannot be read names the way to write it."""
    found = hlc("--json", "audit", "list", "--command", "AddProduct").json["items"]
    assert found
    assert {"AddProduct"} == {one["command"] for one in found}
    assert [] == hlc("--json", "audit", "list", "--until", "2020-01-01").json["items"]
    assert [] == hlc("--json", "audit", "list", "--outcome", "denied").json["items"]
    wrong = hlc("audit", "list", "--since", "yesterday")
    assert "write 2026-01-31" in wrong.words
    assert 0 != wrong.code
    assert found == hlc("--json", "audit", "list", "--command", "AddProduct", "--all").json["items"]
    assert [] == hlc("--json", "audit", "list", "--impersonated").json["items"]  # nobody has acted for anybody


def test_a_look_at_all_clinics_is_recorded_where_no_clinic_is(hlc: Hlc) -> None:
    """With the scope; that record is listed, verified and exported like those of clinics, which do not show it."""
    assert 0 == hlc("org", "list").code
    (look,) = hlc("--json", "audit", "list", "--platform", "--across", "--command", "LookAcross").json["items"]
    assert ("cli", "across organizations") == (look["actor"], look["scope"])
    assert [] == hlc("--json", "audit", "list", "--command", "LookAcross").json["items"]
    assert "LookAcross" in hlc("audit", "export", "--platform").out
    assert 0 == hlc("audit", "verify", "--platform").code


def test_a_sound_record_is_told_and_a_touched_one_ends_with_one(sealed: Hlc) -> None:
    """With the breach, the seal and the entry; the exit code is for scripts."""
    found = sealed("audit", "verify")
    assert (0, True, True) == (found.code, "Nothing was touched." in found.words, "HLC_AUDIT_KEY" in found.words)
    with sqlite3.connect(sealed.database) as connection:
        connection.execute("DROP TRIGGER audit_entries_no_update")
        connection.execute("UPDATE audit_entries SET actor = 'nobody' WHERE rowid = 2")

    touched = sealed("audit", "verify")
    assert 1 == touched.code
    assert "edited" in touched.words
    assert "signature wrong" in sealed("audit", "verify", **KEY).words


def test_a_checkpoint_is_kept_elsewhere(sealed: Hlc) -> None:
    """It is one line, and verifying takes it back."""
    line = sealed("audit", "checkpoint").out.strip()
    assert 0 == sealed("audit", "verify", "--checkpoint", line).code
    assert 1 == sealed("audit", "verify", "--checkpoint", line.replace(line.split(":")[1], "0" * 64)).code
    assert "hlc audit checkpoint" in sealed("audit", "verify", "--checkpoint", "x").words


def test_nothing_sealed_has_no_checkpoint(hlc: Hlc) -> None:
    """The refusal says who seals."""
    assert "hlc worker" in hlc("audit", "checkpoint").words


def test_the_record_is_exported_to_a_file(hlc: Hlc, tmp_path: Path) -> None:
    """Or to the standard output; a place that cannot be written is refused."""
    file = tmp_path / "audit.jsonl"
    assert 0 == hlc("audit", "export", "--format", "jsonl", "--out", str(file)).code
    lines = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    assert len(lines) > 5
    table = hlc("audit", "export", "--command", "AddProduct").out
    assert table.startswith("id,organization,at,")
    assert "cannot be written" in hlc("audit", "export", "--out", str(tmp_path / "no" / "x")).words
