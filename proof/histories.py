"""Lives of charges under a swarm of faults, each drawn from one seed, judged by the bank's own books.

A history is some virtual weeks at one gateway: buyers and billing want the same money at once and again, a second
process works while the first waits for the gateway, processes die, webhooks wake, staff refund and rule, and messages
are lost, late, doubled or answered wrongly. Then the faults heal, and everything must have come to an end.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta
from random import Random

from attrs import define, field, frozen

from hlc_adapters.gateways.simulator import BARE, CALM, FENCING, KEYED, Faults
from hlc_core.kernel.errors import AlreadyExists, Stale
from hlc_core.kernel.evolve import evolve
from hlc_core.payments.api import AttemptState, Capabilities, RefundState
from proof.charging import Counter, Crash

CLASSES: tuple[tuple[str, Capabilities], ...] = (
    ("fencing", FENCING),
    ("keyed", KEYED),
    ("bare", BARE),
    ("keyed, with short flights", evolve(KEYED, longest_flight=21_600)),
)
"""Which fence a gateway offers: an object that can be cancelled, a key that expires sooner or later than the slowest
request arrives, or none."""

TOKENS = (
    *("tok_success",) * 8,
    "tok_hard",
    "tok_soft",
    "tok_soft_first_1",
    "tok_action",
    "tok_action_once",
    "tok_pending_60",
    "tok_pending_90000",
    "tok_lost_answer",
    "tok_lost_request",
    "tok_late_20",
    "tok_late_20000",
    "tok_server_error",
    "tok_lagging_60",
    "tok_wrong_amount",
    "tok_wrong_currency",
    "tok_refund_fails",
    "tok_refund_waits_90000",
)
SPANS = (0.5, 4.0, 29.0, 130.0, 700.0, 3500.0, 9000.0, 22_000.0, 43_000.0, 90_000.0, 180_000.0, 400_000.0)
"""Seconds between two events of a history."""

MOST_ROUNDS = 400


@frozen(kw_only=True)
class History:
    """What one seed gave: `wrong` must be empty; the rest says what the history went through."""

    seed: int
    wrong: tuple[str, ...]
    captures: int
    crashes: int
    quarantined: int
    refunds: int


@frozen(kw_only=True)
class Tally:
    """Many histories together."""

    count: int = 0
    captures: int = 0
    crashes: int = 0
    quarantined: int = 0
    refunds: int = 0
    failures: tuple[str, ...] = ()

    def with_(self, one: History) -> Tally:
        """This one, too."""
        shown = tuple(f"seed {one.seed}: {text}" for text in one.wrong)
        return Tally(
            count=self.count + 1,
            captures=self.captures + one.captures,
            crashes=self.crashes + one.crashes,
            quarantined=self.quarantined + one.quarantined,
            refunds=self.refunds + one.refunds,
            failures=(*self.failures, *shown)[:50],
        )


ENOUGH = 8
"""Failures after which no further history is looked at."""


def run(seeds: Iterable[int]) -> Tally:
    """The histories of these seeds, up to the first failures."""
    tally = Tally()
    for seed in seeds:
        tally = tally.with_(history(seed))
        if len(tally.failures) >= ENOUGH:
            break
    return tally


def history(seed: int) -> History:
    """The history of that seed, from its first event to the bank's last word."""
    life = Life(seed)
    life.live()
    life.heal()
    return life.judged()


def faults_of(seed: int, random: Random, capabilities: Capabilities) -> Faults:
    """A swarm: each fault is on or off in this history, and rare or common.

    A late request arrives, and is seen by look-ups, before the longest flight is over: that is what the word means. The
    flight begins with the row that says "sent"; a process may stall for minutes between that row and its request.
    """

    def rate() -> float:
        return random.choice((0.05, 0.2, 0.45)) if random.random() < 0.35 else 0.0

    return Faults(
        seed=seed,
        lost_answer=rate(),
        lost_request=rate(),
        zombie=rate(),
        outage=rate(),
        server_error=rate(),
        soft_decline=rate(),
        lag=rate(),
        zombie_after=(1.0, capabilities.longest_flight - 1800.0),
    )


