"""Touching the recorded past at random: every edit, deletion, insertion and reordering is found by verifying."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from attrs import evolve

from hlc_core.audit.api import AuditEntry, Breach, Outcome
from hlc_core.audit.chain import breaches, sealed
from hlc_core.audit.model import Seal
from hlc_core.kernel.commands import ActorKind
from hlc_core.kernel.ids import ActorId, EventId, OrganizationId

_AT = datetime(2026, 1, 15, 17, tzinfo=UTC)
_ORGANIZATION = OrganizationId("org_a")
_TEXTS = ("actor", "command", "asked", "written", "correlation", "shown", "cause", "channel", "address")

Past = list[AuditEntry]
Touch = Callable[[Past, random.Random], frozenset[Breach]]


def random_edits(count: int, rnd: random.Random) -> int:
    """Touch a sealed past so often, each time another one; how many were found. All must be."""
    found = 0
    for _ in range(count):
        past = [_entry(number, rnd) for number in range(rnd.randint(2, 24))]
        seals = _sealed(past, rnd)
        if _broken(seals, past):
            raise AssertionError("An untouched past was found to be broken.")
        touch = rnd.choice((_edit, _delete, _insert, _reorder))
        expected = touch(past, rnd)
        found += bool(_broken(seals, past) & expected)
    return found


def _edit(past: Past, rnd: random.Random) -> frozenset[Breach]:
    place = rnd.randrange(len(past))
    one, name = past[place], rnd.choice((*_TEXTS, "at", "on_behalf_of", "outcome", "organization"))
    if name == "at":
        past[place] = evolve(one, at=one.at + timedelta(microseconds=rnd.choice((-1, 1, 86_400_000_000))))
    elif name == "outcome":
        past[place] = evolve(one, outcome=Outcome.DENIED if one.outcome is Outcome.DONE else Outcome.DONE)
    else:
        more: dict[str, Any] = {name: f"{getattr(one, name) or ''}{rnd.choice('abc ')}"}
        past[place] = evolve(one, **more)
    return frozenset({Breach.EDITED})


def _delete(past: Past, rnd: random.Random) -> frozenset[Breach]:
    del past[rnd.randrange(len(past))]
    return frozenset({Breach.DELETED})


def _insert(past: Past, rnd: random.Random) -> frozenset[Breach]:
    place = rnd.randrange(1, len(past))
    past.insert(place, evolve(rnd.choice(past), id=EventId(f"{past[place - 1].id}{rnd.randrange(10)}")))
    return frozenset({Breach.INSERTED})


def _reorder(past: Past, rnd: random.Random) -> frozenset[Breach]:
    """Two entries change places: each takes the other's id."""
    one, other = rnd.sample(range(len(past)), 2)
    past[one], past[other] = evolve(past[other], id=past[one].id), evolve(past[one], id=past[other].id)
    return frozenset({Breach.REORDERED, Breach.EDITED})


def _entry(number: int, rnd: random.Random) -> AuditEntry:
    return AuditEntry(
        id=EventId(f"evt_{number:012d}"),
        organization=_ORGANIZATION,
        at=_AT + timedelta(seconds=number, microseconds=rnd.randrange(1_000_000)),
        actor_kind=rnd.choice(list(ActorKind)),
        actor=ActorId(f"usr_{rnd.randrange(5)}"),
        on_behalf_of=None,
        command=rnd.choice(("AddProduct", "GetPatient", "MoveOrder")),
        outcome=Outcome.DONE,
        asked="{}",
        written=f"order ord_{rnd.randrange(100)} {rnd.randrange(9)}",
        correlation=f"{rnd.randrange(1 << 32):08x}",
    )


def _sealed(past: Past, rnd: random.Random) -> list[Seal]:
    made: list[Seal] = []
    start = 0
    while start < len(past):
        size = rnd.randint(1, 8)
        made.append(sealed(made[-1] if made else None, past[start : start + size], _AT))
        start += size
    return made


def _broken(seals: list[Seal], past: Past) -> frozenset[Breach]:
    found: set[Breach] = set()
    previous: Seal | None = None
    for seal in seals:
        after = "" if previous is None else previous.last
        between = sorted((one for one in past if after < one.id <= seal.last), key=lambda one: one.id)
        found |= {one.breach for one in breaches(seal, previous, between)}
        previous = seal
    return frozenset(found)
