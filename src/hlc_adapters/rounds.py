"""A provider's round over the clinics: the queue of each that they are assigned to, put together in one order.

The named scope in which several organizations are read for one person. Every clinic is asked for itself, as whoever the
person is there, and the read is recorded there. Source: spec/care, Provider queue.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from attrs import frozen

from hlc_adapters.storage.shapes.provider_queue import QUEUE_ITEMS
from hlc_adapters.storage.unit_of_work import no_such
from hlc_core.access.api import Role
from hlc_core.application import Application
from hlc_core.identity.api import MembershipsOf
from hlc_core.kernel.commands import Actor, Command, Envelope, Query, system
from hlc_core.kernel.errors import Denied, Fault, Missing
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import PLATFORM, OrganizationId, QueueItemId, UserId
from hlc_core.kernel.paging import Page, limited
from hlc_core.people.api import Membership
from hlc_core.provider_queue.api import (
    CountQueue,
    ExplainInvoice,
    GetQueueItem,
    ListQueue,
    NoClinic,
    ProviderHere,
    QueueCard,
    QueueCount,
    QueueDetail,
    QueueExplanation,
    elsewhere,
)

A = TypeVar("A")

ROUNDS = "rounds"
"""As whom HLC reads a person's assignments for them."""

Clinics = Callable[[Envelope], Sequence[Actor]]
"""Whoever sends the envelope, as the actor that they are in each clinic that they are assigned to."""


@frozen(kw_only=True)
class Rounds:
    """Reads and decides over all clinics of the sender. Refuses everywhere: NoClinic (assigned to none)."""

    application: Application
    clinics: Clinics

    def page(self, query: ListQueue, envelope: Envelope) -> Page[QueueCard]:
        """One page over all clinics, oldest first. Refuses: Denied (no clinic lets the sender look), Invalid."""
        room = limited(query.limit)
        pages = self._everywhere(query, envelope)
        cards = sorted((card for page in pages for card in page.items), key=lambda card: card.item.place)
        more = len(cards) > room or any(page.next is not None for page in pages)
        shown = tuple(cards[:room])
        return Page(shown, shown[-1].item.place if more and shown else None)

    def count(self, envelope: Envelope) -> QueueCount:
        """For a badge: over all clinics. Refuses: Denied."""
        counts = self._everywhere(CountQueue(), envelope)
        return QueueCount(
            waiting=sum(one.waiting for one in counts),
            ready=sum(one.ready for one in counts),
            withheld=sum(one.withheld for one in counts),
        )

    def detail(self, item: QueueItemId, envelope: Envelope) -> QueueDetail:
        """One item, of whichever clinic of theirs it is. Refuses: Missing, Denied."""
        return self.application.ask(GetQueueItem(item=item), self.envelope_for(item, envelope))

    def decide(self, item: QueueItemId, command: Command[A], envelope: Envelope) -> A:
        """Run the command where the item is. Refuses: Missing, and what the command refuses."""
        return self.application.execute(command, self.envelope_for(item, envelope))

    def explain(self, invoice: str, envelope: Envelope) -> QueueExplanation:
        """Why an invoice does not wait before this provider: looked for at every clinic of theirs."""
        for place in self._places(envelope):
            try:
                return self.application.ask(ExplainInvoice(invoice=invoice), place)
            except Missing:
                continue
        return elsewhere(invoice)

    def envelope_for(self, item: QueueItemId, envelope: Envelope) -> Envelope:
        """The envelope with which the sender acts where the item is. Refuses: Missing, Denied."""
        places = self._places(envelope)
        if len(places) == 1:
            return places[0]
        for place in places:
            try:
                self.application.ask(GetQueueItem(item=item), place)
            except Missing:
                continue
            return place
        raise no_such(QUEUE_ITEMS, item)

    def _everywhere(self, query: Query[A], envelope: Envelope) -> list[A]:
        """Every clinic's answer; one that lets the sender look at nothing is passed over, unless all do."""
        answers: list[A] = []
        denied: Denied | None = None
        for place in self._places(envelope):
            try:
                answers.append(self.application.ask(query, place))
            except Denied as refusal:
                denied = refusal
        if denied is not None and not answers:
            raise denied
        return answers

    def _places(self, envelope: Envelope) -> list[Envelope]:
        found = [evolve(envelope, actor=actor) for actor in self.clinics(envelope)]
        if not found:
            raise NoClinic(
                "You are not assigned to any clinic, so no queue is yours.",
                Fault("clinic", "have an administrator assign you to one"),
            )
        return found


def assigned_clinics(application: Application) -> Clinics:
    """The clinics of whoever asks: the union of a person's assignments; without any, the one that they act in by
    another right; a key, or the operator, works in the one clinic that it is for.

    Source: spec/README, Decided (provider's clinics).
    """

    def clinics(envelope: Envelope) -> Sequence[Actor]:
        actor = envelope.actor
        assigned = _assigned(application, actor)
        if not assigned:
            return (actor,) if not actor.role or actor.role == Role.SUPER_ADMIN else ()
        if actor.impersonates:
            return (actor,)  # who acts for somebody else does so in one clinic
        places = [one.organization for one in assigned if one.role is not Role.PATIENT]
        found = [actor if place == actor.organization else _there(application, actor, place) for place in places]
        return tuple(one for one in found if one is not None)

    return clinics


def _assigned(application: Application, actor: Actor) -> list[Membership]:
    """The clinics of the person who acts; a key is no person and has none."""
    person = UserId(actor.on_behalf_of or actor.id)
    try:
        held = application.ask(MembershipsOf(user=person), system(actor.organization, ROUNDS))
    except Missing:
        return []
    return [one for one in held if one.organization != PLATFORM]


def _there(application: Application, actor: Actor, place: OrganizationId) -> Actor | None:
    """Who the person is in that clinic, by its own rows."""
    return application.ask(ProviderHere(user=UserId(actor.id)), system(place, ROUNDS))
