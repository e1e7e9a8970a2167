"""Wrong words on the command line: each kind of refusal has its exit code and its sentence, and none a traceback."""

from __future__ import annotations

import json
import sqlite3

import pytest

from cli.clinic import Hlc


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("orders", "show", "R-NONE-NONE"), 4, "There is no such order."),
        (("orders", "move", "R-NONE", "ship"), 4, "There is no such order."),
        (("orders", "list", "--limit", "500"), 2, "between 1 and 200"),
        (("orders", "list", "--state", "LOST"), 2, "is not one of"),
        (("subscriptions", "show", "S-NONE"), 4, "There is no subscription with that number."),
        (("subscriptions", "show", "sub_none"), 4, "no such subscription"),
        (("subscriptions", "cancel", "S-NONE"), 2, "--reason"),
        (("invoices", "show", "inv_none"), 4, "no such invoice"),
        (("payments", "refund", "att_none"), 4, "no such payment attempt"),
        (("payments", "rule", "att_none", "paid", "--evidence", "x"), 4, "no such payment attempt"),
        (("payments", "rule", "att_none", "refunded", "--evidence", "x"), 2, "either paid or"),
        (("payments", "rule", "ref_none", "paid", "--evidence", "x"), 2, "either refunded or"),
        (("recovery", "retry", "rec_none"), 4, "no such recovery case"),
        (("billing", "set-aside", "release", "sub_none"), 4, "no such"),
        (("billing", "run", "--as-of", "2026-02-30"), 2, "--as-of"),
        (("patients", "confirm", "pat_none"), 4, "no such patient"),
        (("products", "show", "prod_none"), 4, "no such product"),
        (("explain", "attempt", "att_none"), 4, "no such payment attempt"),
        (("explain", "invoice", "inv_none"), 4, "no such invoice"),
        (("explain", "order", "R-NONE"), 4, "There is no such order."),
        (("explain", "subscription", "S-NONE"), 4, "no subscription with that number"),
        (("machines", "show", "toaster"), 4, "cart, checkout_attempt"),
        (("jobs", "run", "laundry"), 2, "is not one of"),
        (("outbox", "retry", "evt_none"), 4, "0 of 1"),
        (("org", "set", "carts.colour=red"), 2, "one of: name, zone"),
        (("org", "set", "carts.idleMinutes=soon"), 2, "a whole number"),
        (("org", "set", "carts.idleMinutes"), 2, "write NAME=VALUE"),
        (("org", "set", "recovery.finalFailure=shout"), 2, "one of: nothing, pause, cancel"),
        (("org", "set", "recovery.maxRetryCount=99"), 2, "0 to 30"),
        (("org", "open", "No Slug!", "X"), 2, "lower-case letters"),
        (("org", "open", "clinic", "Again"), 5, "has that word already"),
        (("orders", "list", "--organization", "elsewhere"), 4, "no organization of that name"),
        (("import", "products"), 2, "FILE"),
        (("import", "sandwiches", "x.csv"), 2, "No such command"),
        (("import", "columns", "sandwiches"), 2, "One of: products"),
        (("fly",), 2, "No such command"),
    ],
)
def test_a_refusal_has_its_code_and_its_sentence(hlc: Hlc, words: tuple[str, ...], code: int, sentence: str) -> None:
    """What the operator reads, and what the shell gets."""
    said = hlc(*words)

    assert (code, True) == (said.code, sentence in said.words), said.words
    assert "Traceback" not in said.words


def test_a_refusal_is_data_for_machines(hlc: Hlc) -> None:
    """With --json the code, the kind and the fields stand on standard error; standard output stays empty."""
    said = hlc("--json", "org", "set", "carts.idleMinutes=soon")

    assert "" == said.out
    told = json.loads(said.err)
    assert ("invalid", "invalid") == (told["code"], told["kind"])
    assert [{"field": "carts.idleMinutes", "message": "a whole number"}] == told["fields"]


def test_all_settings_at_fault_are_named_at_once(hlc: Hlc) -> None:
    """Variables that cannot be used, and variables that do not exist."""
    said = hlc("orders", "list", HLC_PORT="high", HLC_COLOUR="red")

    assert 2 == said.code
    assert "HLC_PORT: a whole number" in said.words
    assert "HLC_COLOUR: no such setting" in said.words


def test_a_settings_file_lies_beneath_the_environment(hlc: Hlc) -> None:
    """Its lines count where the environment is silent; a spoilt line is named."""
    file = hlc.folder / "hlc.env"
    file.write_text(f"# the clinic\n\nHLC_DATABASE_URL={hlc.url}\nHLC_ORGANIZATION=elsewhere\n")

    assert 4 == hlc("--settings", str(file), "orders", "list", HLC_DATABASE_URL=None).code
    assert 0 == hlc("--settings", str(file), "orders", "list", HLC_ORGANIZATION="clinic").code
    file.write_text("what\n")
    assert "line 1: write NAME=value" in hlc("orders", "list", "--settings", str(file)).words
    assert 2 == hlc("orders", "list", "--settings", str(hlc.folder)).code


def test_one_of_several_clinics_has_to_be_named(hlc: Hlc) -> None:
    """The refusal lists them; the option may stand anywhere."""
    assert 0 == hlc("org", "open", "north", "North").code

    said = hlc("orders", "list")

    assert 4 == said.code
    assert "clinic, north" in said.words
    assert 0 == hlc("orders", "list", "--organization", "north").code
    assert 0 == hlc("--organization=clinic", "orders", "list").code


def test_a_clinic_sees_only_its_own(hlc: Hlc) -> None:
    """What belongs to another clinic looks as if it were not there."""
    number = hlc("orders", "list", "--json").json["items"][0]["order"]["number"]
    hlc("org", "open", "north", "North")

    assert 0 == hlc("orders", "show", number, "--organization", "clinic").code
    assert 4 == hlc("orders", "show", number, "--organization", "north").code
    assert [] == hlc("orders", "list", "--json", "--organization", "north").json["items"]


def test_what_nobody_foresaw_is_told_without_a_traceback(hlc: Hlc) -> None:
    """A body that somebody spoilt by hand: the type and the place, not the content."""
    with sqlite3.connect(hlc.database) as connection:
        connection.execute("UPDATE products SET body = '{\"secret\": 1}'")

    said = hlc("products", "list")

    assert 70 == said.code
    assert "nobody foresaw" in said.words
    assert "secret" not in said.words
    assert "Traceback" not in said.words


def test_help_names_every_group_and_the_exit_codes(nowhere: Hlc) -> None:
    """The first page says what there is."""
    said = nowhere("--help")

    assert 0 == said.code
    for word in ("demo", "serve", "worker", "billing", "import", "explain", "machines", "doctor", "5 conflict"):
        assert word in said.words
    assert nowhere().code in (0, 2)
    assert "hlc 0." in nowhere("--version").out
