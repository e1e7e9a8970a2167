"""A patient's own cards: which there are, which one is charged, and taking one away. Source: spec/billing, Payments.

The last card that can be charged stays while a subscription will be charged to it: then a renewal could only fail.
"""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from datetime import date, timedelta

from attrs import frozen

from hlc_core.kernel.commands import Command, Query
from hlc_core.kernel.errors import Fault, Missing
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import MethodId
from hlc_core.kernel.time import local_date
from hlc_core.payments.api import Card, MethodState, RemoveMethod, SavedMethod, chargeable, remove_method
from hlc_core.recovery.errors import CardNeeded, CardNotUsable
from hlc_core.recovery.paying import own_records
from hlc_core.recovery.ports import Env
from hlc_core.subscriptions.api import ChangeMethod, State, Subscription, change_method

EXPIRES_SOON = timedelta(days=30)
"""Source: spec/billing, Payments (dashboard warnings)."""

_CHARGED = frozenset({State.TRIALING, State.ACTIVE, State.PAST_DUE})


@frozen(kw_only=True)
class OwnCard:
    """A saved card. `usable`: the clinic's gateway can charge it; `choosable`: it is not the one for everything yet.

    `charged_for` are the subscriptions that will be charged to it, `needed_by` those for which it must stay.
    """

    id: MethodId
    card: Card | None
    default: bool
    usable: bool
    expired: bool
    expires_soon: bool
    choosable: bool
    charged_for: tuple[str, ...] = ()
    needed_by: tuple[str, ...] = ()


@frozen(kw_only=True)
class OwnCards(Query[tuple[OwnCard, ...]]):
    """One's own saved cards, the one that is charged first."""


def own_cards(query: OwnCards, env: Env) -> tuple[OwnCard, ...]:
    """Without those that were removed. Refuses: Denied (no patient)."""
    mine = _mine(env)
    today, gateway = _today(env), env.organization.payments.active_gateway
    held = [
        (one, chargeable([card for card in mine if card.patient == one.patient], gateway, today, one.method))
        for one in _charged(env)
    ]
    order = sorted(mine, key=lambda one: (not one.default, -one.saved_at.timestamp(), one.id))
    return tuple(_shown(one, mine, held, today, env) for one in order)


@frozen(kw_only=True)
class ChargeOwnCard(Command[MethodId]):
    """Charge this card from now on: for all subscriptions of the record that it was saved for."""

    method: MethodId


def charge_own_card(command: ChargeOwnCard, env: Env) -> MethodId:
    """The card, the default from now on. Refuses: Missing, CardNotUsable (expired, or of another gateway), Denied."""
    mine = _mine(env)
    chosen = _one(command.method, mine)
    if not _usable(chosen, env):
        raise CardNotUsable(
            "This card cannot be charged. Add another one.", Fault("method", "a card that can be charged")
        )
    for other in mine:
        if other.patient == chosen.patient and other.default != (other.id == chosen.id):
            env.methods.save(evolve(other, default=other.id == chosen.id))
    for held in (one for one in _charged(env) if one.patient == chosen.patient):
        change_method(ChangeMethod(subscription=held.id, method=chosen.id, gateway=chosen.gateway), env)
    return chosen.id


@frozen(kw_only=True)
class RemoveOwnCard(Command[MethodId]):
    """Never charge it again."""

    method: MethodId


def remove_own_card(command: RemoveOwnCard, env: Env) -> MethodId:
    """The card that is gone; another one becomes the default. One that is gone already is answered so.

    Refuses: Missing, CardNeeded (the last one that can be charged, and a subscription needs it), Denied.
    """
    known = env.methods.find(command.method)
    mine = _mine(env)
    if known is not None and known.patient in own_records(env.actor) and known.state is MethodState.REMOVED:
        return known.id
    gone = _one(command.method, mine)
    needed = _needed_by(gone, mine, env)
    if needed:
        raise CardNeeded(
            f"{', '.join(needed)} will be charged to this card. Add another card first.", Fault("method", "add another")
        )
    remove_method(RemoveMethod(method=gone.id), env)
    rest = [one for one in mine if one.id != gone.id and one.patient == gone.patient]
    heir = chargeable(rest, env.organization.payments.active_gateway, _today(env))
    if gone.default and heir is not None:
        env.methods.save(evolve(heir, default=True))
    return gone.id


def _mine(env: Env) -> list[SavedMethod]:
    saved = env.methods.of_patients(own_records(env.actor))
    return [one for one in saved if one.state is not MethodState.REMOVED]


def _one(method: MethodId, mine: Sequence[SavedMethod]) -> SavedMethod:
    found = next((one for one in mine if one.id == method), None)
    if found is None:
        raise Missing("There is no such card.", Fault("card", "one of your saved cards", sent=method))
    return found


def _today(env: Env) -> date:
    return local_date(env.clock.now(), env.organization.zone)


def _usable(method: SavedMethod, env: Env) -> bool:
    return chargeable([method], env.organization.payments.active_gateway, _today(env)) is not None


def _charged(env: Env) -> list[Subscription]:
    return [one for one in env.subscriptions.of_patients(own_records(env.actor)) if _will_be_charged(one)]


def _will_be_charged(held: Subscription) -> bool:
    return held.state in _CHARGED and (held.state is State.PAST_DUE or not held.cancel_at_period_end)


def _needed_by(method: SavedMethod, mine: Sequence[SavedMethod], env: Env) -> tuple[str, ...]:
    others = [one for one in mine if one.id != method.id and one.patient == method.patient]
    if not _usable(method, env) or any(_usable(one, env) for one in others):
        return ()
    return tuple(dict.fromkeys(held.terms.name for held in _charged(env) if held.patient == method.patient))


def _shown(
    method: SavedMethod,
    mine: Sequence[SavedMethod],
    held: Sequence[tuple[Subscription, SavedMethod | None]],
    today: date,
    env: Env,
) -> OwnCard:
    card = method.instrument.card
    usable = _usable(method, env)
    here = [one.terms.name for one, charged in held if charged is not None and charged.id == method.id]
    all_here = sum(one.patient == method.patient for one, _ in held)
    expired = card is not None and card.expired(today)
    return OwnCard(
        id=method.id,
        card=card,
        default=method.default,
        usable=usable,
        expired=expired,
        expires_soon=card is not None and not expired and _last_day(card) - today <= EXPIRES_SOON,
        choosable=usable and (not method.default or len(here) < all_here),
        charged_for=tuple(dict.fromkeys(here)),
        needed_by=_needed_by(method, mine, env),
    )


def _last_day(card: Card) -> date:
    last = calendar.monthrange(card.expires_year, card.expires_month)[1]
    return date(card.expires_year, card.expires_month, last)
