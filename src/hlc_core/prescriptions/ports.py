"""What prescriptions need from outside: rows, and the port of a pharmacy."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from attrs import field, frozen

from hlc_core.kernel.ids import DispatchId, DrugId, OrderId, PatientId, PrescriptionId, SubscriptionId
from hlc_core.kernel.repository import Repository
from hlc_core.patients.api import Address
from hlc_core.people.api import Users
from hlc_core.prescriptions.machine import DispatchState, PrescriptionState
from hlc_core.prescriptions.model import Dispatch, Drug, Prescription
from hlc_core.review.api import Env as ReviewEnv
from hlc_core.subscriptions.api import Env as SubscriptionsEnv


class Drugs(Repository[DrugId, Drug], Protocol):
    """The catalog. Refuses when written: AlreadyExists (key; external id)."""

    def keyed(self, keys: Iterable[str]) -> Sequence[Drug]:
        """Those with these keys."""
        ...

    def with_external_ids(self, external_ids: Iterable[str]) -> Sequence[Drug]:
        """Those that were imported under these keys."""
        ...

    def called(self, words: Iterable[str]) -> Sequence[Drug]:
        """The active ones whose folded name is one of the words."""
        ...

    def page(self, active_only: bool, after: DrugId | None, limit: int) -> Sequence[Drug]:
        """In the order of their ids."""
        ...


class Prescriptions(Repository[PrescriptionId, Prescription], Protocol):
    """Refuses when written: AlreadyExists (number; a drug that stands prescribed for the order)."""

    def of_orders(self, orders: Iterable[OrderId]) -> Sequence[Prescription]:
        """All that were written for these orders."""
        ...

    def of_subscriptions(self, subscriptions: Iterable[SubscriptionId]) -> Sequence[Prescription]:
        """All of these subscriptions, in one statement."""
        ...

    def of_patient(self, patient: PatientId, after: PrescriptionId | None, limit: int) -> Sequence[Prescription]:
        """A patient's, newest first."""
        ...

    def numbered(self, number: str) -> Prescription | None:
        """The one with that Rx number."""
        ...

    def page(
        self, states: Sequence[PrescriptionState], after: PrescriptionId | None, limit: int
    ) -> Sequence[Prescription]:
        """Those in one of the states (none named: all), newest first."""
        ...

    def run_out(self, today: date, limit: int) -> Sequence[Prescription]:
        """Those not ended whose last day is before that day."""
        ...


class Dispatches(Repository[DispatchId, Dispatch], Protocol):
    """Refuses when written: AlreadyExists (a second one that stands for the same fill)."""

    def due(self, now: datetime, limit: int) -> Sequence[Dispatch]:
        """Those that a worker has to look at: to be sent, or arrived with news that their order does not show yet."""
        ...

    def of_prescriptions(self, prescriptions: Iterable[PrescriptionId]) -> Sequence[Dispatch]:
        """All of these prescriptions."""
        ...

    def of_orders(self, orders: Iterable[OrderId]) -> Sequence[Dispatch]:
        """All that fill these orders."""
        ...

    def page(self, states: Sequence[DispatchState], after: DispatchId | None, limit: int) -> Sequence[Dispatch]:
        """Those in one of the states (none named: all), newest first."""
        ...


class PharmacyFacts(Protocol):
    """What use cases may know of the pharmacies of this installation: no call goes out through it."""

    def certified(self, pharmacy: str) -> bool | None:
        """Whether that adapter says that it may take controlled drugs; None: there is none of that name."""
        ...

    @property
    def default(self) -> str:
        """The name of the one that takes what names no other."""
        ...

    @property
    def names(self) -> Sequence[str]:
        """All their names."""
        ...


@frozen
class NoPharmacies:
    """What an installation without pharmacies knows of them."""

    default: str = ""
    names: Sequence[str] = ()

    def certified(self, pharmacy: str) -> bool | None:
        """None: there is none of any name."""
        return None


class Env(SubscriptionsEnv, ReviewEnv, Protocol):
    """What use cases of this context may touch."""

    @property
    def users(self) -> Users: ...
    @property
    def drugs(self) -> Drugs: ...
    @property
    def prescriptions(self) -> Prescriptions: ...
    @property
    def dispatches(self) -> Dispatches: ...
    @property
    def pharmacies(self) -> PharmacyFacts: ...


@frozen(kw_only=True)
class Script:
    """Everything that a pharmacy has to know of one fill. Personal and clinical: never logged, never in an event."""

    dispatch: DispatchId
    number: str
    fill: int
    refills_left: int
    written_on: date
    expires_on: date
    organization: str
    clinic: str
    patient_name: str = field(repr=False)
    patient_email: str = field(repr=False)
    patient_phone: str = field(repr=False)
    address: Address | None = field(repr=False)
    patient_state: str
    prescriber: str = field(repr=False)
    licence_number: str = field(repr=False)
    licence_state: str
    drug: str = field(repr=False)
    compound: str = field(repr=False)
    strength: str = field(repr=False)
    form: str
    code: str
    controlled: bool
    quantity: int
    unit: str
    days_supply: int
    directions: str = field(repr=False)
    order_number: str


class PharmacyResult(StrEnum):
    """What came of asking a pharmacy. Only definite answers are anything else than NO_ANSWER.

    NOT_SENT: certainly nothing reached it. NOT_FOUND: it was asked, and does not have it.
    """

    SENT = "sent"
    ACKNOWLEDGED = "acknowledged"
    REFUSED = "refused"
    NOT_SENT = "not_sent"
    NOT_FOUND = "not_found"
    NO_ANSWER = "no_answer"


@frozen(kw_only=True)
class PharmacyAnswer:
    """The answer. `code` is a short word, `text` a sentence for staff, `reference` the pharmacy's own id."""

    result: PharmacyResult
    code: str = ""
    text: str = field(default="", repr=False)
    reference: str = ""


class Pharmacy(Protocol):
    """A pharmacy. No method raises for what the network or the pharmacy did; repeating `send` with the same dispatch
    never makes a second delivery where the pharmacy keeps to its contract. Never called inside a transaction."""

    @property
    def name(self) -> str:
        """The word stored beside dispatches."""
        ...

    @property
    def certified(self) -> bool:
        """Whether it may take controlled drugs."""
        ...

    def send(self, script: Script) -> PharmacyAnswer:
        """Hand the fill over: SENT, ACKNOWLEDGED, REFUSED, NOT_SENT or NO_ANSWER."""
        ...

    def look_up(self, dispatch: DispatchId) -> PharmacyAnswer:
        """Ask whether it has that dispatch: SENT, ACKNOWLEDGED, REFUSED, NOT_FOUND or NO_ANSWER."""
        ...
