"""Several processes at one cart, one debt, one subscription: every order that a scheduler can make.

Each actor is a process of its own over the same rows and the same bank, interrupted before each transaction and around
each gateway call. Afterwards the resolver works until nothing is due, and then: nothing charged twice, the books agree,
nothing live, no invariant broken, and no actor has met anything but a refusal.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from attrs import define, field, frozen

from hlc_adapters import composition
from hlc_adapters.gateways.simulator import BARE, FENCING, KEYED, Faults
from hlc_adapters.ids import SeededIds
from hlc_adapters.memory.rows import MemoryBackend
from hlc_adapters.services import Services
from hlc_adapters.settings import Settings
from hlc_adapters.storage.session import Session
from hlc_adapters.storage.shapes.orders import ORDERS
from hlc_core.billing.api import RunWish
from hlc_core.kernel.errors import HlcError
from hlc_core.payments.api import Capabilities, PaymentAttempt, RequestRefund
from hlc_core.recovery.api import ListRecoveries, RetryNow
from hlc_core.subscriptions.api import CancelSubscription, OpenDebt, When
from proof.crashes import wrong_in
from proof.schedule import Actor, Decide, Stage, Turn, at_random, orders
from support.worlds import PUBLIC, SYSTEM, World, usd

CLASSES: tuple[tuple[str, Capabilities], ...] = (("fencing", FENCING), ("keyed", KEYED), ("bare", BARE))
"""The kinds of gateways."""


@define
class SteppingRows(MemoryBackend):
    """Rows whose transactions wait for their turn."""

    stage: Stage = field(factory=Stage, kw_only=True)

    def begin(self, write: bool) -> Session:
        """See `Backend.begin`; before it, the others may go on."""
        self.stage.pause()
        return MemoryBackend.begin(self, write)


@define
class Scene:
    """A world on a stage, and further processes over it. What the bank does wrong is drawn from `seed` and from the
    ids of what it is asked, which is why those are counted and not drawn.
    """

    capabilities: Capabilities = FENCING
    seed: int = 1
    stage: Stage = field(factory=Stage, init=False)
    world: World = field(init=False)
    opened: list[Services] = field(factory=list, init=False)

    def __attrs_post_init__(self) -> None:
        rows = SteppingRows(stage=self.stage)
        self.world = World(
            ids=SeededIds(self.seed), capabilities=self.capabilities, backend=rows, settings={"patience": 0.0}
        )

    def process(self) -> Services:
        """Another process over the same rows and the same bank."""
        world = self.world
        built = composition.build(
            Settings(database_url=world.url, **world.settings),
            clock=world.clock,
            ids=world.ids,
            backend=world.services.backend,
            gateways=[world.bank],
            mailer=world.mail,
            probe=self._around_gateways,
        )
        self.opened.append(built)
        return built

    def _around_gateways(self, point: str) -> None:
        if point.startswith("gateway"):
            self.stage.pause(point)

    def close(self) -> None:
        """Let go of everything."""
        for one in self.opened:
            one.close()
        self.world.close()


Set = Callable[[Scene], Sequence[Actor]]
"""Sets a scene and answers its actors."""


def two_submits(scene: Scene) -> Sequence[Actor]:
    """A double click that two servers get."""
    wish = scene.world.submission(scene.world.cart(scene.world.plan()))
    one, two = scene.process(), scene.process()
    return [lambda: one.submit_checkout(wish, PUBLIC), lambda: two.submit_checkout(wish, PUBLIC)]


def second_tab(scene: Scene) -> Sequence[Actor]:
    """The same cart paid in two tabs: one card is declined, the other is good, and a third looks at the page."""
    world = scene.world
    cart = world.cart(world.plan())
    bad, good = world.submission(cart, "tok_hard"), world.submission(cart)
    one, two = scene.process(), scene.process()
    return [lambda: one.submit_checkout(bad, PUBLIC), lambda: two.submit_checkout(good, PUBLIC)]


def return_page(scene: Scene) -> Sequence[Actor]:
    """The buyer returns from the bank while the webhook comes, twice, and the resolver looks."""
    world = scene.world
    view = world.buy(world.plan(), token="tok_action_once")
    attempt = _attempt(view.attempt)
    world.bank.act(attempt.object_id or attempt.id, agreed=True)
    world.advance(minutes=3)
    page, hook, again, resolver = (scene.process() for _ in range(4))
    return [
        lambda: page.resume_checkout(view.checkout.id, PUBLIC),
        lambda: _wake(hook, attempt),
        lambda: _wake(again, attempt),
        lambda: resolver.resolve_due(SYSTEM),
    ]


def in_doubt(scene: Scene) -> Sequence[Actor]:
    """The answer was lost: the buyer presses again, the webhook comes, the resolver looks."""
    world = scene.world
    wish = world.submission(world.cart(world.plan()), "tok_lost_answer")
    view = world.services.submit_checkout(wish, PUBLIC)
    attempt = _attempt(view.attempt)
    world.advance(minutes=3)
    tab, hook, resolver = (scene.process() for _ in range(3))
    return [
        lambda: tab.submit_checkout(wish, PUBLIC),
        lambda: _wake(hook, attempt),
        lambda: resolver.resolve_due(SYSTEM),
    ]


def half_way(scene: Scene) -> Sequence[Actor]:
    """Nobody has confirmed yet: the one who submits, an early webhook, and the resolver."""
    world = scene.world
    wish = world.submission(world.cart(world.product()))
    submits, resolver = scene.process(), scene.process()

    def resolve() -> None:
        world.advance(seconds=6)
        resolver.resolve_due(SYSTEM)

    return [lambda: submits.submit_checkout(wish, PUBLIC), resolve, resolve]


def two_runs(scene: Scene) -> Sequence[Actor]:
    """Two billing runs of one day, one of them in pages of one."""
    world = scene.world
    for token in ("tok_success", "tok_renewal_dead"):
        world.subscribe(world.plan(), token=token)
    world.advance(days=31)
    one, two = scene.process(), scene.process()
    return [
        lambda: one.run_billing(RunWish(as_of=world.today), SYSTEM),
        lambda: two.run_billing(RunWish(as_of=world.today, batch=1), SYSTEM),
    ]


def cancel_races_renewal(scene: Scene) -> Sequence[Actor]:
    """Staff cancel while the billing run charges: cancelled and not billed, or billed and then cancelled."""
    world = scene.world
    held = world.subscribe()
    world.advance(days=31)
    staff, run = scene.process(), scene.process()
    wish = CancelSubscription(subscription=held.id, when=When.NOW, reason="Moved.", open_debt=OpenDebt.FORGIVE)
    return [
        lambda: run.run_billing(RunWish(as_of=world.today), SYSTEM),
        lambda: staff.application.execute(wish, SYSTEM),
    ]


def three_retries(scene: Scene) -> Sequence[Actor]:
    """A debt in recovery: the billing run retries, the patient retries, staff cancel and forgive."""
    world = scene.world
    held = world.subscribe(token="tok_renewal_soft_1")
    world.advance(days=31)
    world.bill()
    world.advance(days=3)
    case = world.ask(ListRecoveries()).items[0]
    run, patient, staff = (scene.process() for _ in range(3))
    wish = CancelSubscription(subscription=held.id, when=When.NOW, reason="Moved.", open_debt=OpenDebt.FORGIVE)

    def retry() -> None:
        started = patient.application.execute(RetryNow(recovery=case.id), SYSTEM)
        patient.collect([started.attempt], SYSTEM)

    return [
        lambda: run.run_billing(RunWish(as_of=world.today), SYSTEM),
        retry,
        lambda: staff.application.execute(wish, SYSTEM),
    ]


def two_refunds(scene: Scene) -> Sequence[Actor]:
    """Two members of staff give back more than half each."""
    world = scene.world
    attempt = _attempt(world.buy(world.product(4900)).attempt)
    wish = RequestRefund(attempt=attempt.id, amount=usd(2600), reason="Asked for it.")

    def give(services: Services) -> Actor:
        return lambda: services.give_back([services.application.execute(wish, SYSTEM)], SYSTEM)

    return [give(scene.process()), give(scene.process())]


def crowd(scene: Scene) -> Sequence[Actor]:
    """All at once, while answers are lost: two tabs, the page, two webhooks, the resolver, a billing run, staff."""
    world = scene.world
    held = world.subscribe(token="tok_renewal_soft_1")
    world.advance(days=31)
    cart = world.cart(world.plan(name="Another"))
    wish = world.submission(cart, "tok_success")
    other = world.submission(cart, "tok_soft_first_1")
    tab, second, page, hook, again, resolver, run, staff = (scene.process() for _ in range(8))
    world.bank.behave(Faults(seed=scene.seed, lost_answer=0.3, lost_request=0.1))

    def returns() -> None:
        for attempt in world.attempts():
            _wake(page, attempt)

    def wakes() -> None:
        for attempt in reversed(world.attempts()):
            _wake(hook, attempt)
            _wake(again, attempt)

    def resolves() -> None:
        for _ in range(3):
            world.advance(seconds=31)
            resolver.resolve_due(SYSTEM)

    cancels = CancelSubscription(subscription=held.id, when=When.NOW, reason="Moved.", open_debt=OpenDebt.COLLECT)
    return [
        lambda: tab.submit_checkout(wish, PUBLIC),
        lambda: second.submit_checkout(other, PUBLIC),
        returns,
        wakes,
        resolves,
        lambda: run.run_billing(RunWish(as_of=world.today), SYSTEM),
        lambda: staff.application.execute(cancels, SYSTEM),
    ]


SMALL: tuple[Set, ...] = (
    two_submits,
    second_tab,
    return_page,
    in_doubt,
    half_way,
    two_runs,
    cancel_races_renewal,
    three_retries,
    two_refunds,
)
"""Scenes small enough for all orders with few switches."""


@frozen(kw_only=True)
class Played:
    """What came of one order."""

    turns: tuple[Turn, ...]
    wrong: tuple[str, ...]


def play(set_: Set, decide: Decide, capabilities: Capabilities = FENCING, seed: int = 1) -> Played:
    """One order of the scene, to its end."""
    scene = Scene(capabilities=capabilities, seed=seed)
    try:
        actors = set_(scene)
        turns, errors = scene.stage.play(actors, decide)
        world = scene.world
        world.bank.behave(Faults())
        for hours in (0.01, 0.1, 1, 2, *(6,) * 12):
            world.advance(hours=hours)
            world.services.resolve_due(SYSTEM)
        raised = [f"{type(one).__name__}: {one}" for one in errors if one is not None and not isinstance(one, HlcError)]
        return Played(turns=turns, wrong=(*raised, *wrong_in(world), *_orders_in(world)))
    finally:
        scene.close()


def _orders_in(world: World) -> Sequence[str]:
    """Two orders of one cart."""
    carts = [order.source.cart for order in world.rows(ORDERS) if order.source.cart is not None]
    return [f"{len(carts)} orders of {len(set(carts))} carts"] if len(carts) != len(set(carts)) else ()


@frozen(kw_only=True)
class Tally:
    """How many orders were played, and those that ended badly."""

    count: int
    failures: tuple[str, ...]


def every(set_: Set, switches: int, capabilities: Capabilities = FENCING, most: int | None = None) -> Tally:
    """All orders of the scene with at most so many interruptions; `most` cuts them."""
    last: list[Played] = []

    def once(decide: Decide) -> tuple[Turn, ...]:
        last[:] = [play(set_, decide, capabilities)]
        return last[0].turns

    count, failures = 0, []
    for chosen in orders(once, switches):
        count += 1
        failures += [f"{set_.__name__} {''.join(map(str, chosen))}: {text}" for text in last[0].wrong]
        if most is not None and count >= most:
            break
    return Tally(count=count, failures=tuple(failures[:20]))


def drawn(set_: Set, seeds: Sequence[int]) -> Tally:
    """Orders of the scene drawn from seeds, at each kind of gateway in turn."""
    failures = []
    for seed in seeds:
        name, capabilities = CLASSES[seed % len(CLASSES)]
        played = play(set_, at_random(seed), capabilities, seed)
        failures += [f"{set_.__name__} seed {seed} ({name}): {text}" for text in played.wrong]
    return Tally(count=len(seeds), failures=tuple(failures[:20]))


def _wake(services: Services, attempt: PaymentAttempt) -> None:
    services.wake(attempt.payment.gateway, attempt.object_id or attempt.id, SYSTEM, attempt.id)


def _attempt(attempt: PaymentAttempt | None) -> PaymentAttempt:
    if attempt is None:
        raise ValueError("The scene needs a payment.")
    return attempt
