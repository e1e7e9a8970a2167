"""Patients who answer and clinicians who decide, in the demo: through the same commands as everybody else."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta
from importlib import resources

from attrs import define

from hlc_adapters.imports.questionnaires import decoded, read_questionnaire
from hlc_adapters.services import Services
from hlc_core.access.api import KEYS
from hlc_core.intake.api import (
    Answer,
    Authored,
    Consultation,
    Correction,
    GetConsultation,
    GetIntake,
    ImportQuestionnaires,
    ItemType,
    LinkOfOrder,
    Question,
    SaveAnswers,
    SubmitIntake,
)
from hlc_core.kernel.commands import Actor, ActorKind, Envelope, system
from hlc_core.kernel.ids import ActorId, OrderId, OrganizationId
from hlc_core.review.api import (
    AddLicence,
    ApproveReview,
    AskForCorrections,
    ClaimReview,
    RejectReview,
    VerifyLicence,
)

CLINICIAN = ActorId("dr-lane")
STATES = ("CO", "FL", "ID", "OR", "TX", "WI")
"""Where the demo's clinicians are licensed: where its patients live."""

_SAMPLES = ("weight-intake", "hair-intake", "mens-health-intake", "skin-intake", "general-intake")
_SAFE = {
    "stairs": "yes",
    "mornings": "yes",
    "diabetes": "none",
    "drinks": "2",
    "blood-pressure": "normal",
    "could-be-pregnant": "not-applicable",
    "glp1-dose": "0.5 mg once a week",
    "goal-weight": "",
    "anything-else": "",
    "conditions-more": "",
}
_TWICE = 6
"""Rounds in which new questions may come up."""


def sample_questionnaires() -> tuple[Authored, ...]:
    """The five questionnaires that come with HLC."""
    folder = resources.files("hlc_adapters.samples").joinpath("questionnaires")
    return tuple(
        read_questionnaire(decoded(folder.joinpath(f"{name}.yaml").read_bytes(), name), f"{name}.yaml")
        for name in _SAMPLES
    )


@define
class Care:
    """The patients' and the clinician's side of the demo clinic."""

    services: Services
    organization: OrganizationId
    draw: random.Random

    def open(self, today: date) -> None:
        """Questionnaires are in use, and the clinician is licensed."""
        application = self.services.application
        application.execute(ImportQuestionnaires(questionnaires=sample_questionnaires()), self._envelope("staff_demo"))
        self.license(CLINICIAN, today, 48_000)

    def license(self, clinician: ActorId, today: date, first: int) -> None:
        """The clinician may approve where the demo's patients live, under numbers above the first."""
        application = self.services.application
        for number, state in enumerate(STATES, start=1):
            command = AddLicence(
                clinician=clinician,
                number=f"{state}-{first + 137 * number}",
                state=state,
                expires_on=today + timedelta(days=700 + 40 * number),
            )
            licence = application.execute(command, self._envelope("staff_demo"))
            application.execute(VerifyLicence(licence=licence.id), self._envelope("staff_demo"))

    def answer(self, order: OrderId, today: date, *, submit: bool = True, pages: int = 99) -> None:
        """The patient answers the first so many pages, and sends the answers."""
        key = self._key(order)
        view = self._view(key)
        for _ in range(_TWICE):
            given = [*self._given(view, pages, today)]
            if not given:
                break
            for questionnaire, answers in given:
                command = SaveAnswers(session_key=key, questionnaire=questionnaire, answers=answers)
                view = self.services.application.execute(command, self._public)
        if submit:
            self.services.application.execute(SubmitIntake(session_key=key), self._public)

    def approve(self, order: OrderId) -> None:
        """The clinician looks at it and approves."""
        review, token = self._claim(order)
        command = ApproveReview(review=review, token=token, note="Looked at all answers; nothing stands against it.")
        self.services.application.execute(command, self._envelope(CLINICIAN))

    def send_back(self, order: OrderId, key: str, item: str, reason: str) -> None:
        """The clinician asks the patient to look at an answer again."""
        review, token = self._claim(order)
        asked = (Correction(key=key, item=item, reason=reason),)
        command = AskForCorrections(review=review, token=token, corrections=asked)
        self.services.application.execute(command, self._envelope(CLINICIAN))

    def send_back_anything(self, order: OrderId) -> None:
        """The same about the medicines, which every questionnaire asks for."""
        view = self.services.application.ask(GetIntake(intake=order), self._envelope(CLINICIAN))
        self.send_back(order, view.intake.pins[0].key, "current-medicines", "Please write the doses, too.")

    def reject(self, order: OrderId) -> None:
        """The clinician cannot approve it."""
        review, token = self._claim(order)
        command = RejectReview(review=review, token=token, reason="Not suitable for this patient.")
        self.services.application.execute(command, self._envelope(CLINICIAN))

    def _claim(self, order: OrderId) -> tuple[str, int]:
        held = self.services.application.execute(ClaimReview(review=order), self._envelope(CLINICIAN))
        return held.id, held.token

    def _given(self, view: Consultation, pages: int, today: date) -> Iterator[tuple[str, tuple[Answer, ...]]]:
        for step in view.steps[:pages]:
            answers = tuple(self._answer(one, today) for one in step.questions if one.fault)
            if answers:
                yield step.questionnaire, answers

    def _answer(self, question: Question, today: date) -> Answer:
        return Answer(item=question.id, values=tuple(word for word in self._words(question, today) if word))

    def _words(self, question: Question, today: date) -> tuple[str, ...]:
        options = [option.value for option in question.options]
        if question.id in _SAFE and (not options or _SAFE[question.id] in options):
            return (_SAFE[question.id],)
        match question.type:
            case ItemType.DATE:
                lately = question.id == "glp1-last-taken"
                days = self.draw.randrange(3, 25) if lately else self.draw.randrange(9_000, 20_000)
                return ((today - timedelta(days=days)).isoformat(),)
            case ItemType.HEIGHT:
                return (f"{self.draw.randrange(62, 74)} in",)
            case ItemType.WEIGHT:
                return (f"{self.draw.randrange(225, 290)} lb",)
            case ItemType.YES_NO:
                return ("yes" if question.id == "glp1-last-30" and self.draw.random() < 0.3 else "no",)
            case ItemType.CHOICES:
                return ("none",) if "none" in options else (self.draw.choice(options),)
            case ItemType.CHOICE:
                return ("male" if question.id == "sex-at-birth" else self.draw.choice(options[:2]),)
            case ItemType.CONSENT:
                return ("yes",)
            case _:
                return (self.draw.choice(("None.", "Vitamin D once a day.", "Ibuprofen at times.")),)

    def _key(self, order: OrderId) -> str:
        path = self.services.application.ask(LinkOfOrder(order=order), system(self.organization))
        return (path or "").rpartition("/")[2]

    def _view(self, key: str) -> Consultation:
        return self.services.application.ask(GetConsultation(session_key=key), self._public)

    @property
    def _public(self) -> Envelope:
        actor = Actor(
            kind=ActorKind.PUBLIC,
            id=ActorId("public"),
            organization=self.organization,
            permissions=KEYS[ActorKind.PUBLIC],
        )
        return Envelope(actor=actor)

    def _envelope(self, name: str) -> Envelope:
        actor = Actor(
            kind=ActorKind.STAFF,
            id=ActorId(name),
            organization=self.organization,
            permissions=KEYS[ActorKind.STAFF],
        )
        return Envelope(actor=actor)
