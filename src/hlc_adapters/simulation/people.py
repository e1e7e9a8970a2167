"""Who buys, with which card, and what they will want later: drawn from the seed, the same for the same number."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from random import Random

from attrs import define, field

from hlc_adapters.simulation.plans import SHELF, WEIGHTS, Plan

CARDS: tuple[tuple[str, int], ...] = (
    ("success", 840),
    ("renewal_soft", 60),
    ("renewal_dies", 40),
    ("renewal_action", 15),
    ("renewal_dead", 10),
    ("action_once", 15),
    ("hard", 8),
    ("soft_first_1", 8),
    ("lost_answer", 2),
    ("late", 1),
    ("server_error", 2),
    ("lagging", 2),
    ("pending", 2),
    ("wrong_amount", 1),
)
"""Test cards of the simulator and how many of a thousand buyers have each."""

_NAMES, _SHARES = tuple(name for name, _ in CARDS), tuple(share for _, share in CARDS)
_NUMBERED = {"renewal_soft": 4, "renewal_dies": 24}
"""Cards whose count is drawn, and the most that it is."""


class Want(StrEnum):
    """What somebody may want of a running subscription."""

    CANCEL = "cancel"
    PAUSE = "pause"
    SWITCH = "switch"
    PAY_OFF = "pay_off"
    REFUND = "refund"


_EVERY_DAYS = {Want.CANCEL: 1100.0, Want.PAUSE: 1500.0, Want.SWITCH: 1600.0, Want.PAY_OFF: 900.0, Want.REFUND: 3000.0}
"""Mean days until somebody wants that."""


@define
class Person:
    """One buyer: `number` names the person, `email` may be that of an earlier buyer who comes again."""

    number: int
    random: Random = field(repr=False)
    plan: Plan
    email: str
    cards: int = 0

    def token(self, today: date, first: bool) -> str:
        """The token of the next card: any of the table for the `first` one, a good one for those that replace it."""
        self.cards += 1
        name = self.random.choices(_NAMES, _SHARES)[0] if first and self.cards == 1 else "success"
        if name in _NUMBERED:
            name += f"_{self.random.randint(1, _NUMBERED[name])}"
        ends = ""
        if self.random.random() < 0.75:
            month = today.year * 12 + today.month - 1 + self.random.randint(3, 50)
            ends = f".{month % 12 + 1:02d}{month // 12}"
        return f"tok_{name}{ends}~p{self.number}-{self.cards}"

    def days_until(self, want: Want) -> int:
        """In how many days this comes to mind."""
        return 1 + int(self.random.expovariate(1 / _EVERY_DAYS[want]))

    def chance(self, share: float) -> bool:
        """Whether it happens this time."""
        return self.random.random() < share


def person(seed: int, number: int) -> Person:
    """The n-th buyer of the seed."""
    random = Random(f"{seed}|person|{number}")  # noqa: S311  # replays want repeatable numbers, not secret ones
    plan = random.choices(SHELF, WEIGHTS)[0]
    name = random.randrange(number) if number and random.random() < 0.05 else number
    return Person(number=number, random=random, plan=plan, email=f"buyer{name}@example.com")
