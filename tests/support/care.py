"""One order's way through care as patient, clinician and packer see it, over HTTP."""

from __future__ import annotations

from typing import Any

from attrs import frozen

from core.intake.forms import GOOD, publish
from core.prescriptions.shelf import LABEL
from hlc_core.catalog.api import Drug as OfferedDrug
from support.service import STAFF, Client, Shop, Told
from support.worlds import World

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
    offer: dict[str, Any] = {
        "drugs": (OfferedDrug(name=LABEL.name, compound=LABEL.compound),),
        "questionnaires": ("intake",),
    }
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
