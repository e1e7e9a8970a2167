"""Workers that carry prescriptions are killed at work: every fill is at its pharmacy once, whatever happened."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest
from attrs import define, field
from proof.house import PATIENCE, forked

from core.prescriptions.shelf import approved, carry_all, dispatches, drug, prescribed
from hlc_adapters.clock import VirtualClock
from hlc_adapters.pharmacies.partner import PartnerServer
from hlc_adapters.pharmacies.webhook import WebhookPharmacy
from hlc_core.prescriptions.api import Dispatch, DispatchState
from support.worlds import AUTH_KEY, MASTER, SYSTEM, World, prepare

SECRET = "a secret of a pharmacy partner"
KILLS = 4
FILLS = 4
"""Fills that wait each time a worker is killed."""


class _Now:
    """The partner's clock: real processes sign by the real one."""

    def now(self) -> datetime:
        """Now."""
        return datetime.now(UTC)


@define
class SlowPartner(PartnerServer):
    """Takes its time over every fill, and counts how often each was handed over."""

    posts: Counter[str] = field(factory=Counter)
    busy: threading.Semaphore = field(factory=lambda: threading.Semaphore(0))
    pause: float = 0.08

    def _take(self, request: BaseHTTPRequestHandler, body: bytes) -> tuple[int, object]:
        self.posts[str(request.headers.get("Idempotency-Key"))] += 1
        self.busy.release()
        time.sleep(self.pause)
        answer = super()._take(request, body)
        time.sleep(self.pause)
        return answer


@pytest.fixture
def partner() -> Iterator[SlowPartner]:
    """A pharmacy that listens on this machine."""
    opened = SlowPartner(secret=SECRET, clock=_Now())
    opened.open()
    yield opened
    opened.close()


def clinic(url: str, partner: SlowPartner) -> World:
    """A clinic over that database, in this process, whose fills go to the partner."""
    pharmacy = WebhookPharmacy(name="acme", url=partner.url, secret=SECRET, clock=_Now())
    return World(url=url, clock=VirtualClock(datetime.now(UTC)), pharmacies=(pharmacy,))


def worker(url: str, partner: SlowPartner) -> BaseProcess:
    """A real process that carries what is due."""
    environment = {
        "HLC_DATABASE_URL": url,
        "HLC_AUTH_KEY": AUTH_KEY,
        "HLC_ENCRYPTION_KEY": MASTER,
        "HLC_PHARMACY": "acme",
        "HLC_PHARMACY_WEBHOOKS": f"acme|{partner.url}|{SECRET}",
    }
    return forked(environment, "dispatches", "run")


def lost(world: World, partner: SlowPartner, count: int) -> Iterator[str]:
    """What is wrong: fills that are at the pharmacy twice or not at all, or whose rows do not say so."""
    rows = dispatches(world)
    fills = Counter((one.prescription, one.fill) for one in rows if one.stands)
    yield from (f"{n} live dispatches of {fill}" for fill, n in fills.items() if n != 1)
    if count != len(fills):
        yield f"{len(fills)} fills instead of {count}"
    if {one.id for one in rows} != set(partner.fills):
        yield f"the pharmacy has {len(partner.fills)} of {len(rows)}"
    yield from (f"{id} was handed over {n} times" for id, n in partner.posts.items() if n != 1)
    yield from (f"{one.id} is {one.state}" for one in rows if one.state is not DispatchState.ACKNOWLEDGED)
    yield from (f"{one.invariant}: {one.means}" for one in world.services.check_invariants(SYSTEM, settle_seconds=0))


def test_workers_that_are_killed_at_work_dispatch_every_fill_once(tmp_path: Path, partner: SlowPartner) -> None:
    """SIGKILL while a call is under way, before or after the pharmacy took it, with another worker beside; who comes
    later asks before sending."""
    chance, url = random.Random(11), f"sqlite:///{tmp_path}/hlc.sqlite"
    prepare(url)
    world = clinic(url, partner)
    drug(world)
    for _ in range(KILLS):
        for _ in range(FILLS):
            prescribed(world, approved(world))
        first, second = worker(url, partner), worker(url, partner)
        assert partner.busy.acquire(timeout=PATIENCE)
        time.sleep(chance.uniform(0.0, 2 * partner.pause))
        first.kill()
        second.kill()
        for process in (first, second):
            process.join(10)
        time.sleep(3 * partner.pause)  # what reached the pharmacy is taken there, whoever asked is dead or not
        while partner.busy.acquire(blocking=False):
            pass
    under_way = [one for one in dispatches(world) if one.asked and one.state is DispatchState.SENDING]
    world.clock.set(datetime.now(UTC))
    world.advance(minutes=5)
    carry_all(world)

    assert under_way, "no kill met a worker at work"
    assert [] == list(lost(world, partner, KILLS * FILLS))
    world.close()


def test_the_judge_of_dispatches_can_say_no(tmp_path: Path, partner: SlowPartner) -> None:
    """A fill that was handed over twice and one that the pharmacy lost are named."""
    url = f"sqlite:///{tmp_path}/hlc.sqlite"
    prepare(url)
    world = clinic(url, partner)
    drug(world)
    prescribed(world, approved(world))
    carry_all(world)
    (one,) = dispatches(world)
    assert isinstance(one, Dispatch)
    assert [] == list(lost(world, partner, 1))
    partner.posts[one.id] += 1
    partner.fills.clear()

    assert {f"{one.id} was handed over 2 times", "the pharmacy has 0 of 1"} == set(lost(world, partner, 1))
    world.close()
