"""Looking and acting: each group once, as a person and as a machine."""

from __future__ import annotations

from typing import Any

import pytest

from cli.clinic import Hlc
from support.printed import text_of


def one(hlc: Hlc, *words: str) -> Any:
    """The first item of a list."""
    return hlc(*words, "--json").json["items"][0]


def named(hlc: Hlc, name: str, index: int = -1) -> str:
    """The number of a subscription by the name of its product; -1 is the newest."""
    found = [one for one in hlc("subscriptions", "list", "--json").json["items"] if one["terms"]["name"] == name]
    return str(found[index]["number"])


@pytest.mark.parametrize(
    ("words", "heading"),
    [
        (("org", "list"), "slug"),
        (("org", "show"), "recovery.maxRetryCount"),
        (("products", "list"), "external id"),
        (("patients", "list"), "standing"),
        (("carts", "list"), "last active"),
        (("orders", "list"), "waits for"),
        (("orders", "list", "--late"), "late"),
        (("subscriptions", "list", "--state", "ACTIVE"), "period"),
        (("invoices", "list"), "balance"),
        (("payments", "list"), "purpose"),
        (("payments", "events"), "PAYMENT_SUCCEEDED"),
        (("payments", "quarantine"), "Nothing is in quarantine."),
        (("recovery", "list"), "No renewal is being recovered."),
        (("billing", "plan"), "Cycle 2"),
        (("billing", "runs"), "No run yet."),
        (("billing", "set-aside", "list"), "None is set aside."),
        (("jobs", "list"), "No job yet"),
        (("outbox", "parked"), "Nothing is parked."),
        (("audit", "list"), "SubmitCheckout"),
        (("machines", "list"), "payment_attempt"),
        (("machines", "show", "order"), "late after days"),
        (("machines", "draw", "order"), "stateDiagram-v2"),
        (("import", "columns", "products"), "external_id"),
    ],
)
def test_a_list_is_a_table_for_people_and_data_for_machines(hlc: Hlc, words: tuple[str, ...], heading: str) -> None:
    """Both end with 0; the data is JSON in camelCase."""
    people, machines = hlc(*words), hlc(*words, "--json")

    assert (0, 0) == (people.code, machines.code), people.words
    assert heading in people.words
    assert "_" not in "".join(machines.json)


def test_lists_are_read_page_by_page(hlc: Hlc) -> None:
    """The cursor of one page leads to the next, and the last has none."""
    first = hlc("orders", "list", "--limit", "3", "--json").json
    second = hlc("orders", "list", "--limit", "3", "--json", "--cursor", first["next"]).json

    numbers = [card["order"]["number"] for card in (*first["items"], *second["items"])]
    assert 5 == len(set(numbers))
    assert second["next"] is None
    assert f"--cursor {first['next']}" in hlc("orders", "list", "--limit", "3").err


def test_an_order_is_walked_to_its_buyer(hlc: Hlc) -> None:
    """Pack, track, ship, deliver: each step says what is possible next."""
    number = next(
        card["order"]["number"]
        for card in hlc("orders", "list", "--json").json["items"]
        if card["order"]["lines"][0]["name"] == "Visit"
    )
    shown = hlc("orders", "show", number)
    assert "AWAITING_FULFILLMENT" in shown.out
    assert "pack" in shown.out

    assert "Moved to AWAITING_SHIPMENT." in hlc("orders", "move", number, "pack").out
    refused = hlc("orders", "move", number, "ship")
    assert (5, True) == (refused.code, "tracked" in refused.words)
    assert 0 == hlc("orders", "track", number, "UPS", "1Z999", "--url", "https://ups.example/1Z999").code
    assert "Moved to SHIPPED." in hlc("orders", "move", number, "ship").out
    stale = hlc("orders", "move", number, "deliver", "--expected", "AWAITING_SHIPMENT")
    assert (5, True) == (stale.code, "SHIPPED by now" in stale.words)
    done = hlc("orders", "move", number, "deliver", "--json").json["order"]
    assert "COMPLETED" == done["state"]
    asked = hlc("orders", "move", number, "return")
    assert (2, True) == (asked.code, "Say why" in asked.words)
    told = hlc("explain", "order", number)
    assert "ship to SHIPPED by cli" in told.out


def test_a_pause_is_planned_and_taken_back(hlc: Hlc) -> None:
    """With the period's end, then not at all, then at once and back again."""
    number = named(hlc, "Monthly plan")

    assert "pauses" in hlc("subscriptions", "pause", number, "--when", "period_end").out
    assert "goes on as before" in hlc("subscriptions", "keep", number).out
    assert 5 == hlc("subscriptions", "keep", number).code
    assert "PAUSED" in hlc("subscriptions", "pause", number).out
    assert "ACTIVE" in hlc("subscriptions", "resume", number, "--resume-as", "keep_anchor").out


def test_a_subscription_is_cancelled_with_a_reason(hlc: Hlc) -> None:
    """With its period, unless told otherwise; the explanation says so."""
    number = named(hlc, "Monthly plan")

    assert "ends" in hlc("subscriptions", "cancel", number, "--reason", "Moving away.").out
    assert "It ends with the period that is paid." in hlc("explain", "subscription", number).words
    now = hlc("subscriptions", "cancel", number, "--reason", "Moving away.", "--when", "now", "--json").json
    assert "CANCELLED" == now["subscription"]["state"]
    refused = hlc("subscriptions", "pause", number)
    assert (5, True) == (refused.code, "not possible while CANCELLED" in refused.words)


