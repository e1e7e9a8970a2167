"""The road of care over HTTP, from the cart to the parcel at the door, with wrong inputs. Source: spec/care."""

from __future__ import annotations

from typing import Any

from attrs import frozen

from core.intake.forms import GOOD, publish
from core.prescriptions.shelf import LABEL
from hlc_core.catalog.api import Drug as OfferedDrug
from support.service import STAFF, Client, Shop, Told
from support.worlds import SYSTEM, World

HOME = {"address1": "1 Main St", "city": "Albany", "postalCode": "12207", "provinceCode": "NY"}
LABEL_SENT = {
    "name": LABEL.name,
    "compound": LABEL.compound,
    "strength": LABEL.strength,
    "form": LABEL.form,
    "directions": LABEL.directions,
    "quantity": LABEL.quantity,
    "unit": LABEL.unit,
    "daysSupply": LABEL.days_supply,
    "refills": LABEL.refills,
}


@frozen
class Care:
    """One order on its way, seen by patient and staff."""

    world: World
    client: Client
    number: str
    order: str
    link: str
    drug: str

    @property
    def staff(self) -> Client:
        """Somebody of the clinic: clinician, prescriber and packer in one."""
        return self.client.as_(STAFF)

    @property
    def state(self) -> str:
        """Where the order stands."""
        found: str = self.staff.get(f"/api/v1/orders/{self.number}").json["order"]["state"]
        return found

    def answer(self, **more: str) -> Told:
        """The patient answers everything, or what is named, and saves."""
        given = {**({} if more else GOOD), **{item: (text,) for item, text in more.items()}}
        answers = [{"item": item, "values": list(values)} for item, values in given.items()]
        return self.client.post(f"{self.link}/answers", {"questionnaire": "intake", "answers": answers})

    def send(self) -> Told:
        """The patient sends the answers."""
        return self.client.post(f"{self.link}/submit")

    def claim(self) -> int:
        """The token under which the review is held."""
        held: int = self.staff.post(f"/api/v1/reviews/{self.number}/claim").json["card"]["review"]["token"]
        return held

    def decide(self, word: str, token: int, **more: Any) -> Told:
        """Approve, or ask for corrections, under that token."""
        return self.staff.post(f"/api/v1/reviews/{self.number}/{word}", {"token": token, **more})

    def move(self, trigger: str, **more: str) -> Told:
        """Move the order by hand."""
        return self.staff.post(f"/api/v1/orders/{self.number}/move", {"trigger": trigger, **more})

    def prescribe(self) -> Told:
        """All that the order needs, as proposed."""
        return self.staff.post(f"/api/v1/orders/{self.number}/prescribe", {})


def ordered(shop: Shop) -> Care:
    """Bought and paid over the API, by a clinic with a licensed clinician."""
    publish(shop.world)
    staff = shop.staff
    drug = staff.post("/api/v1/drugs", {"label": LABEL_SENT}).json["id"]
    offer = {"drugs": (OfferedDrug(name=LABEL.name, compound=LABEL.compound),), "questionnaires": ("intake",)}
    cart = shop.cart(shop.world.product(needs_prescription=True, **offer))
    path = f"/api/public/cart/{cart['cartId']}/checkout"
    nowhere = shop.client.post(path, shop.submission(cart, address=None))
    stale = shop.client.post(path, {**shop.submission(cart, address=HOME), "quoteHash": "0" * 24})
    paid = shop.client.post(path, shop.submission(cart, address=HOME))
    assert [(422, "address_needed"), (409, "stale_quote")] == [(one.status, one.code) for one in (nowhere, stale)]
    sent = {"clinician": "alice", "number": "F-1", "state": "NY", "expiresOn": "2030-01-01"}
    staff.post(f"/api/v1/licences/{staff.post('/api/v1/licences', sent).json['id']}/verify")
    key = paid.json["consultationUrl"].rpartition("/")[2]
    link = f"/api/public/consultation/{key}"
    number, order = paid.json["orderNumber"], paid.json["orderId"]
    return Care(world=shop.world, client=shop.client, number=number, order=order, link=link, drug=drug)


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
    return next(one["answer"] for form in view["forms"] for one in form["answers"] if one["item"] == item)
