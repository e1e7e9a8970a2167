"""`hlc drugs`, `prescriptions`, `dispatches`, `refills`: the same acts with the same refusals as over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.clinic import Hlc
from core.prescriptions.shelf import approved, drug
from core.refills.test_refills import plan
from support.worlds import World, opened, prepare


@pytest.fixture
def clinic(tmp_path: Path) -> Iterator[tuple[World, Hlc]]:
    """A clinic in an SQLite file whose hour is now, and the command line on it."""
    hlc = Hlc(tmp_path, {"HLC_PHARMACY_FOLDER": str(tmp_path / "out")})
    prepare(hlc.url)
    with opened(hlc.url) as world:
        yield world, hlc


def test_an_order_is_prescribed_and_sent_and_the_print_is_there(clinic: tuple[World, Hlc]) -> None:
    """Proposed, prescribed, carried by hand, printed, delivered by hand."""
    world, hlc = clinic
    drug(world)
    order = approved(world)
    proposal = hlc("prescriptions", "propose", order.number, "--json").json
    made = hlc("prescriptions", "prescribe", order.number, "--prescriber", "Dr. Ada Rivera")
    assert (True, 0) == (proposal["approved"], made.code), made.words
    assert {"carried": 1} == hlc("dispatches", "run", "--json").json
    dispatch = hlc("dispatches", "list", "--json").json["items"][0]["id"]
    assert {f"{dispatch}.pdf", f"{dispatch}.json"} == {path.name for path in (hlc.folder / "out").iterdir()}
    assert "ACKNOWLEDGED" == hlc("dispatches", "acknowledge", dispatch, "--json").json["status"]
    printed = hlc.folder / "rx.pdf"
    assert 0 == hlc("dispatches", "print", dispatch, str(printed)).code
    assert printed.read_bytes().startswith(b"%PDF-")
    number = hlc("prescriptions", "list", "--json").json["items"][0]["prescription"]["number"]
    assert "Inject 0.25 mg" in hlc("prescriptions", "show", number).words
    assert "customer.email" in hlc("prescriptions", "careportals", number, "--json").json
    for step in (("pack",), ("ship_untracked", "--reason", "By courier."), ("deliver",)):
        assert 0 == hlc("orders", "move", order.number, *step).code
    assert 0 == hlc("doctor").code


def test_what_cannot_be_done_is_refused_with_the_same_words(clinic: tuple[World, Hlc]) -> None:
    """Exit codes by kind; nothing is half done."""
    world, hlc = clinic
    drug(world)
    order = approved(world)
    hlc("prescriptions", "prescribe", order.number)
    number = hlc("prescriptions", "list", "--json").json["items"][0]["prescription"]["number"]
    dispatch = hlc("dispatches", "list", "--json").json["items"][0]["id"]

    assert 4 == hlc("prescriptions", "show", "RX-NONE").code
    assert 2 == hlc("prescriptions", "hold", number).code
    assert 5 == hlc("dispatches", "acknowledge", dispatch).code
    held = hlc("prescriptions", "hold", number, "--reason", "Labs.")
    assert "On hold." in held.words
    assert {"carried": 0} == hlc("dispatches", "run", "--json").json
    assert 0 == hlc("prescriptions", "block", number, "clarification", "--note", "Which dose?").code
    assert 0 == hlc("prescriptions", "release", number).code
    assert {"carried": 0} == hlc("dispatches", "run", "--json").json
    assert 0 == hlc("prescriptions", "unblock", number, "1", "--answer", "0.25 mg").code
    assert {"carried": 1} == hlc("dispatches", "run", "--json").json
    assert 2 == hlc("dispatches", "cancel", dispatch).code
    assert 0 == hlc("prescriptions", "cancel", number, "--reason", "Allergy.").code


def test_refills_are_looked_after(clinic: tuple[World, Hlc]) -> None:
    """Planned in January, looked at today: what ran out meanwhile waits for a provider."""
    world, hlc = clinic
    order = plan(world)
    due = hlc("refills", "run", "--json").json
    first, second, third = (one["refill"]["id"] for one in hlc("refills", "list", "--json").json["items"])

    assert 3 == due["due"]
    assert "APPROVED" in hlc("refills", "send", first).words
    hlc("dispatches", "run")
    assert "COMPLETED" == hlc("refills", "show", first, "--json").json["state"]
    assert 2 == hlc("refills", "decline", second).code
    assert 0 == hlc("refills", "decline", second, "--reason", "Too much.").code
    assert 0 == hlc("refills", "complete", third, "--reason", "By the partner.").code
    assert hlc("prescriptions", "renewal", order.subscriptions[0], "--json").json["permitted"]
    assert 0 == hlc("doctor").code


def test_drugs_are_added_changed_and_imported(clinic: tuple[World, Hlc]) -> None:
    """And a bad file says which cells are at fault."""
    _, hlc = clinic
    words = ("--name", "Doxepin", "--compound", "doxepin", "--strength", "3 mg", "--form", "tablet")
    id = hlc("drugs", "add", *words, "--json").json["id"]
    assert 5 == hlc("drugs", "add", *words).code
    assert 4 == hlc("drugs", "change", id, "--refills", "4", "--json").json["label"]["refills"]
    assert not hlc("drugs", "withdraw", id, "--json").json["active"]
    assert hlc("drugs", "restore", id, "--json").json["active"]
    bad = hlc.folder / "bad.csv"
    bad.write_text(
        "external_id,name,compound,strength,form,schedule,refills\nd1,A,a,1 mg,tablet,IX,1\nd2,B,b,,gel,II,3\n"
    )
    refused = hlc("import", "drugs", str(bad))

    assert 2 == refused.code
    assert "schedule" in refused.words
    assert 1 == len(hlc("drugs", "list", "--json").json["items"])
