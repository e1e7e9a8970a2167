"""The process dies at every effect point of every road, once, twice and three times, and is begun again.

Effect points are the moments before and after each commit, gateway call and delivery. After the last crash the same is
done once more, resolver and relay work until nothing is due, and everything that stands (rows, messages, the bank's
books) must be what an undisturbed run gives. Nothing may be charged twice, and no invariant be broken.
"""

from __future__ import annotations

from collections import Counter
from functools import cache

from attrs import define, field, frozen

from hlc_adapters.storage.shapes.payments import REFUNDS
from hlc_core.payments.api import AttemptState, RefundState
from proof.journeys import JOURNEYS, Journey
from proof.pictures import difference, picture
from proof.places import Place, memory
from support.worlds import SYSTEM, Crash, World

PAUSES = (7, 40, 130, 700)
"""Seconds after which resolver and relay come round."""

Plan = tuple[int, ...]
"""The n-th effect point at which each run dies, counted from where that run began."""


@frozen(kw_only=True)
class Ended:
    """How a run with those crashes ended: `points` effect points passed after the last crash."""

    points: int
    picture: Counter[str]
    wrong: tuple[str, ...]


@define
class _Death:
    """The probe: dies at the n-th point of each run of the plan."""

    plan: Plan
    run: int = 0
    passed: int = 0
    armed: bool = False
    at: list[str] = field(factory=list)

    def __call__(self, point: str) -> None:
        if not self.armed:
            return
        self.passed += 1
        if self.run < len(self.plan) and self.passed == self.plan[self.run]:
            self.at.append(point)
            raise Crash


def walk(journey: Journey, plan: Plan, place: Place = memory, *, again: bool = True) -> Ended:
    """The journey with those crashes. Not `again`: whoever began it never comes back; only HLC itself goes on."""
    death = _Death(plan)
    with place() as url:
        world = World(url=url, probe=death, settings={"billing_ahead": 0, "patience": 0.0})
        try:
            act = journey.prepare(world)
            _settle(world)
            death.armed = True
            while True:
                try:
                    if again or death.run == 0:
                        act()
                    _settle(world)
                    break
                except Crash:
                    death.run, death.passed = death.run + 1, 0
                    world.restart()
            death.armed = False
            if not again:
                _abandon(world)
            return Ended(points=death.passed, picture=picture(world), wrong=wrong_in(world))
        finally:
            world.close()


def _settle(world: World) -> None:
    """The resolver and the relay, as often as they come round in a quarter of an hour."""
    for pause in PAUSES:
        world.advance(seconds=pause)
        world.services.resolve_due(SYSTEM)
        if world.services.deliveries.depth():
            world.services.relay()


def _abandon(world: World) -> None:
    """Two days pass: what nobody confirms is given up."""
    for _ in range(16):
        world.advance(hours=3)
        world.services.resolve_due(SYSTEM)
        world.services.relay()


def wrong_in(world: World) -> tuple[str, ...]:
    """What must not be: a second charge, books that differ, something live, a broken invariant."""
    doubles = world.double_charges()
    broken = world.services.check_invariants(SYSTEM, settle_seconds=0, days=4000)
    lines = {line.reference for line in world.bank.audit.charges()}
    paid = {a.id for a in world.attempts() if a.state is AttemptState.PAID}
    live = [a.state.value for a in world.attempts() if a.live]
    given = {line.reference for line in world.bank.audit.refunds()}
    noted = {one.id for one in world.rows(REFUNDS) if one.state is RefundState.REFUNDED}
    return (
        *((f"{doubles} charged twice",) if doubles else ()),
        *((f"the books have {len(lines)} charges, we have {len(paid)}",) if lines != paid else ()),
        *((f"the books have {len(given)} refunds, we have {len(noted)}",) if given != noted else ()),
        *((f"still {', '.join(live)}",) if live else ()),
        *(str(finding) for finding in broken),
    )


def leave_behind(journey: Journey, place: Place = memory) -> Enumerated:
    """Every single crash after which nobody comes back: the books agree, and nothing is live."""
    points = walk(journey, (), place).points
    failures = []
    for point in range(1, points + 1):
        ended = walk(journey, (point,), place, again=False)
        failures += [f"{journey.name} left at {point}: {text}" for text in ended.wrong]
    return Enumerated(runs=points, failures=tuple(failures))


@frozen(kw_only=True)
class Enumerated:
    """All runs of a journey with up to so many crashes: how many there were, and the plans that ended badly."""

    runs: int
    failures: tuple[str, ...]


def enumerate_crashes(
    journey: Journey, crashes: int, place: Place = memory, *, most: int | None = None, only: Plan = ()
) -> Enumerated:
    """Every combination of that many crashes or fewer, behind the crashes of `only`; `most` cuts the number of runs."""
    calm = walk(journey, (), place)
    runs, failures = 0, [f"undisturbed: {text}" for text in calm.wrong]
    waiting: list[tuple[Plan, int]] = [((), calm.points)] if not only else [(only, walk(journey, only, place).points)]
    while waiting:
        plan, points = waiting.pop(0)
        for point in range(1, points + 1):
            if most is not None and runs >= most:
                return Enumerated(runs=runs, failures=tuple(failures))
            deadly = (*plan, point)
            ended = walk(journey, deadly, place)
            runs += 1
            failures += _told(journey, deadly, calm, ended)
            if len(deadly) < crashes:
                waiting.append((deadly, ended.points))
    return Enumerated(runs=runs, failures=tuple(failures[:50]))


def ended_badly(journey: Journey, plan: Plan, place: Place) -> tuple[str, ...]:
    """What is wrong after those crashes in that place: the undisturbed run in memory is the measure."""
    return _told(journey, plan, _calm(journey.name), walk(journey, plan, place))


@cache
def _calm(name: str) -> Ended:
    return walk(next(one for one in JOURNEYS if one.name == name), ())


def _told(journey: Journey, plan: Plan, calm: Ended, ended: Ended) -> tuple[str, ...]:
    wrong = (*ended.wrong, *difference(calm.picture, ended.picture))
    return tuple(f"{journey.name} {plan}: {text}" for text in wrong[:4])


__all__ = ["JOURNEYS", "Ended", "Enumerated", "ended_badly", "enumerate_crashes", "leave_behind", "walk", "wrong_in"]
