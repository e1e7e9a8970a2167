"""What review needs from outside."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from hlc_core.intake.api import Env as IntakeEnv
from hlc_core.kernel.ids import ActorId, IntakeId, LicenceId, OrderId, ReviewId
from hlc_core.kernel.repository import Repository
from hlc_core.payments.api import Env as PaymentsEnv
from hlc_core.review.machine import ReviewState
from hlc_core.review.model import Decision, DecisionId, Licence, Review


class Reviews(Repository[ReviewId, Review], Protocol):
    """Reviews. Refuses when written: AlreadyExists (a second review of one intake)."""

    def of_intakes(self, intakes: Iterable[IntakeId]) -> Sequence[Review]:
        """The reviews of these intakes, in one statement."""
        ...

    def of_orders(self, orders: Iterable[OrderId]) -> Sequence[Review]:
        """The reviews of these orders, in one statement."""
        ...

    def page(self, states: Sequence[ReviewState], after: ReviewId | None, limit: int) -> Sequence[Review]:
        """Reviews in these states, oldest first, behind `after`."""
        ...

    def count(self, states: Sequence[ReviewState]) -> int:
        """How many there are in these states."""
        ...


class Decisions(Repository[DecisionId, Decision], Protocol):
    """Decisions; they are only ever added."""

    def of_review(self, review: ReviewId) -> Sequence[Decision]:
        """All of a review, by number."""
        ...


class Licences(Repository[LicenceId, Licence], Protocol):
    """Licences. Refuses when written: AlreadyExists (the same number in one state)."""

    def of_clinician(self, clinician: ActorId) -> Sequence[Licence]:
        """All of a clinician."""
        ...

    def page(self, after: LicenceId | None, limit: int) -> Sequence[Licence]:
        """In the order of their ids, behind `after`."""
        ...


class Env(IntakeEnv, PaymentsEnv, Protocol):
    """What use cases of this context may touch."""

    @property
    def reviews(self) -> Reviews: ...
    @property
    def decisions(self) -> Decisions: ...
    @property
    def licences(self) -> Licences: ...
