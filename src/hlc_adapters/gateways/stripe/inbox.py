"""Stripe's webhooks, kept once in the inbox of partners: each wakes the attempt that it speaks of, no more.

Source: spec/billing, Payments (webhooks); design/pains (a webhook carries no state).
"""

from __future__ import annotations

from collections.abc import Iterator

from attrs import frozen

from hlc_adapters.gateways.stripe.inbound import InboundEvent
from hlc_adapters.partners.inbox import Inbox
from hlc_adapters.storage.directory import StoredDirectory
from hlc_adapters.till import Till
from hlc_core.kernel.commands import system
from hlc_core.kernel.errors import Unavailable
from hlc_core.kernel.ids import OrganizationId
from hlc_core.partners.api import InboundMessage, MessageSource, ReceiveMessage, Said, Told
from hlc_core.payments.api import AttemptOfObject, AttemptState, MarkDisputed

GATEWAY = "stripe"
SWITCHED_OFF = "stripe_disabled"


@frozen(kw_only=True)
class StripeInbox:
    """Keeps webhooks, each once, however often Stripe sends it."""

    inbox: Inbox
    directory: StoredDirectory

    def keep(self, event: InboundEvent, switched_off: bool) -> bool:
        """Whether it is new. It is stored when this answers; while Stripe is switched off it is held for a replay.

        Refuses: Unavailable (the database; or no organization yet, to which it could belong).
        """
        said = (("objectId", event.object_id), ("reference", event.reference), ("organization", event.organization))
        command = ReceiveMessage(
            source=MessageSource.STRIPE,
            event_id=event.id,
            kind=event.type,
            told=Told(fields=tuple(Said(key=key, value=value) for key, value in said if value is not None)),
            held=SWITCHED_OFF if switched_off else "",
        )
        return self.inbox.receive(command, system(self._owner(event), GATEWAY)).new

    def _owner(self, event: InboundEvent) -> OrganizationId:
        everyone = [one.id for one in self.directory.all()]
        named = [one for one in everyone if one == event.organization]
        if not everyone:
            raise Unavailable("There is no organization yet.")
        return (named or everyone)[0]


@frozen(kw_only=True)
class StripeWakes:
    """What is done about a kept webhook: look at the attempt now, with the gateway; note a dispute."""

    till: Till
    directory: StoredDirectory

    def __call__(self, message: InboundMessage) -> str:
        """How it went; objects that are nobody's attempt are passed over. Refuses: Unavailable."""
        said = message.told.said
        if "objectId" not in said:
            return "nothing to look at"
        application = self.till.driver.application
        for organization in self._candidates(said.get("organization")):
            envelope = system(organization, GATEWAY)
            query = AttemptOfObject(gateway=GATEWAY, object_id=said["objectId"], reference=said.get("reference"))
            found = application.ask(query, envelope)
            if found is None:
                continue
            if found.live:
                self.till.look_at(found, envelope)
                return "looked at"
            if found.state is AttemptState.PAID and message.kind.startswith("charge.dispute."):
                application.execute(MarkDisputed(gateway=GATEWAY, object_id=said["objectId"]), envelope)
                return "disputed"
            return "already known"
        return "nobody's"

    def _candidates(self, named: str | None) -> Iterator[OrganizationId]:
        everyone = [one.id for one in self.directory.all()]
        yield from sorted(everyone, key=lambda id: id != named)
