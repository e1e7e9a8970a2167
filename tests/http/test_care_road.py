"""The road of care over HTTP, from the cart to the parcel at the door, with wrong inputs. Source: spec/care."""

from __future__ import annotations

from typing import Any

from support.care import Care, ordered
from support.service import Shop, Told
from support.worlds import SYSTEM


def test_from_the_cart_to_the_parcel_with_a_wrong_turn_at_every_step(any_shop: Shop) -> None:
    """Every refusal says what is wrong and what to do; nothing of it changes anything; at the end it is delivered."""
    care = ordered(any_shop)
    wrong: list[tuple[str, Told]] = [
        ("answers_incomplete", care.send()),
        ("answers_not_usable", care.answer(weight="heavy")),
        ("no_such_intake", care.client.post("/api/public/consultation/0000000000/submit")),
        ("order_not_ready", care.prescribe()),
        ("no_such_review", care.staff.post("/api/v1/reviews/R-NONE/claim")),
        ("illegal_transition", care.move("pack")),
    ]
    assert "AWAITING_REQUIREMENTS" == care.state
    assert [200, 200] == [care.answer().status, care.send().status]
    wrong += [
        ("intake_closed", care.answer(weight="99 kg")),
        ("not_claimed", care.decide("approve", 1)),
        ("decide_in_review", care.move("approve")),
        ("order_not_ready", care.prescribe()),
    ]
    assert "PROCESSING" == care.state
    token = care.claim()
    wrong += [
        ("stale_claim", care.decide("approve", token + 1)),
        ("reason_missing", care.decide("corrections", token)),
        ("reason_missing", care.decide("reject", token, reason="")),
    ]
    assert 200 == care.decide("approve", token).status
    assert "AWAITING_SCRIPT" == care.state
    draft = {"order": care.order, "drug": "drug_none", "quantity": 0, "daysSupply": 999}
    path = f"/api/v1/orders/{care.number}/prescribe"
    wrong += [
        ("stale_claim", care.decide("reject", token, reason="Too late.")),
        ("not_a_prescription", care.staff.post("/api/v1/prescriptions", draft)),
        (
            "pharmacy_not_configured",
            care.staff.post(path, {"pharmacy": "nowhere"}),
        ),
        ("tracking_not_possible", _tracked(care)),
    ]
    (made,) = care.prescribe().json
    care.world.services.dispatch_due(SYSTEM)
    assert ("ACTIVE", "AWAITING_FULFILLMENT") == (made["state"], care.state)
    late = {"order": care.order, "drug": care.drug}
    wrong += [("order_not_ready", care.staff.post("/api/v1/prescriptions", late))]
    assert 200 == care.move("pack").status
    wrong += [("guard_refused", care.move("ship"))]
    assert [200, 200, 200] == [_tracked(care).status, care.move("ship").status, care.move("deliver").status]

    assert "COMPLETED" == care.state
    assert [code for code, _ in wrong] == [told.code for _, told in wrong]
    bare = [(told.code, told.status) for _, told in wrong if told.status >= 500 or not told.json["detail"]]
    assert [] == bare
    any_shop.world.sound()


def _tracked(care: Care) -> Told:
    sent = {"carrier": "UPS", "trackingNumber": "1Z999"}
    return care.staff.post(f"/api/v1/orders/{care.number}/tracking", sent)


def test_a_changed_answer_is_shown_and_only_its_own_revision_is_approved(any_shop: Shop) -> None:
    """Sent back, changed, sent again: the difference is shown, the token of the old revision decides nothing, and the
    approval is of the new one. Sent back again after that: what was drafted on the old approval is never signed."""
    care = ordered(any_shop)
    care.answer()
    care.send()
    old = care.claim()
    asked = {"corrections": [{"key": "intake", "item": "weight", "reason": "Please weigh yourself again."}]}
    assert 200 == care.decide("corrections", old, **asked).status
    assert "AWAITING_REQUIREMENTS" == care.state
    away = care.decide("approve", old)
    again = care.client.get(care.link).json
    assert ["Please weigh yourself again."] == [
        question["correction"] for step in again["steps"] for question in step["questions"] if question["correction"]
    ]
    assert [200, 200] == [care.answer(weight="96 kg").status, care.send().status]

    late = care.decide("approve", old)
    shown = care.staff.get(f"/api/v1/reviews/{care.number}").json
    first = care.staff.get(f"/api/v1/intakes/{care.number}?revision=1").json
    assert [("weight", "96 kg", "98.5 kg")] == _changes(shown["answers"])
    assert ("98.5 kg", 1) == (_answer(first["shown"], "weight"), first["shown"]["number"])
    assert [(409, "stale_claim")] * 2 == [(one.status, one.code) for one in (away, late)]
    assert "PROCESSING" == care.state

    new = care.claim()
    assert new > old
    still = care.decide("approve", old)
    decision = care.decide("approve", new).json
    assert ("stale_claim", "approved", 2) == (still.code, decision["outcome"], decision["revision"])

    draft = care.staff.post("/api/v1/prescriptions", {"order": care.order, "drug": care.drug}).json
    care.move("send_back", reason="Please ask about the dose.")
    early = care.prescribe()
    care.answer(weight="95 kg")
    care.send()
    newest = care.decide("approve", care.claim()).json
    old_draft = care.staff.post(f"/api/v1/prescriptions/{draft['prescription']['id']}/sign")
    assert ("order_not_ready", 3) == (early.code, newest["revision"])
    assert (409, "not_approved") == (old_draft.status, old_draft.code)
    assert "AWAITING_SCRIPT" == care.state
    any_shop.world.sound()


def _changes(view: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [
        (one["item"], one["answer"], one["changedFrom"])
        for form in view["forms"]
        for one in form["answers"]
        if one["changedFrom"] is not None
    ]


def _answer(view: dict[str, Any], item: str) -> str:
    return next(str(one["answer"]) for form in view["forms"] for one in form["answers"] if one["item"] == item)
