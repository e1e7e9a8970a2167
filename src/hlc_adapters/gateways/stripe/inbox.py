"""Stripe's webhooks, kept once and worked off by the relay: each wakes the attempt that it speaks of, no more.

A webhook becomes a row of the delivery table, so that it has leases, attempts and parking like what goes out.
Source: spec/billing, Payments (webhooks); design/pains (a webhook carries no state).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from attrs import frozen

from hlc_adapters.gateways.stripe.inbound import InboundEvent
from hlc_adapters.storage.directory import StoredDirectory
from hlc_adapters.storage.session import Backend
from hlc_adapters.storage.shapes.platform import DELIVERIES
from hlc_adapters.till import Till
from hlc_adapters.wire import decode, encode
from hlc_core.kernel.commands import system
from hlc_core.kernel.errors import AlreadyExists, Unavailable
from hlc_core.kernel.ids import ActorId, EventId, OrganizationId
from hlc_core.kernel.time import Clock
from hlc_core.payments.api import AttemptOfObject, AttemptState, MarkDisputed
from hlc_core.relay import Delivery, DeliveryState

STRIPE_WEBHOOK = "inbound.stripe"
GATEWAY = "stripe"
SWITCHED_OFF = "stripe_disabled: kept for later; `hlc outbox retry` works it off"


@frozen(kw_only=True)
class StripeInbox:
    """Keeps webhooks, each once, however often Stripe sends it."""

    backend: Backend
    clock: Clock
    directory: StoredDirectory

    def keep(self, event: InboundEvent, switched_off: bool) -> bool:
        """Whether it is new. It is stored when this answers; while Stripe is switched off it waits to be retried.

        Refuses: Unavailable (the database; or no organization yet, to which it could belong).
        """
        now = self.clock.now()
        delivery = Delivery(
            id=EventId("evt_" + hashlib.blake2b(f"stripe|{event.id}".encode(), digest_size=18).hexdigest()),
            organization=self._owner(event),
            name=STRIPE_WEBHOOK,
            subject=event.object_id or event.id,
            body=encode(event),
            at=now,
            correlation=event.id,
            actor=ActorId(GATEWAY),
            state=DeliveryState.PARKED if switched_off else DeliveryState.PENDING,
            available_at=now,
            error=SWITCHED_OFF if switched_off else "",
            version=1,
        )
        session = self.backend.begin(write=True)
        try:
            session.insert(DELIVERIES, [delivery])
            session.commit()
        except AlreadyExists:
            session.rollback()
            return False
        except BaseException:
            session.rollback()
            raise
        return True

    def _owner(self, event: InboundEvent) -> OrganizationId:
        everyone = [one.id for one in self.directory.all()]
        named = [one for one in everyone if one == event.organization]
        if not everyone:
            raise Unavailable("There is no organization yet.")
        return (named or everyone)[0]


@frozen(kw_only=True)
class StripeWakes:
    """The effect of a kept webhook: look at the attempt now, with the gateway; note a dispute."""

    till: Till
    directory: StoredDirectory

    def __call__(self, delivery: Delivery) -> None:
        """Objects that are nobody's attempt are passed over. Refuses: Unavailable."""
        event = decode(InboundEvent, delivery.body)
        if event.object_id is None:
            return
        application = self.till.driver.application
        for organization in self._candidates(event):
            envelope = system(organization, GATEWAY)
            query = AttemptOfObject(gateway=GATEWAY, object_id=event.object_id, reference=event.reference)
            found = application.ask(query, envelope)
            if found is None:
                continue
            if found.live:
                self.till.look_at(found, envelope)
            elif found.state is AttemptState.PAID and event.type.startswith("charge.dispute."):
                application.execute(MarkDisputed(gateway=GATEWAY, object_id=event.object_id), envelope)
            return

    def _candidates(self, event: InboundEvent) -> Iterator[OrganizationId]:
        everyone = [one.id for one in self.directory.all()]
        yield from sorted(everyone, key=lambda id: id != event.organization)
