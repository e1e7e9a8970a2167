"""How many permission checks a second are made: a decision of all keys, one key asked of an actor, an explanation.

Seconds of the processor, not of the clock, so that other work on the machine counts little.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from random import Random
from statistics import median

from attrs import frozen

from hlc_core.access.api import BUILT_IN, Layers, Override, Plan, Role, effective, explain
from hlc_core.kernel.commands import Actor, ActorKind
from hlc_core.kernel.ids import ActorId, OrganizationId
from support.permissions import EVERY, expected

PEOPLE = 200
"""Persons of one seed."""

ROUNDS = 5
"""Each rate is the median of so many rounds."""


@frozen(kw_only=True)
class Rates:
    """Checks a second of each kind, how many were made in all, and where a decision was not the specification's."""

    effective: float
    may: float
    explain: float
    made: int
    wrong: tuple[str, ...] = ()


def staffed(random: Random) -> tuple[Layers, ...]:
    """The layers of people as clinics have them: most of them staff and patients, some with custom roles or overrides.

    A few features are off, a third have a custom role that leaves two thirds of the role, a tenth an override.
    """
    return tuple(_person(random) for _ in range(PEOPLE))


def _person(random: Random) -> Layers:
    role = random.choices(list(Role), weights=(1, 4, 20, 35, 40))[0]
    keys = sorted(BUILT_IN[role])
    narrowed = role is not Role.PATIENT and random.random() < 0.33
    refused = (Override(key=random.choice(keys), granted=False, reason="on leave"),) if random.random() < 0.1 else ()
    return Layers(
        role=role,
        off=frozenset(random.sample(EVERY, 3)),
        plan=random.choice(list(Plan)),
        custom=frozenset(random.sample(keys, 2 * len(keys) // 3)) if narrowed else None,
        overrides=refused,
        overrides_on=True,
        impersonated=random.random() < 0.02,
    )


def measured(seed: int, repeats: int) -> Rates:
    """So many checks of each kind in a round, of two hundred people; every decision is compared with the spec's."""
    random = Random(seed)
    people = staffed(random)
    asked = [(layers, random.choice(EVERY)) for layers in people]
    actors = [(_actor(layers), key) for layers, key in asked]
    times = max(1, repeats // PEOPLE)
    done = 3 * ROUNDS * times * PEOPLE
    return Rates(
        effective=_rate(lambda: [effective(layers) for layers in people], times),
        may=_rate(lambda: [actor.may(key) for actor, key in actors], times),
        explain=_rate(lambda: [explain(key, layers) for layers, key in asked], times),
        made=done,
        wrong=tuple(f"seed {seed}: {layers.role} and {key}" for layers, key in asked if not _right(layers, key)),
    )


def _right(layers: Layers, key: str) -> bool:
    told = expected(layers, key)
    return told == (key in effective(layers)) == _actor(layers).may(key) == explain(key, layers).allowed


def _actor(layers: Layers) -> Actor:
    return Actor(
        kind=ActorKind.PATIENT if layers.role is Role.PATIENT else ActorKind.STAFF,
        id=ActorId("usr_somebody"),
        organization=OrganizationId("org_clinic"),
        permissions=effective(layers),
        role=layers.role,
    )


def _rate(work: Callable[[], Sequence[object]], times: int) -> float:
    work()
    found = []
    for _ in range(ROUNDS):
        began = time.process_time()
        for _ in range(times):
            work()
        found.append(times * PEOPLE / max(time.process_time() - began, 1e-9))
    return median(found)