@define
class Life:
    """One history as it happens: `live`, then `heal`, then `judged`."""

    seed: int
    random: Random = field(init=False)
    counter: Counter = field(init=False)
    debts: dict[str, tuple[str, int, bool]] = field(factory=dict, init=False)
    ruled: set[str] = field(factory=set, init=False)
    dies: float = 0.0
    meets: float = 0.0
    depth: int = 0
    crashes: int = 0
    quarantined: int = 0
    wrong: list[str] = field(factory=list, init=False)

    def __attrs_post_init__(self) -> None:
        self.random = Random(self.seed)
        random = self.random
        capabilities = CLASSES[self.seed % len(CLASSES)][1]
        self.counter = Counter(capabilities=capabilities)
        self.counter.bank.behave(faults_of(self.seed, random, capabilities))
        self.counter.probe = self._probe
        self.dies = random.choice((0.02, 0.1)) if random.random() < 0.35 else 0.0
        self.meets = random.choice((0.1, 0.3)) if random.random() < 0.45 else 0.0
        for number in range(random.choice((1, 1, 1, 2))):
            off_session = random.random() < 0.4
            self.debts[f"debt_{number}"] = (random.choice(TOKENS), 100 * (number + 1), off_session)

    def _probe(self, point: str) -> None:
        """Here a process can die, and, while one waits for the gateway, others can act."""
        if self.dies and self.random.random() < self.dies:
            self.crashes += 1
            raise Crash
        if self.meets and self.depth < 3 and point.startswith("gateway") and self.random.random() < self.meets:
            self.depth += 1
            try:
                if self.random.random() < 0.3:
                    self.counter.advance(self.random.choice(SPANS[:4]))
                self._act()
            finally:
                self.depth -= 1

    def live(self) -> None:
        """Events, with time between them."""
        self._pay()
        for _ in range(self.random.randint(2, 8)):
            self.counter.advance(self.random.choice(SPANS))
            self._act()

    def _act(self) -> None:
        """One event; what another process made of the same rows first is no failure."""
        try:
            with suppress(Stale, AlreadyExists):
                self._event()
        except Crash:
            self.counter.restart()

    def _event(self) -> None:
        drawn, random = self.random.random(), self.random
        if drawn < 0.30:
            self._pay()
        elif drawn < 0.55:
            self.counter.resolve_due()
        elif drawn < 0.72:
            attempts = self.counter.attempts()
            if attempts:
                for _ in range(random.choice((1, 1, 2, 3))):
                    self.counter.wake(random.choice(attempts))
        elif drawn < 0.84:
            self._buyer_acts()
        elif drawn < 0.94:
            paid = [a for a in self.counter.attempts() if a.state is AttemptState.PAID and a.id not in self.ruled]
            if paid:
                chosen = random.choice(paid)
                self.counter.give_back(chosen, random.choice((chosen.payment.amount.amount, 30, 70, 1)))
        else:
            self._rule()

    def _pay(self) -> None:
        obligation = self.random.choice(tuple(self.debts))
        token, amount, off_session = self.debts[obligation]
        if self.random.random() < 0.3:
            token = self.random.choice(TOKENS)
        try:
            with suppress(Stale, AlreadyExists):
                self.counter.pay(obligation, token, amount, off_session)
        except Crash:
            self.counter.restart()

    def _buyer_acts(self) -> None:
        for attempt in self.counter.attempts():
            if attempt.state is AttemptState.ACTION and attempt.object_id:
                objects = (attempt.object_id, f"sim_{attempt.id}_1")
                agreed = self.random.random() < 0.7
                for object_id in objects:
                    self.counter.bank.act(object_id, agreed)

    def _rule(self) -> None:
        self.ruled.update(a.id for a in self.counter.attempts() if a.state is AttemptState.QUARANTINE)
        self.quarantined += self.counter.rule()

    def heal(self) -> None:
        """The faults stop; the resolver and staff bring everything to its end, then each debt is paid."""
        self.dies = self.meets = 0.0
        self.counter.bank.behave(CALM)
        self._settle()
        for obligation, (_, amount, off_session) in self.debts.items():
            self.counter.pay(obligation, "tok_success", amount, off_session)
        self._settle()
        self.counter.advance(400_000)
        self.counter.bank.tick()

    def _settle(self) -> None:
        counter = self.counter
        for _ in range(MOST_ROUNDS):
            checks = [a.next_check_at for a in counter.attempts() if a.live]
            checks += [r.next_check_at for r in counter.refunds() if r.state in _ASKED]
            due = [check for check in checks if check is not None]
            if len(due) < len(checks):
                self.wrong.append("stuck: nobody will ever look at it again")
                return
            if not due:
                self._rule()
                return
            counter.clock.set(max(counter.clock.now(), min(due)) + timedelta(seconds=1))
            counter.resolve_due()
        self.wrong.append("stuck: the resolver does not come to an end")

    def judged(self) -> History:
        """What the bank's books say of it."""
        counter, wrong = self.counter, self.wrong
        attempts = counter.attempts()
        captured = 0
        for obligation in self.debts:
            mine = [a for a in attempts if a.payment.obligation == obligation]
            lines = [line for a in mine for line in counter.bank.audit.charges(a.id)]
            paid = [a for a in mine if a.state is AttemptState.PAID]
            captured += len(lines)
            if len(lines) > 1:
                wrong.append(f"double: {obligation} was captured {len(lines)} times")
            if {line.reference for line in lines} != {a.id for a in paid}:
                wrong.append(f"disagreement: the books have {len(lines)} charges, {obligation} has {len(paid)} paid")
            for line in lines:
                for one in paid:
                    if one.id == line.reference and one.payment.amount != line.amount and one.id not in self.ruled:
                        wrong.append(f"disagreement: captured {line.amount}, noted {one.payment.amount}")
            if not paid:
                wrong.append(f"stuck: {obligation} cannot be paid")
            if any(a.live or a.state is AttemptState.QUARANTINE for a in mine):
                wrong.append(f"stuck: {obligation} has an attempt that did not end")
        self._judge_refunds()
        return History(
            seed=self.seed,
            wrong=tuple(wrong),
            captures=captured,
            crashes=self.crashes,
            quarantined=self.quarantined,
            refunds=len(counter.refunds()),
        )

    def _judge_refunds(self) -> None:
        counter = self.counter
        refunds = counter.refunds()
        if not refunds:
            return
        given = {line.reference: line.amount for line in counter.bank.audit.refunds()}
        ours = {r.id: r.amount for r in refunds if r.state is RefundState.REFUNDED}
        if given != ours:
            self.wrong.append(f"disagreement: the bank gave back {len(given)}, we noted {len(ours)}")
        for refund in refunds:
            if refund.state not in _ENDED:
                self.wrong.append(f"stuck: a refund did not end ({refund.state})")
        for attempt in counter.attempts():
            captured = sum(line.amount.amount for line in counter.bank.audit.charges(attempt.id))
            if sum(line.amount.amount for line in counter.bank.audit.refunds(attempt.id)) > captured:
                self.wrong.append("double: more was given back than was captured")


_ASKED = frozenset({RefundState.OPEN, RefundState.SENT, RefundState.UNKNOWN})
_ENDED = frozenset({RefundState.REFUNDED, RefundState.REFUSED})
