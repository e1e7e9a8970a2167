"""Other systems, and what waits for a prescriber, in the demo: one of each sort, by the same commands as everybody."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import define

from hlc_adapters.demo.care import CLINICIAN
from hlc_adapters.partners.payloads import event_id_of, told_of
from hlc_adapters.services import Services
from hlc_adapters.wire import edge
from hlc_core.access.api import KEYS
from hlc_core.kernel.commands import Actor, ActorKind, Envelope, system
from hlc_core.kernel.errors import Missing
from hlc_core.kernel.ids import ActorId, OrganizationId
from hlc_core.orders.api import ListOrders, OrderState
from hlc_core.partners.api import MessageSource, ReceiveMessage
from hlc_core.provider_queue.api import (
    DeclineItem,
    ItemSource,
    ListQueue,
    MarkPrescribed,
    QueueItem,
    QueueOrder,
    Readiness,
    RemoveItem,
)
from hlc_core.refills.api import MoveDueRefills

_INTAKE, _INVOICE, _PORTALS = MessageSource.WELLMEDR_INTAKE, MessageSource.WELLMEDR_INVOICE, MessageSource.CAREPORTALS
_PEOPLE = (
    ("Nora Falk", "Tirzepatide", "12 month", "TX", "Austin", "78701"),
    ("Otto Brandt", "Semaglutide", "1mo Injections", "OR", "Portland", "97201"),
    ("Pia Moreno", "Tirzepatide", "1mo Injections", "FL", "Tampa", "33602"),
    ("Quentin Ash", "Semaglutide", "6 month", "CO", "Denver", "80202"),
    ("Rhea Stone", "Tirzepatide", "1mo Injections", "WI", "Madison", "53703"),
    ("Saul Winter", "Semaglutide", "1mo Injections", "ID", "Boise", "83702"),
)


@define
class Partners:
    """The partner's and the prescriber's side of the demo clinic."""

    services: Services
    organization: OrganizationId

    def long_ago(self) -> None:
        """A year's plan was bought and prescribed: its first refill is due by now."""
        self._intake(0)
        self._pay(0, "pm_demo_plan")
        self.services.application.execute(
            MarkPrescribed(item=self._item("Nora Falk").id, note="eRx 4711"), self._doctor
        )

    def last_evening(self) -> None:
        """Work for a prescriber, one of each way out, and what a person has to settle first."""
        for number in range(1, 5):
            self._intake(number)
            self._pay(number, f"pm_demo_{number}")
        execute = self.services.application.execute
        execute(MarkPrescribed(item=self._item("Otto Brandt").id, note="eRx 4712"), self._doctor)
        execute(DeclineItem(item=self._item("Pia Moreno").id, reason="Contraindicated; told."), self._doctor)
        execute(RemoveItem(item=self._item("Rhea Stone").id, reason="Bought by mistake."), self._staff)
        self._pay(3, "pm_demo_again")  # the same, paid in another way: withheld
        self._pay(4, "pm_demo_name", email="rhea.private@example.com")  # found by name only: withheld
        self._pay(5, "pm_demo_early")  # its intake has not come: kept, and shown in the monitor
        execute(MoveDueRefills(), system(self.organization))
        self._queue_an_order()
        self._portals()

    def _queue_an_order(self) -> None:
        """An administrator takes an approved order out of the queue and puts it back with a reason."""
        ask, execute = self.services.application.ask, self.services.application.execute
        ready = ask(ListQueue(source=ItemSource.INVOICE, readiness=Readiness.READY, limit=200), self._staff).items
        orders = [card.item for card in ready if card.item.order is not None]
        if orders and orders[0].order is not None:
            execute(RemoveItem(item=orders[0].id, reason="Held back for a call."), self._staff)
            execute(QueueOrder(order=orders[0].order, reason="The patient was called; please prescribe."), self._staff)

    def _portals(self) -> None:
        """CarePortals speaks of one order of ours, and of a subscription of its own."""
        page = self.services.application.ask(ListOrders(state=OrderState.SHIPPED, limit=1), self._staff)
        number = page.items[0].order.number if page.items else "R-CP1"
        email = page.items[0].order.contact.email if page.items else "pat@example.com"
        customer = {"customer._id": "cp-customer-1", "customer.email": email}
        self._tell(_PORTALS, "order.created", {"_id": "cp-1", "id": number, "totalAmount": 199.99, **customer})
        self._tell(_PORTALS, "order.status_updated", {"_id": "cp-1", "status": "pharmacy"})
        self._tell(_PORTALS, "subscription.cancelled", {"_id": "cp-2", "status": "cancelled", **customer})

    def _intake(self, number: int) -> None:
        name, medicine, *_ = _PEOPLE[number]
        first, last = name.split()
        told = {
            "submission_id": f"demo-{number}",
            "email": _email(name),
            "first_name": first,
            "last_name": last,
            "phone": f"+1202555{200 + number:04d}",
            "checkout_completed": True,
            "weight": f"{190 + 7 * number} lb",
            "height": "5 ft 8 in",
            "glp1-last-30": "yes" if number % 2 else "no",
            "glp1-last-30-medication-type": "semaglutide" if number % 2 else "",
            "preferred_meds": medicine,
        }
        self._tell(_INTAKE, "intake", told)

    def _pay(self, number: int, method: str, email: str = "") -> None:
        name, medicine, plan, state, city, code = _PEOPLE[number]
        told = {
            "customer_email": email or _email(name),
            "patient_name": name,
            "method_payment_id": method,
            "product": plan if "mo" in plan.split()[0] else medicine,
            "plan": plan,
            "price": "$299.00",
            "address": f"{10 + number} Harbor Road",
            "city": city,
            "state": state,
            "zip": code,
        }
        self._tell(_INVOICE, "invoice", told)

    def _tell(self, source: MessageSource, kind: str, payload: Mapping[str, object]) -> None:
        told, inbox = told_of(edge.write(payload)), self.services.inbox
        command = ReceiveMessage(source=source, event_id=event_id_of(told, "", kind), kind=kind, told=told)
        envelope = system(self.organization, f"webhook:{source}")
        kept = inbox.receive(command, envelope)
        try:
            inbox.work_off(kept.message.id, envelope)
        except Missing:
            return  # kept until the intake comes

    def _item(self, name: str) -> QueueItem:
        found = self.services.application.ask(ListQueue(source=ItemSource.INVOICE, limit=200), self._staff).items
        return next(card.item for card in found if card.patient_name == name)

    @property
    def _doctor(self) -> Envelope:
        return self._envelope(CLINICIAN)

    @property
    def _staff(self) -> Envelope:
        return self._envelope(ActorId("staff_demo"))

    def _envelope(self, name: ActorId) -> Envelope:
        return Envelope(
            actor=Actor(
                kind=ActorKind.STAFF,
                id=name,
                organization=self.organization,
                permissions=KEYS[ActorKind.STAFF],
            )
        )


def _email(name: str) -> str:
    return f"{name.replace(' ', '.')}@example.com".lower()
