"""The relay: in order for each subject, with leases, attempts and parking; one bad event stops no other."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest

from hlc_adapters.storage.deliveries import StoredDeliveries
from hlc_adapters.storage.shapes.platform import DELIVERIES
from hlc_core.kernel.errors import Invalid, Stale
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import ActorId, EventId, OrganizationId
from hlc_core.relay import LEASE, MOST_ATTEMPTS, Delivery, DeliveryState, NotYet, backoff, relay_once
from support.refusals import refused
from support.worlds import ORGANIZATION, World

NAME = "test.happened"


class Receiver:
    """The outside world: it notes what reached it, and refuses what it is told to."""

    def __init__(self, refuses: Callable[[Delivery], bool] = lambda delivery: False) -> None:
        self.refuses = refuses
        self.got: list[str] = []
        self.tried: Counter[str] = Counter()

    def __call__(self, delivery: Delivery) -> None:
        """Take it or refuse it."""
        self.tried[delivery.id] += 1
        if self.refuses(delivery):
            raise Invalid("No.")
        self.got.append(delivery.id)


def event(id: str, subject: str = "s", organization: OrganizationId = ORGANIZATION, **fields: object) -> Delivery:
    """A stored event."""
    return Delivery(**{
        "id": EventId(id), "organization": organization, "name": NAME, "subject": subject, "body": "{}", "at": None,
        "correlation": "", "actor": ActorId("a"), "state": DeliveryState.PENDING, "available_at": None, "version": 1,
        **fields,
    })  # type: ignore[arg-type]  # names and types are those of the class  # fmt: skip


def stored(world: World, *events: Delivery) -> StoredDeliveries:
    """These events, due now."""
    session = world.services.backend.begin(write=True)
    now = world.clock.now()
    session.insert(DELIVERIES, [evolve(one, at=now, available_at=now) for one in events])
    session.commit()
    return world.services.deliveries


def run(world: World, receiver: Receiver, limit: int = 100) -> int:
    """One round."""
    return relay_once(world.services.deliveries, {NAME: [receiver]}, world.clock, limit)


def states(world: World) -> dict[str, str]:
    """How each event stands."""
    return {one.id: one.state.value for one in world.rows(DELIVERIES)}


def test_events_are_delivered_once_in_their_order(world: World) -> None:
    """Oldest first; delivered ones never again."""
    stored(world, *(event(f"evt_{n}", f"s{n % 2}") for n in (3, 1, 2, 4)))
    receiver = Receiver()

    assert [4, 0] == [run(world, receiver), run(world, receiver)]
    assert ["evt_1", "evt_2", "evt_3", "evt_4"] == receiver.got
    assert {"done"} == set(states(world).values())
    assert 0 == world.services.deliveries.depth()


def test_what_is_not_due_yet_waits_without_a_failure(world: World) -> None:
    """As often as it likes: no attempt is counted. What follows it of its subject waits with it, all else goes out."""
    stored(world, event("evt_1"), event("evt_2"), event("evt_3", "other"))
    later, got = world.clock.now() + timedelta(hours=9), list[str]()

    def patient(delivery: Delivery) -> None:
        if world.clock.now() < later:
            raise NotYet(later if world.clock.now() > later - timedelta(hours=1) else world.clock.now())
        got.append(delivery.id)

    def receives(delivery: Delivery) -> None:
        if delivery.subject == "s":
            patient(delivery)
        else:
            got.append(delivery.id)

    def turn() -> int:
        return relay_once(world.services.deliveries, {NAME: [receives]}, world.clock)

    for _ in range(2 * MOST_ATTEMPTS):
        turn()
    assert ["evt_3"] == got
    assert {"evt_1": "pending", "evt_2": "pending", "evt_3": "done"} == states(world)
    world.advance(hours=8, minutes=30)
    world.advance(minutes=1)
    turn()
    world.advance(hours=8, minutes=10)
    turn()
    assert 0 == turn(), "it sleeps until then"
    world.advance(minutes=49)
    turn()
    assert ["evt_3", "evt_1", "evt_2"] == got


def test_a_failed_event_holds_back_its_own_subject_only(world: World) -> None:
    """What came after it of the same subject waits; everything else goes out."""
    stored(world, event("evt_1", "a"), event("evt_2", "a"), event("evt_3", "b"), event("evt_4", "a"))
    fails = {"evt_1"}
    receiver = Receiver(lambda delivery: delivery.id in fails)
    run(world, receiver)
    assert ["evt_3"] == receiver.got
    assert 0 == run(world, receiver)

    fails.clear()
    for _ in range(3):
        world.advance(seconds=5)
        run(world, receiver)
    assert ["evt_3", "evt_1", "evt_2", "evt_4"] == receiver.got
    assert [2, 1, 1, 1] == [receiver.tried[f"evt_{n}"] for n in (1, 2, 3, 4)]


def test_the_same_subject_in_another_organization_is_another_subject(world: World) -> None:
    """One clinic's bad event does not hold back its neighbour."""
    other = OrganizationId("org_neighbour")
    stored(world, event("evt_1", "a"), event("evt_2", "a", organization=other))
    receiver = Receiver(lambda delivery: delivery.organization == ORGANIZATION)
    run(world, receiver)

    assert ["evt_2"] == receiver.got


