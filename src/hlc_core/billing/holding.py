"""Renewals that care does not permit now: noted once, told to the patient once, seen by staff, ended by the charge.

Source: design/pains, subscription billing (a renewal has gates, each with its own way on).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from attrs import frozen

from hlc_core.billing.errors import NotHeld
from hlc_core.billing.events import RenewalHeld, RenewalReleased
from hlc_core.billing.model import HeldRenewal
from hlc_core.billing.ports import Env
from hlc_core.kernel.commands import Command, Query
from hlc_core.kernel.errors import Fault
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import PatientId, SubscriptionId
from hlc_core.kernel.paging import Page, limited
from hlc_core.kernel.time import local_date
from hlc_core.prescriptions.api import HeldBack, renewals_held
from hlc_core.subscriptions.api import Subscription, SubscriptionEvent


def hold(gated: Iterable[tuple[Subscription, HeldBack]], env: Env) -> None:
    """Note that these are held, and why. The patient is told when a hold begins, not when its reason changes."""
    wanted = {one.id: (one, why) for one, why in gated}
    known = {row.id: row for row in env.held_renewals.many(wanted)}
    for id, (one, why) in wanted.items():
        row = known.get(id)
        if row is not None and row.ended_at is None:
            if row.why is not why:
                env.held_renewals.save(evolve(row, why=why))
            continue
        due_on = one.next_due or one.period.end
        begun = HeldRenewal(
            id=id,
            organization=env.organization.id,
            patient=one.patient,
            why=why,
            due_on=due_on,
            since=env.clock.now(),
        )
        if row is None:
            env.held_renewals.add(begun)
        else:
            env.held_renewals.save(evolve(begun, version=row.version))
        env.outbox.put(RenewalHeld(subscription=id, patient=one.patient, due_on=due_on))


def unhold(subscriptions: Iterable[SubscriptionId], env: Env) -> None:
    """These are held no more: they were charged, or are not to be renewed."""
    for row in env.held_renewals.many(subscriptions):
        if row.ended_at is None:
            env.held_renewals.save(evolve(row, ended_at=env.clock.now()))
            env.outbox.put(RenewalReleased(subscription=row.id, patient=row.patient))


def renewals_not_wanted(events: Sequence[SubscriptionEvent], env: Env) -> None:
    """It was paused, cancelled or completed: nothing is held back any more."""
    unhold([event.subscription for event in events], env)


@frozen(kw_only=True)
class LookAtHeldRenewal(Command[HeldRenewal]):
    """Say that somebody knows of it, and that it has to wait for now: `hlc doctor` is silent about it for a week."""

    subscription: SubscriptionId


def look_at_held_renewal(command: LookAtHeldRenewal, env: Env) -> HeldRenewal:
    """Held on, and marked with who looked and when. Refuses: Missing (there is no such subscription), NotHeld."""
    row = env.held_renewals.find(command.subscription)
    if row is None or row.ended_at is not None:
        held = env.subscriptions.get(command.subscription)
        raise NotHeld(f"No renewal of {held.number} is held now.", Fault("subscription", "see `hlc billing held`"))
    looked = evolve(row, looked_at=env.clock.now(), looked_by=env.actor.id)
    env.held_renewals.save(looked)
    return looked


@frozen(kw_only=True)
class HeldCard:
    """A held renewal, and what would be said today (nothing: the next run charges it)."""

    held: HeldRenewal
    number: str
    today: HeldBack | None
    meaning: str


@frozen(kw_only=True)
class ListHeldRenewals(Query[Page[HeldCard]]):
    """Renewals that are due and not charged because care does not permit it; of one reason, of one patient, or all."""

    why: HeldBack | None = None
    patient: PatientId | None = None
    cursor: str | None = None
    limit: int = 50


def list_held_renewals(query: ListHeldRenewals, env: Env) -> Page[HeldCard]:
    """By subscription. Refuses: Invalid (limit)."""
    room = limited(query.limit)
    after = None if query.cursor is None else SubscriptionId(query.cursor)
    rows = env.held_renewals.standing(query.why, query.patient, after, room + 1)
    page = rows[:room]
    found = {one.id: one for one in env.subscriptions.many([row.id for row in page])}
    on = local_date(env.clock.now(), env.organization.zone)
    today = renewals_held(list(found.values()), on, env)
    cards = tuple(_card(row, found[row.id].number, today.get(row.id)) for row in page if row.id in found)
    return Page(cards, page[-1].id if len(rows) > room else None)


def held_shown(_: ListHeldRenewals, answer: Page[HeldCard]) -> Iterator[str]:
    """Why a renewal is held tells of a treatment: the read is recorded."""
    return (f"patient {card.held.patient}" for card in answer.items)


def _card(row: HeldRenewal, number: str, today: HeldBack | None) -> HeldCard:
    meaning = "It is settled: the next billing run charges it." if today is None else today.for_staff
    return HeldCard(held=row, number=number, today=today, meaning=meaning)
