"""What intake needs from outside."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from hlc_core.intake.machine import IntakeState
from hlc_core.intake.model import IntakeRevision, IntakeSession, Questionnaire, RevisionId
from hlc_core.kernel.ids import IntakeId, OrderId, PatientId, QuestionnaireId
from hlc_core.kernel.repository import Repository
from hlc_core.orders.api import Env as OrdersEnv
from hlc_core.patients.api import Fingerprints


class Questionnaires(Repository[QuestionnaireId, Questionnaire], Protocol):
    """Versions. Refuses when written: AlreadyExists (the key's number; a second published version of a key)."""

    def published(self, keys: Iterable[str]) -> Sequence[Questionnaire]:
        """The versions in use of these keys."""
        ...

    def of_key(self, key: str) -> Sequence[Questionnaire]:
        """Every version of the key, by number."""
        ...

    def all(self) -> Sequence[Questionnaire]:
        """Every version of every key, by key and number."""
        ...


class IntakeSessions(Repository[IntakeId, IntakeSession], Protocol):
    """Intakes. Refuses when written: AlreadyExists (a second intake of one order)."""

    def of_orders(self, orders: Iterable[OrderId]) -> Sequence[IntakeSession]:
        """The intakes of these orders, in one statement."""
        ...

    def keyed(self, key_hash: str) -> IntakeSession | None:
        """The intake whose link has that hash."""
        ...

    def of_patients(
        self, patients: tuple[PatientId, ...], after: IntakeId | None, limit: int
    ) -> Sequence[IntakeSession]:
        """Those of these patients, newest first, behind (opened before) `after`."""
        ...

    def page(self, state: IntakeState | None, after: IntakeId | None, limit: int) -> Sequence[IntakeSession]:
        """Newest first, behind (opened before) `after`; of one state, or of all."""
        ...


class IntakeRevisions(Repository[RevisionId, IntakeRevision], Protocol):
    """Submitted answers; they are only ever added."""

    def of_intake(self, intake: IntakeId) -> Sequence[IntakeRevision]:
        """All of an intake, by number."""
        ...


class Env(OrdersEnv, Protocol):
    """What use cases of this context may touch."""

    @property
    def fingerprints(self) -> Fingerprints: ...
    @property
    def questionnaires(self) -> Questionnaires: ...
    @property
    def intakes(self) -> IntakeSessions: ...
    @property
    def intake_revisions(self) -> IntakeRevisions: ...
