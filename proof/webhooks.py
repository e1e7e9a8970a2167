"""Webhooks in every disorder: permuted, repeated up to five times, dropped, before the answer and days late.

Each history is told twice: once with every event in order, once in a disorder drawn from the seed. The bank does the
same both times; in the end the rows and the books must be the same. A dispute is told by webhooks only, so that those
are repeated by the gateway until they are taken; all others may be dropped.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import timedelta
from random import Random

from attrs import define, field, frozen

from hlc_adapters.gateways.simulator import FENCING
from hlc_core.kernel.errors import AlreadyExists, Missing, Stale
from hlc_core.payments.api import AttemptState, Capabilities, MarkDisputed, NothingCaptured
from proof.charging import START, SYSTEM, Counter
from proof.histories import CLASSES

TOKENS = (
    "tok_success",
    "tok_action_once",
    "tok_action_once",
    "tok_pending_60",
    "tok_lost_answer",
    "tok_late_900",
    "tok_hard",
    "tok_server_error",
    "tok_lagging_60",
    "tok_wrong_amount",
    "tok_lost_request",
)
RESOLVER = (6.0, 36.0, 130.0, 620.0, 3_000.0, 7_300.0, 30_000.0, 80_000.0)
"""Seconds after which the resolver comes round, whatever is told."""

KINDS = ("created", "processing", "settled")
"""What a gateway tells of one object, in its order."""


@frozen(kw_only=True)
class Payer:
    """One debt: its card, what the buyer says at the bank and when, and whether it is disputed."""

    token: str
    agrees: bool
    acts_after: float
    disputes: bool


@frozen(kw_only=True)
class Told:
    """A webhook on its way: when it arrives, and of whose object."""

    at: float
    payer: int
    dispute: bool = False


@frozen(kw_only=True)
class Tally:
    """How many disorders were told, with how many webhooks, and those that ended otherwise."""

    count: int
    webhooks: int
    failures: tuple[str, ...]


def run(seeds: Iterable[int]) -> Tally:
    """The histories of these seeds."""
    count = webhooks = 0
    failures: list[str] = []
    for seed in seeds:
        told, wrong = disorder(seed)
        count, webhooks = count + 1, webhooks + told
        failures += [f"seed {seed}: {text}" for text in wrong]
    return Tally(count=count, webhooks=webhooks, failures=tuple(failures[:50]))


def disorder(seed: int) -> tuple[int, tuple[str, ...]]:
    """How many webhooks were told in the disorder, and what then stood otherwise than in order."""
    random = Random(seed)
    capabilities = CLASSES[seed % len(CLASSES)][1]
    payers = [
        Payer(
            token=random.choice(TOKENS),
            agrees=random.random() < 0.7,
            acts_after=random.choice((20.0, 400.0, 9_000.0, 60_000.0)),
            disputes=random.random() < 0.25,
        )
        for _ in range(random.randint(1, 3))
    ]
    in_order = [
        Told(at=payer.acts_after + place, payer=number)
        for number, payer in enumerate(payers)
        for place, _ in enumerate(KINDS)
    ]
    disputes = [Told(at=200_000.0, payer=n, dispute=True) for n, payer in enumerate(payers) if payer.disputes]
    mixed = [
        Told(at=random.choice((0.0, 1.0, 30.0, 500.0, 10_000.0, 90_000.0)) * random.random(), payer=one.payer)
        for one in in_order
        for _ in range(random.randint(0, 5))
    ]
    mixed += [
        Told(at=random.random() * 300_000.0, payer=one.payer, dispute=True)
        for one in disputes
        for _ in range(random.randint(1, 5))
    ]
    calm, upset = Telling(payers, capabilities), Telling(payers, capabilities)
    expected, found = calm.told([*in_order, *disputes]), upset.told(mixed)
    wrong = [] if expected == found else [f"in order {expected}, in disorder {found}"]
    if any(len(upset.counter.bank.audit.charges(a.id)) > 1 for a in upset.counter.attempts()):
        wrong.append("charged twice")
    return len(mixed), tuple(wrong)


@define
class Telling:
    """One way of telling: `told`, then `end`."""

    payers: Sequence[Payer]
    capabilities: Capabilities = FENCING
    counter: Counter = field(init=False)
    disputed: set[int] = field(factory=set, init=False)

    def told(self, webhooks: Sequence[Told]) -> tuple[tuple[object, ...], ...]:
        """The world's end after these webhooks."""
        self.counter = Counter(capabilities=self.capabilities)
        early = [one for one in webhooks if one.at < 1.0 and not one.dispute]
        self.counter.probe = lambda point: self._before_the_answer(point, early)
        for number, payer in enumerate(self.payers):
            self.counter.pay(f"debt_{number}", payer.token, 100 + number, off_session=False)
        self.counter.probe = lambda _point: None
        looks = [(at, 0, n) for n, at in enumerate(RESOLVER)]
        acts = [(payer.acts_after, 1, n) for n, payer in enumerate(self.payers)]
        tells = [(one.at, 2, n) for n, one in enumerate(webhooks)]
        for at, kind, number in sorted(looks + acts + tells):
            self.counter.clock.set(max(self.counter.clock.now(), START + timedelta(seconds=at)))
            if kind == 0:
                self.counter.resolve_due()
            elif kind == 1:
                self._act(number)
            else:
                self._deliver(webhooks[number])
        return self.end()

    def _before_the_answer(self, point: str, early: list[Told]) -> None:
        if point == "gateway.after" and early:
            self._deliver(early.pop())

    def _act(self, number: int) -> None:
        self.counter.bank.tick()
        for attempt in self.counter.attempts():
            if attempt.payment.obligation == f"debt_{number}":
                self.counter.bank.act(f"sim_{attempt.id}_1", self.payers[number].agrees)

    def _deliver(self, webhook: Told) -> None:
        mine = [a for a in self.counter.attempts() if a.payment.obligation == f"debt_{webhook.payer}"]
        for attempt in mine[-1:]:
            if webhook.dispute:
                self._dispute(webhook.payer)
            else:
                with suppress(Stale, AlreadyExists):
                    self.counter.wake(attempt)

    def _dispute(self, number: int) -> None:
        """Refused until the payment is ours and paid; the gateway tells it again."""
        mine = [a for a in self.counter.attempts() if a.payment.obligation == f"debt_{number}"]
        command = MarkDisputed(gateway="simulator", object_id=mine[-1].object_id or mine[-1].id)
        try:
            self.counter.application.execute(command, SYSTEM)
        except (Missing, NothingCaptured):
            return
        self.disputed.add(number)

    def end(self) -> tuple[tuple[object, ...], ...]:
        """Rows and books, once nothing is due any more and every dispute was taken."""
        counter = self.counter
        for _ in range(80):
            due = [a.next_check_at for a in counter.attempts() if a.live and a.next_check_at is not None]
            if not due:
                break
            counter.clock.set(max(counter.clock.now(), min(due)) + timedelta(hours=2))
            counter.resolve_due()
        counter.advance(400_000)
        counter.bank.tick()
        for number, payer in enumerate(self.payers):
            if payer.disputes and number not in self.disputed:
                self._dispute(number)
        rows = [
            (a.payment.obligation, a.number, a.state.value, a.disputed, a.state is AttemptState.CLOSED or a.code)
            for a in counter.attempts()
        ]
        books = [(line.amount.amount,) for line in counter.bank.audit.charges()]
        return (*sorted(rows), *sorted(books))
