"""Questionnaires and purchases for tests of intake and review."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from hlc_adapters.storage.shapes.care import INTAKES, REVIEWS
from hlc_core.access.permissions import KEYS
from hlc_core.intake.api import (
    Answer,
    Authored,
    Consultation,
    ImportQuestionnaires,
    IntakeSession,
    SaveAnswers,
    SubmitIntake,
    authored,
)
from hlc_core.kernel.commands import Actor, ActorKind, Envelope
from hlc_core.kernel.ids import ActorId
from hlc_core.orders.api import GetOrder, Order
from hlc_core.patients.api import Address
from hlc_core.review.api import AddLicence, ClaimReview, Licence, Review, VerifyLicence
from support.worlds import ORGANIZATION, PUBLIC, World

HOME = Address(address1="1 Main St", city="Albany", postal_code="12207", province_code="NY")
DOCTOR = ActorId("usr_doctor")

TREE: dict[str, Any] = {
    "key": "intake",
    "title": "Before we prescribe",
    "pages": [
        {
            "title": "About you",
            "items": [
                {"id": "born", "type": "date", "text": "When were you born?", "most": "today"},
                {"id": "height", "type": "height", "text": "How tall are you?", "least": "100", "most": "250"},
                {"id": "weight", "type": "weight", "text": "How much do you weigh?", "least": "30", "most": "350"},
            ],
        },
        {
            "title": "Your health",
            "items": [
                {
                    "id": "conditions",
                    "type": "choices",
                    "text": "Which of these do you have?",
                    "choices": [
                        {"value": "mtc", "label": "Medullary thyroid cancer", "disqualifies": "Thyroid cancer."},
                        {"value": "gallstones", "label": "Gallstones", "score": "2"},
                        {"value": "none", "label": "None of these", "alone": "yes"},
                    ],
                },
                {"id": "glp1", "type": "yes_no", "text": "A GLP-1 in the last 30 days?", "scores": {"yes": "1"}},
                {
                    "id": "glp1-name",
                    "type": "text",
                    "text": "Which one?",
                    "when": {"item": "glp1", "is": "yes"},
                },
                {
                    "id": "allergies",
                    "type": "long_text",
                    "text": "Allergies?",
                    "required": "no",
                },
                {"id": "agree", "type": "consent", "text": "I answered truthfully."},
            ],
        },
    ],
    "computed": [{"id": "bmi", "formula": "bmi", "title": "BMI", "of": ["height", "weight"]}],
    "scores": [
        {
            "id": "risk",
            "title": "Risk",
            "items": ["conditions", "glp1"],
            "bands": [{"at_least": "0", "label": "low"}, {"at_least": "2", "label": "raised"}],
        }
    ],
    "disqualifiers": [{"when": {"item": "bmi", "at_most": "26.9"}, "reason": "BMI below 27."}],
}
FORM = authored(TREE)
TODAY = date(2026, 1, 15)
GOOD = {
    "born": ("1984-03-31",),
    "height": ("178 cm",),
    "weight": ("98.5 kg",),
    "conditions": ("none",),
    "glp1": ("no",),
    "agree": ("yes",),
}


def answers(**more: tuple[str, ...]) -> tuple[Answer, ...]:
    """Answers that can be submitted, with some replaced (`_` in a name stands for a dash)."""
    given = {**GOOD, **{name.replace("_", "-"): values for name, values in more.items()}}
    return tuple(Answer(item=item, values=values) for item, values in given.items())


def publish(world: World, *forms: Authored) -> None:
    """Put questionnaires into use."""
    world.execute(ImportQuestionnaires(questionnaires=forms or (FORM,)))


def bought(
    world: World, questionnaires: Sequence[str] = ("intake",), token: str = "tok_success", **offer: Any
) -> Order:
    """A paid order of a product that needs these questionnaires and a prescription, sent to Albany, New York."""
    terms = {"questionnaires": tuple(questionnaires), "needs_prescription": True, **offer}
    view = world.pay(world.cart(world.product(**terms)), token, address=HOME)
    assert view.checkout.order is not None
    return order_of(world, view.checkout.order)


def order_of(world: World, order: str) -> Order:
    """The order as it stands."""
    return world.ask(GetOrder(order=order)).order


def intake_of(world: World, order: Order) -> IntakeSession:
    """Its intake as it stands."""
    found: list[IntakeSession] = [one for one in world.rows(INTAKES) if one.order == order.id]
    return found[0]


def review_of(world: World, order: Order) -> Review:
    """Its review as it stands."""
    found: list[Review] = [one for one in world.rows(REVIEWS) if one.order == order.id]
    return found[0]


def fill(world: World, order: Order, **more: tuple[str, ...]) -> Consultation:
    """Save answers to the questionnaire of an order."""
    key = intake_of(world, order).session_key
    return world.execute(SaveAnswers(session_key=key, questionnaire="intake", answers=answers(**more)), PUBLIC)


def submit(world: World, order: Order) -> Consultation:
    """Submit the intake of an order."""
    return world.execute(SubmitIntake(session_key=intake_of(world, order).session_key), PUBLIC)


def submitted(world: World, **more: tuple[str, ...]) -> Order:
    """A paid order whose answers were submitted."""
    publish(world)
    order = bought(world)
    fill(world, order, **more)
    submit(world, order)
    return order_of(world, order.id)


def clinician(name: str = DOCTOR) -> Envelope:
    """A clinician of the clinic."""
    permissions = KEYS[ActorKind.STAFF]
    return Envelope(
        actor=Actor(kind=ActorKind.STAFF, id=ActorId(name), organization=ORGANIZATION, permissions=permissions)
    )


def licensed(world: World, name: str = DOCTOR, state: str = "NY", expires_on: date = date(2028, 1, 1)) -> Licence:
    """A verified licence."""
    added = world.execute(
        AddLicence(clinician=ActorId(name), number=f"L-{name}-{state}", state=state, expires_on=expires_on)
    )
    return world.execute(VerifyLicence(licence=added.id))


def claimed(world: World, order: Order, name: str = DOCTOR) -> tuple[str, int]:
    """The review of an order and the token under which the clinician holds it."""
    held = world.execute(ClaimReview(review=order.id), clinician(name))
    return held.id, held.token
