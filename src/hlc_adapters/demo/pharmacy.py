"""What is prescribed in the demo, a pharmacy that tells how far it is, and a renewal that care holds back."""

from __future__ import annotations

import random
from datetime import date

from attrs import define, field

from hlc_adapters.demo.care import CLINICIAN, Care
from hlc_adapters.partners.payloads import event_id_of, told_of
from hlc_adapters.services import Services
from hlc_adapters.wire import edge
from hlc_core.access.api import KEYS
from hlc_core.cart.api import CreateCart
from hlc_core.catalog.api import Product
from hlc_core.checkout.api import SubmitCheckout
from hlc_core.kernel.commands import Actor, ActorKind, Envelope, system
from hlc_core.kernel.ids import ActorId, DispatchId, OrderId, OrganizationId, PrescriptionId
from hlc_core.partners.api import MessageSource, ReceiveMessage, from_pharmacy
from hlc_core.patients.api import Address, Contact
from hlc_core.prescriptions.api import HoldPrescription, ListDispatches, Prescribe

HARBOR = "harbor"
"""The partner pharmacy of the demo; it is played here, and nothing answers at its address."""
_PEOPLE = (
    ("Tessa Lindgren", "Eugene", "OR", "97401"),
    ("Umar Castell", "Boulder", "CO", "80302"),
    ("Vera Okafor", "Dallas", "TX", "75201"),
)


@define
class Prescribing:
    """Three patients whose medicine goes to the partner pharmacy: one has it, one has just begun, one is refused."""

    services: Services
    organization: OrganizationId
    care: Care = field(init=False)
    held_back: PrescriptionId | None = None

    def __attrs_post_init__(self) -> None:
        self.care = Care(self.services, self.organization, random.Random(7))  # noqa: S311  # a replay, not a secret

    def last_month(self, plan: Product, today: date) -> None:
        """A monthly plan was bought and prescribed; the pharmacy has it and has sent it."""
        made, dispatch = self._prescribed(0, plan, today)
        self.held_back = made
        self._tell(dispatch, "acknowledged", reference="HB-20117")
        self._tell(dispatch, "packed")
        self._tell(dispatch, "shipped", carrier="UPS", trackingNumber="1Z0000000000020117")
        self._tell(dispatch, "delivered")

    def labs_first(self) -> None:
        """The clinician wants to see something first: the renewal that comes due is held, not charged."""
        if self.held_back is not None:
            command = HoldPrescription(prescription=self.held_back, reason="Kidney values before the next dose.")
            self.services.application.execute(command, self._envelope(CLINICIAN))

    def last_evening(self, plan: Product, today: date) -> None:
        """One fill is acknowledged; one was given back, so that its order is with the prescriber again."""
        _, begun = self._prescribed(1, plan, today)
        self._tell(begun, "acknowledged", reference="HB-20140")
        _, refused = self._prescribed(2, plan, today)
        self._tell(refused, "rejected", reason="This strength is not made any more; please prescribe another.")

    def _prescribed(self, number: int, plan: Product, today: date) -> tuple[PrescriptionId, DispatchId]:
        order = self._bought(number, plan)
        self.care.answer(order, today)
        self.care.approve(order)
        wish = Prescribe(order=order, prescriber="Dr. Lane", pharmacy=HARBOR)
        (made,) = self.services.application.execute(wish, self._envelope(CLINICIAN))
        self.services.dispatch_due(system(self.organization))
        page = self.services.application.ask(ListDispatches(limit=10), self._envelope(CLINICIAN))
        return made.id, next(one.id for one in page.items if one.prescription == made.id)

    def _bought(self, number: int, plan: Product) -> OrderId:
        name, city, state, code = _PEOPLE[number]
        cart = self.services.application.execute(CreateCart(products=(plan.id,)), self._public)
        view = self.services.submit_checkout(
            SubmitCheckout(
                cart=cart.id,
                quote_hash=cart.quote.hash if cart.quote else "",
                contact=Contact(email=f"{name.replace(' ', '.')}@example.com".lower(), name=name, phone="+12025550190"),
                address=Address(address1=f"{7 + number} Mill Lane", city=city, province_code=state, postal_code=code),
                token=f"tok_success~rx{number}",
            ),
            self._public,
        )
        return OrderId(view.checkout.order or "")

    def _tell(self, dispatch: DispatchId, status: str, **more: str) -> None:
        """A message of the pharmacy, through the inbox, as its webhook would bring it."""
        payload = {"id": f"evt-{dispatch[-6:]}-{status}", "dispatch": dispatch, "status": status, **more}
        told, inbox = from_pharmacy(HARBOR, told_of(edge.write(payload))), self.services.inbox
        event = event_id_of(told, f"{HARBOR}:{payload['id']}")
        envelope = system(self.organization, f"webhook:{MessageSource.PHARMACY}")
        command = ReceiveMessage(source=MessageSource.PHARMACY, event_id=event, kind=status, told=told)
        inbox.work_off(inbox.receive(command, envelope).message.id, envelope)

    @property
    def _public(self) -> Envelope:
        return self._envelope(ActorId("public"), ActorKind.PUBLIC)

    def _envelope(self, name: ActorId, kind: ActorKind = ActorKind.STAFF) -> Envelope:
        return Envelope(actor=Actor(kind=kind, id=name, organization=self.organization, permissions=KEYS[kind]))
