"""Questionnaires, intakes, reviews and licences."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from attrs import frozen

from hlc_adapters.storage.repositories.rows import Rows
from hlc_adapters.storage.shape import above, below, eq, one_of
from hlc_adapters.storage.shapes.care import DECISIONS, INTAKE_REVISIONS, INTAKES, LICENCES, QUESTIONNAIRES, REVIEWS
from hlc_adapters.storage.shapes.orders import ORDERS
from hlc_core.intake.machine import IntakeState
from hlc_core.intake.model import IntakeRevision, IntakeSession, Questionnaire, RevisionId
from hlc_core.kernel.ids import ActorId, IntakeId, LicenceId, OrderId, PatientId, QuestionnaireId, ReviewId
from hlc_core.review.machine import ReviewState
from hlc_core.review.model import Decision, DecisionId, Licence, Review


@frozen
class StoredQuestionnaires(Rows[QuestionnaireId, Questionnaire]):
    """Versions of questionnaires."""

    shape = QUESTIONNAIRES

    def published(self, keys: Iterable[str]) -> Sequence[Questionnaire]:
        """The versions in use of these keys."""
        return self.unit.chunks(self.shape, "published_key", tuple(keys))

    def of_key(self, key: str) -> Sequence[Questionnaire]:
        """Every version of the key, by number."""
        return self.unit.select(self.shape, eq("key", key), order=("number",))

    def all(self) -> Sequence[Questionnaire]:
        """Every version of every key, by key and number."""
        return self.unit.select(self.shape, order=("key", "number"))


@frozen
class StoredIntakes(Rows[IntakeId, IntakeSession]):
    """Intake sessions."""

    shape = INTAKES

    def of_orders(self, orders: Iterable[OrderId]) -> Sequence[IntakeSession]:
        """The intakes of these orders."""
        return self.unit.chunks(self.shape, "order_id", orders, of=(ORDERS,))

    def keyed(self, key_hash: str) -> IntakeSession | None:
        """The intake whose link has that hash."""
        found = self.unit.select(self.shape, eq("key_hash", key_hash), limit=1)
        return found[0] if found else None

    def of_patients(
        self, patients: tuple[PatientId, ...], after: IntakeId | None, limit: int
    ) -> Sequence[IntakeSession]:
        """Those of these patients, newest first."""
        where = [one_of("patient", patients), *(() if after is None else (below("id", after),))]
        return self.unit.select(self.shape, *where, order=("-id",), limit=limit)

    def page(self, state: IntakeState | None, after: IntakeId | None, limit: int) -> Sequence[IntakeSession]:
        """Newest first, of one state or of all."""
        where = [] if state is None else [eq("state", state)]
        if after is not None:
            where.append(below("id", after))
        return self.unit.select(self.shape, *where, order=("-id",), limit=limit)


@frozen
class StoredIntakeRevisions(Rows[RevisionId, IntakeRevision]):
    """Submitted answers."""

    shape = INTAKE_REVISIONS

    def of_intake(self, intake: IntakeId) -> Sequence[IntakeRevision]:
        """All of an intake, by number."""
        return self.unit.select(self.shape, eq("intake", intake), order=("number",))


@frozen
class StoredReviews(Rows[ReviewId, Review]):
    """Reviews."""

    shape = REVIEWS

    def of_intakes(self, intakes: Iterable[IntakeId]) -> Sequence[Review]:
        """The reviews of these intakes."""
        return self.unit.chunks(self.shape, "intake", intakes, of=(INTAKES,))

    def of_orders(self, orders: Iterable[OrderId]) -> Sequence[Review]:
        """The reviews of these orders."""
        return self.unit.chunks(self.shape, "order_id", orders, of=(ORDERS,))

    def page(self, states: Sequence[ReviewState], after: ReviewId | None, limit: int) -> Sequence[Review]:
        """In these states, oldest first."""
        where = [one_of("state", tuple(states))]
        if after is not None:
            where.append(above("id", after))
        return self.unit.select(self.shape, *where, limit=limit)

    def count(self, states: Sequence[ReviewState]) -> int:
        """How many there are in these states."""
        return self.unit.count(self.shape, one_of("state", tuple(states)))


@frozen
class StoredDecisions(Rows[DecisionId, Decision]):
    """Decisions."""

    shape = DECISIONS

    def of_review(self, review: ReviewId) -> Sequence[Decision]:
        """All of a review, by number."""
        return self.unit.select(self.shape, eq("review", review), order=("number",))


@frozen
class StoredLicences(Rows[LicenceId, Licence]):
    """Licences."""

    shape = LICENCES

    def of_clinician(self, clinician: ActorId) -> Sequence[Licence]:
        """All of a clinician."""
        return self.unit.select(self.shape, eq("clinician", clinician))

    def page(self, after: LicenceId | None, limit: int) -> Sequence[Licence]:
        """In the order of their ids."""
        where = () if after is None else (above("id", after),)
        return self.unit.select(self.shape, *where, limit=limit)