def test_tries_are_spaced_and_end_with_parking(world: World) -> None:
    """5 s, 10 s, 20 s …; after the last try it is parked with its reason, and what waited behind it goes on."""
    stored(world, event("evt_1"), event("evt_2"))
    receiver = Receiver(lambda delivery: delivery.id == "evt_1")
    for attempt in range(1, MOST_ATTEMPTS):
        assert 1 <= run(world, receiver)
        assert attempt == receiver.tried["evt_1"]
        world.clock.advance(backoff(attempt) - timedelta(seconds=1))
        assert 0 == run(world, receiver)
        world.advance(seconds=1)
    run(world, receiver)
    world.advance(seconds=5)
    run(world, receiver)

    assert {"evt_1": "parked", "evt_2": "done"} == states(world)
    (parked,) = world.services.deliveries.parked(ORGANIZATION, 10)
    assert ("evt_1", "invalid: No.", MOST_ATTEMPTS) == (parked.id, parked.error, parked.attempts)
    assert [timedelta(seconds=s) for s in (5, 10, 20, 40, 80, 160, 320)] == [backoff(n) for n in range(1, 8)]
    assert timedelta(hours=1) == backoff(50)


def test_a_parked_event_can_be_tried_again(world: World) -> None:
    """From the start; only those of one's own organization, and only parked ones."""
    deliveries = stored(world, event("evt_1", state=DeliveryState.PARKED, attempts=8, error="x"), event("evt_2"))
    assert 0 == deliveries.unpark("org_neighbour", ["evt_1"], world.clock.now())
    assert 1 == deliveries.unpark(ORGANIZATION, ["evt_1", "evt_2"], world.clock.now())
    receiver = Receiver()
    run(world, receiver)

    assert ["evt_1", "evt_2"] == receiver.got


def test_the_reason_of_an_unexpected_fault_is_its_name(world: World) -> None:
    """Its text may hold secrets."""
    stored(world, event("evt_1"))

    def explode(delivery: Delivery) -> None:
        raise RuntimeError("password=hunter2")

    relay_once(world.services.deliveries, {NAME: [explode]}, world.clock)
    assert ["RuntimeError"] == [one.error for one in world.rows(DELIVERIES)]


def test_an_event_that_nobody_waits_for_any_more_is_done(world: World) -> None:
    """Its effect was taken out of the installation."""
    stored(world, event("evt_1", name="test.forgotten"))
    run(world, Receiver())

    assert {"evt_1": "done"} == states(world)


def test_a_poison_subject_with_a_long_queue_does_not_block_others(world: World) -> None:
    """However many events wait behind the bad one, and however small a round is."""
    stored(world, *(event(f"evt_{n:03d}", "poison") for n in range(30)), event("evt_900", "fine"))
    receiver = Receiver(lambda delivery: delivery.subject == "poison")
    for _ in range(8):
        run(world, receiver, limit=5)
        world.advance(seconds=1)

    assert ["evt_900"] == receiver.got


def test_what_a_dead_worker_took_is_taken_again_after_the_lease(world: World) -> None:
    """Not before; in the order of the subject."""
    deliveries = stored(world, event("evt_1"), event("evt_2"))
    taken = deliveries.claim(world.clock.now(), LEASE, 1)
    assert ["evt_1"] == [one.id for one in taken]
    receiver = Receiver()
    world.clock.advance(LEASE - timedelta(seconds=1))
    assert 0 == run(world, receiver)
    world.advance(seconds=1)
    assert 2 == run(world, receiver)

    assert ["evt_1", "evt_2"] == receiver.got
    with refused(Stale):
        deliveries.settle([evolve(one, state=DeliveryState.PARKED) for one in taken])
    assert {"done"} == set(states(world).values())


def test_a_worker_whose_lease_ran_out_sends_no_more(memory_world: World) -> None:
    """One slow receiver must not make it send what another worker has by then."""
    world = memory_world
    stored(world, *(event(f"evt_{n}", f"s{n}") for n in range(4)))
    slow = Receiver()

    def dawdle(delivery: Delivery) -> None:
        slow(delivery)
        world.clock.advance(timedelta(seconds=25))

    relay_once(world.services.deliveries, {NAME: [dawdle]}, world.clock)
    assert ["evt_0", "evt_1", "evt_2"] == slow.got
    run(world, slow)
    assert ["evt_0", "evt_1", "evt_2", "evt_3"] == slow.got


def test_one_event_that_was_taken_over_does_not_undo_the_others(world: World) -> None:
    """A worker that was too slow for one event still settles the rest, so that they are not sent again."""
    stored(world, *(event(f"evt_{n}", f"s{n}") for n in range(3)))
    deliveries = world.services.deliveries
    receiver = Receiver()

    class Overtaken:
        """Another worker settles the second event in between."""

        def claim(self, *arguments: object) -> Sequence[Delivery]:
            return deliveries.claim(*arguments)  # type: ignore[arg-type]  # handed on

        def settle(self, ended: Sequence[Delivery]) -> None:
            if len(ended) == 3:
                deliveries.settle([ended[1]])
            deliveries.settle(ended)

    relay_once(Overtaken(), {NAME: [receiver]}, world.clock)
    world.clock.advance(LEASE)
    run(world, receiver)

    assert ["evt_0", "evt_1", "evt_2"] == receiver.got
    assert {"done"} == set(states(world).values())


@pytest.mark.parametrize("workers", [4])
def test_workers_share_the_events_and_keep_the_order(world: World, workers: int) -> None:
    """Each event is sent once, each subject in its order, whoever takes it."""
    stored(world, *(event(f"evt_{n:03d}", f"s{n % 5}") for n in range(60)))
    receiver, faults = Receiver(), list[BaseException]()

    def work() -> None:
        try:
            for _ in range(12):
                run(world, receiver, limit=7)
        except BaseException as fault:
            faults.append(fault)

    threads = [threading.Thread(target=work) for _ in range(workers)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    while run(world, receiver):
        pass

    assert [] == faults
    assert {1} == set(receiver.tried.values())
    for subject in range(5):
        mine = [id for id in receiver.got if int(id[4:]) % 5 == subject]
        assert sorted(mine) == mine
    assert 60 == len(receiver.got)