def test_a_switch_is_quoted_then_confirmed_and_charged(hlc: Hlc) -> None:
    """The quote changes nothing; its hash charges exactly what it says, once."""
    number = named(hlc, "Monthly plan")
    larger = next(
        p["id"] for p in hlc("products", "list", "--json").json["items"] if p["offer"]["name"] == "Larger plan"
    )

    quote = hlc("subscriptions", "switch", number, larger, "--json").json
    assert "Monthly plan" in hlc("subscriptions", "show", number).out
    assert 5 == hlc("subscriptions", "switch", number, larger, "--confirm", "0" * 32).code
    done = hlc("subscriptions", "switch", number, larger, "--confirm", quote["hash"], "--json").json

    assert "Larger plan" == done["subscription"]["terms"]["name"]
    assert done["subscription"]["change"] is None
    assert quote["charge"] == one(hlc, "payments", "list")["payment"]["amount"]
    assert 5 == hlc("subscriptions", "switch", number, larger, "--confirm", quote["hash"]).code


def test_a_commitment_is_paid_off(hlc: Hlc) -> None:
    """Eleven instalments less a tenth, charged at once; the subscription is complete."""
    number = named(hlc, "Commitment")

    quote = hlc("subscriptions", "payoff", number, "--json").json
    assert {"amount": 99000, "currency": "USD"} == quote["charge"]
    shown = hlc("subscriptions", "payoff", number)
    assert f"--confirm {quote['hash']}" in shown.out
    assert "COMPLETED" in hlc("subscriptions", "payoff", number, "--confirm", quote["hash"]).out
    assert 5 == hlc("subscriptions", "payoff", number).code


def test_money_is_given_back_in_part_and_never_too_much(hlc: Hlc) -> None:
    """A part, the rest, and then nothing more; the invoice and its attempt tell of it."""
    attempt = one(hlc, "payments", "list")
    id, whole = attempt["id"], attempt["payment"]["amount"]["amount"]

    assert "The money went back." in hlc("payments", "refund", id, "--amount", "9.00", "--reason", "Goodwill.").out
    refused = hlc("payments", "refund", id, "--amount", "1000")
    assert (2, True) == (refused.code, f"{(whole - 900) / 100:.2f} USD" in refused.words), refused.words
    assert 0 == hlc("payments", "refund", id).code
    assert 2 == hlc("payments", "refund", id).code
    assert 2 == hlc("payments", "refund", id, "--amount", "9,00").code
    assert "was given back" in hlc("explain", "attempt", id).words
    assert 0 == hlc("doctor").code


def test_an_invoice_is_printed(hlc: Hlc) -> None:
    """As text, as HTML, and its receipt."""
    id = one(hlc, "invoices", "list")["invoice"]["id"]

    assert "Invoice INV-" in hlc("invoices", "print", id).out
    assert "<article" in hlc("invoices", "print", id, "--format", "html").out
    assert "Receipt for invoice" in hlc("invoices", "print", id, "--receipt", "--json").json["document"]
    assert "PAID" in hlc("invoices", "show", id).out
    assert "INV-" in hlc("explain", "invoice", id).out
    for words, heading in (((), "Invoice"), (("--receipt",), "Receipt for invoice")):
        file = hlc.folder / "invoice.pdf"
        assert 0 == hlc("invoices", "pdf", id, str(file), *words).code
        assert heading in text_of(file.read_bytes())
        assert 0o600 == file.stat().st_mode & 0o777


def test_settings_are_changed_all_or_none(hlc: Hlc) -> None:
    """Numbers, yes and no, choices and lists; one at fault and nothing is changed."""
    changed = hlc(
        "org",
        "set",
        "carts.taxBasisPoints=725",
        "recovery.retryDelaysDays=2, 4",
        "recovery.finalFailure=pause",
        "orders.cancelSubscriptionsOnRejection=no",
        "domains.embedOrigins=https://a.example,https://b.example",
        "name=The New Clinic",
        "--json",
    ).json
    refused = hlc("org", "set", "name=Other", "carts.taxBasisPoints=99999")

    assert (725, [2, 4], "pause", False, "The New Clinic") == (
        changed["carts"]["taxBasisPoints"],
        changed["recovery"]["retryDelaysDays"],
        changed["recovery"]["finalFailure"],
        changed["orders"]["cancelSubscriptionsOnRejection"],
        changed["name"],
    )
    assert ["https://a.example", "https://b.example"] == changed["domains"]["embedOrigins"]
    assert 2 == refused.code
    assert "The New Clinic" == hlc("org", "show", "--json").json["name"]


def test_keys_are_made_but_not_kept(nowhere: Hlc) -> None:
    """Each is another; no database is needed."""
    first, second = nowhere("keys", "new").out.strip(), nowhere("keys", "new", "--kind", "system", "--json").json["key"]

    assert first.startswith("hlc_staff_")
    assert second.startswith("hlc_system_")
    assert len(first) > 50


def test_who_did_it_is_written_down(hlc: Hlc) -> None:
    """The operator is staff, by the name of the command line."""
    hlc("subscriptions", "pause", named(hlc, "Monthly plan"))

    entry = one(hlc, "audit", "list")

    assert ("PauseSubscription", "staff", "cli") == (entry["command"], entry["actorKind"], entry["actor"])


@pytest.mark.parametrize("amount", ["-5.00", "5.001", "1e3", "٥.00", "5,00", "", "5.٥", "--5"])
def test_an_amount_is_plain_digits(hlc: Hlc, amount: str) -> None:
    """Neither signs nor commas nor other digits: nothing is given back by mistake."""
    id = one(hlc, "payments", "list")["id"]

    said = hlc("payments", "refund", id, f"--amount={amount}")

    assert 2 == said.code
    assert "Write the amount as digits" in said.words
