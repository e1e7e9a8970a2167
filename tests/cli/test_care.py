"""Questionnaires, intakes and reviews on the command line: the whole road, with its refusals and exit codes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cli.clinic import PUBLIC, SYSTEM, Hlc
from hlc_adapters.services import Services
from hlc_core.cart.api import CreateCart
from hlc_core.catalog.api import AddProduct, Offer, ProductKind
from hlc_core.checkout.api import SubmitCheckout
from hlc_core.intake.api import Answer, LinkOfOrder, SaveAnswers, SubmitIntake
from hlc_core.kernel.ids import OrderId
from hlc_core.kernel.money import Money
from hlc_core.patients.api import Address, Contact

FORM = """
key: short
title: Short
pages:
  - title: One
    items:
      - {id: weight, type: weight, text: "How much do you weigh?"}
      - {id: none, type: yes_no, text: "All well?", disqualifies: {no: Not well.}}
"""
HOME = Address(address1="1 Main St", city="Albany", postal_code="12207", province_code="NY")


@pytest.fixture
def order(hlc: Hlc, tmp_path: Path) -> str:
    """The number of a paid order whose answers were submitted, in a clinic with the questionnaire."""
    file = tmp_path / "short.yaml"
    file.write_text(FORM, encoding="utf-8")
    assert 0 == hlc("import", "questionnaires", str(file)).code
    services = hlc.services()
    try:
        return _bought(services)
    finally:
        services.close()


def _bought(services: Services) -> str:
    run = services.application.execute
    terms: dict[str, Any] = {"kind": ProductKind.ONE_TIME, "questionnaires": ("short",), "needs_prescription": True}
    product = run(AddProduct(offer=Offer(name="Cream", price=Money(4900, "USD"), **terms)), SYSTEM)
    cart = run(CreateCart(products=(product.id,)), PUBLIC)
    submission = SubmitCheckout(
        cart=cart.id,
        quote_hash="" if cart.quote is None else cart.quote.hash,
        contact=Contact(email="p@example.com", name="P"),
        address=HOME,
        token="tok_success~care",
    )
    view = services.submit_checkout(submission, PUBLIC)
    path = services.application.ask(LinkOfOrder(order=OrderId(view.checkout.order or "")), SYSTEM)
    key = (path or "").rpartition("/")[2]
    answers = (Answer(item="weight", values=("80 kg",)), Answer(item="none", values=("no",)))
    run(SaveAnswers(session_key=key, questionnaire="short", answers=answers), PUBLIC)
    run(SubmitIntake(session_key=key), PUBLIC)
    return view.checkout.order_number


def test_a_review_is_decided_with_a_licence_a_claim_and_a_reason(hlc: Hlc, order: str) -> None:
    """From the queue to the decision; each refusal says what is missing, with its exit code."""
    assert order in hlc("reviews", "list").words
    claimed = hlc("reviews", "next", "--as", "dr-x")
    assert "speaks against" in claimed.words
    assert "You have no licence for NY" in claimed.words
    token = str(hlc("reviews", "show", order, "--as", "dr-x", "--json").json["card"]["review"]["claim"]["token"])
    decide = ("reviews", "approve", order, "--as", "dr-x", "--token", token)

    assert (2, True) == told(hlc(*decide), "note: answers speak against it")
    assert (3, True) == told(hlc(*decide, "--note", "Seen in person."), "You have no licence for NY")
    licence = hlc("licences", "add", "dr-x", "new york", "F-1", "--expires", "2099-01-01", "--json").json["id"]
    assert (3, True) == told(hlc(*decide, "--note", "Seen in person."), "is not verified yet")
    assert 0 == hlc("licences", "verify", licence).code
    assert (5, True) == told(
        hlc("reviews", "approve", order, "--as", "dr-y", "--token", token), "Another clinician holds this review"
    )
    assert (5, True) == told(hlc("orders", "move", order, "approve"), "waits for a clinician's decision")
    assert (0, True) == told(hlc(*decide, "--note", "Seen in person."), "Approved.")

    assert "AWAITING_SCRIPT" in hlc("orders", "show", order).words
    assert "approved by dr-x" in hlc("explain", "order", order).words
    assert "Nothing waits for a clinician." in hlc("reviews", "list").words
    assert 0 == hlc("doctor").code
    assert "yes" in hlc("licences", "list").words
    assert 0 == hlc("licences", "withdraw", licence).code


def told(said: Any, words: str) -> tuple[int, bool]:
    """The exit code, and whether the words were said."""
    return said.code, words in said.words


def test_answers_go_back_with_items_and_reasons(hlc: Hlc, order: str) -> None:
    """The link can be handed out only while the patient has the answers."""
    assert (5, True) == told(hlc("intakes", "link", order), "Nothing is to be answered now")
    hlc("reviews", "claim", order, "--as", "dr-x")
    back = ("reviews", "correct", order, "--as", "dr-x", "--token", "1", "--item")
    assert (2, True) == told(hlc(*back, "weight"), "write KEY.ITEM=REASON")
    assert (2, True) == told(hlc(*back, "short.age=How old?"), "was not asked in this intake")
    assert (0, True) == told(hlc(*back, "short.weight=Please weigh again."), "Sent back to the patient.")

    assert "/consultation/start/" in hlc("intakes", "link", order).words
    assert "NEEDS_CORRECTION" in hlc("intakes", "list", "--state", "NEEDS_CORRECTION").words
    shown = hlc("intakes", "show", order).words
    assert "short weight: Please weigh again." in shown
    assert "80 kg" in shown
    assert (4, True) == told(hlc("intakes", "show", order, "--revision", "9"), "no such revision")


def test_claims_are_renewed_and_given_back_and_orders_rejected(hlc: Hlc, order: str) -> None:
    """By the one who holds them."""
    hlc("reviews", "claim", order, "--as", "dr-x")
    assert (5, True) == told(hlc("reviews", "claim", order, "--as", "dr-y"), "Another clinician works on this.")
    assert 0 == hlc("reviews", "renew", order, "--as", "dr-x", "--token", "1").code
    assert (0, True) == told(hlc("reviews", "release", order, "--as", "dr-x", "--token", "1"), "Released.")
    hlc("reviews", "claim", order, "--as", "dr-y")
    said = hlc("reviews", "reject", order, "--as", "dr-y", "--token", "2", "--reason", "Not suitable.")

    assert (0, True) == told(said, "Rejected.")
    assert "REJECTED" in hlc("orders", "show", order).words


def test_questionnaires_are_checked_imported_shown_and_retired(hlc: Hlc, nowhere: Hlc, tmp_path: Path) -> None:
    """Checking needs no database; a dry run keeps nothing; faults say where."""
    good, bad = tmp_path / "good.yaml", tmp_path / "bad.yaml"
    good.write_text(FORM, encoding="utf-8")
    bad.write_text(FORM.replace("yes_no", "yesno"), encoding="utf-8")

    assert "short" in nowhere("questionnaires", "check", str(good)).words
    assert (2, True) == told(
        nowhere("questionnaires", "check", str(good), str(bad)), "bad.yaml:8 pages[0].items[1].type"
    )
    assert (0, True) == told(hlc("import", "questionnaires", str(good), "--dry-run"), "this was a dry run")
    assert (4, True) == told(hlc("questionnaires", "show", "short"), "There is no such questionnaire.")
    assert (0, True) == told(hlc("import", "questionnaires", str(good), "--draft"), "DRAFT")
    assert (0, True) == told(hlc("questionnaires", "publish", "short"), "In use.")
    assert "How much do you weigh?" in hlc("questionnaires", "show", "short").words
    assert (0, True) == told(hlc("questionnaires", "retire", "short"), "Retired.")
    assert "RETIRED" in hlc("questionnaires", "list", "--all").words
