"""Intakes: opened with their order, answered under their link, closed when nothing is to be answered."""

from __future__ import annotations

import pytest

from core.intake.forms import (
    FORM,
    HOME,
    TREE,
    answers,
    bought,
    fill,
    intake_of,
    order_of,
    publish,
    review_of,
    submit,
    submitted,
)
from hlc_adapters.storage.shapes.care import INTAKE_REVISIONS, INTAKES, REVIEWS
from hlc_core.intake.api import (
    Answer,
    AnswersIncomplete,
    AnswersNotUsable,
    GetConsultation,
    ImportQuestionnaires,
    IntakeClosed,
    IntakeState,
    NoSuchIntake,
    QuestionsNotReady,
    SaveAnswers,
    SubmitIntake,
    authored,
)
from hlc_core.invoicing.api import RecordPayment
from hlc_core.kernel.evolve import evolve
from hlc_core.orders.api import (
    CreateStaffOrder,
    MoveOrder,
    OrderState,
    OrderTrigger,
    StaffItem,
    SubmitStaffOrder,
)
from hlc_core.review.api import ReviewState
from support.worlds import PUBLIC, SYSTEM, World


def test_an_order_that_asks_nothing_has_no_intake(world: World) -> None:
    """Nor a review."""
    world.pay(world.cart(world.product()))

    assert [] == world.rows(INTAKES)
    assert [] == world.rows(REVIEWS)


def test_an_order_that_only_needs_a_clinicians_look_waits_in_the_same_queue(world: World) -> None:
    """Its intake asks nothing and is complete at once."""
    order = bought(world, questionnaires=())

    assert OrderState.PROCESSING is order.state
    assert (IntakeState.SUBMITTED, 1, ()) == (
        intake_of(world, order).state, intake_of(world, order).revision, intake_of(world, order).pins,
    )  # fmt: skip
    assert ReviewState.WAITING is review_of(world, order).state


def test_a_staff_order_opens_its_intake_once_it_is_paid(world: World) -> None:
    """Not while the money is awaited."""
    publish(world)
    patient = bought(world).patient
    product = world.product(questionnaires=("intake",), needs_prescription=True)
    draft = world.execute(CreateStaffOrder(patient=patient, items=(StaffItem(product=product.id),)))
    placed = world.execute(SubmitStaffOrder(order=draft.id))
    assert [] == [one for one in world.rows(INTAKES) if one.order == placed.id]

    assert placed.invoice is not None
    world.execute(RecordPayment(invoice=placed.invoice, amount=placed.amounts.total, reference="cash"))

    assert OrderState.AWAITING_REQUIREMENTS is order_of(world, placed.id).state
    assert IntakeState.NOT_STARTED is intake_of(world, order_of(world, placed.id)).state


def test_a_questionnaire_that_nobody_published_is_pinned_when_it_is(memory_world: World) -> None:
    """Until then the patient is asked to come back, and nothing can be submitted past it."""
    world = memory_world
    order = bought(world)
    held = intake_of(world, order)
    assert ((), ("intake",)) == (held.pins, held.missing)
    assert not world.ask(GetConsultation(session_key=held.session_key), PUBLIC).ready
    with pytest.raises(QuestionsNotReady):
        world.execute(SubmitIntake(session_key=held.session_key), PUBLIC)

    publish(world)
    view = world.ask(GetConsultation(session_key=held.session_key), PUBLIC)
    assert (True, 6) == (view.ready, view.outstanding)
    fill(world, order)
    submit(world, order)
    assert (1, ()) == (intake_of(world, order).revision, intake_of(world, order).missing)


def test_a_new_version_does_not_change_what_a_running_intake_asks(memory_world: World) -> None:
    """It keeps the version that it pinned; the next order gets the new one. Pain: responses to another version."""
    world = memory_world
    publish(world)
    first = bought(world)
    changed = evolve(FORM, definition=evolve(FORM.definition, title="Changed"))
    world.execute(ImportQuestionnaires(questionnaires=(changed,)))
    second = bought(world)

    assert [1, 2] == [intake_of(world, one).pins[0].number for one in (first, second)]
    assert FORM.definition.title == fill(world, first).parts[0].title


def test_answers_are_kept_page_by_page_and_hidden_ones_are_gone_from_the_revision(world: World) -> None:
    """A question that is hidden again loses its answer at submission, not before."""
    publish(world)
    order = bought(world)
    fill(world, order, glp1=("yes",), glp1_name=("Ozempic",))
    world.restart()
    fill(world, order)
    submit(world, order)

    kept = world.rows(INTAKE_REVISIONS)[0].answers[0].answers
    assert {"born", "height", "weight", "conditions", "glp1", "agree"} == {one.item for one in kept}


def test_what_is_missing_is_named_by_item(memory_world: World) -> None:
    """All of it at once; a consent is asked for in its own words."""
    world = memory_world
    publish(world)
    order = bought(world)

    with pytest.raises(AnswersIncomplete) as refusal:
        submit(world, order)

    assert ("intake.agree", "Please agree.") in [(one.field, one.message) for one in refusal.value.faults]
    assert 6 == len(refusal.value.faults)
    assert OrderState.AWAITING_REQUIREMENTS is order_of(world, order.id).state


def test_pressing_twice_submits_once(world: World) -> None:
    """One revision, one move of the order."""
    order = submitted(world)
    submit(world, order)

    assert 1 == len(world.rows(INTAKE_REVISIONS))
    assert 1 == [step.trigger for step in order_of(world, order.id).history].count(OrderTrigger.SUBMIT_INTAKE)


def test_submitted_answers_cannot_be_changed(memory_world: World) -> None:
    """They are with a clinician."""
    order = submitted(memory_world)

    with pytest.raises(IntakeClosed) as refusal:
        fill(memory_world, order)

    assert "These answers cannot be changed now: they were sent." == refusal.value.detail
    assert "this link opens again" in refusal.value.faults[0].message


def test_answers_that_nobody_waits_for_are_refused_with_a_reason(memory_world: World) -> None:
    """The order was cancelled while the patient had the form."""
    publish(memory_world)
    order = bought(memory_world)
    memory_world.execute(MoveOrder(order=order.id, trigger=OrderTrigger.CANCEL, reason="Asked for."), SYSTEM)

    with pytest.raises(IntakeClosed) as refusal:
        fill(memory_world, order)

    assert "These answers cannot be changed now: the order does not wait for them." == refusal.value.detail


def test_every_answer_at_fault_is_named_in_one_spelling(memory_world: World) -> None:
    """`questionnaire.item`, as on submission; what is not asked by its place, for its name may be anything."""
    publish(memory_world)
    key = intake_of(memory_world, bought(memory_world)).session_key
    wrong = (
        Answer(item="weight", values=("heavy",)),
        Answer(item="nothing", values=("x",)),
        Answer(item="weight", values=("80 kg",)),
        Answer(item="conditions", values=("mtc",) * 101),
    )

    with pytest.raises(AnswersNotUsable) as refusal:
        memory_world.execute(SaveAnswers(session_key=key, questionnaire="intake", answers=wrong), PUBLIC)
    with pytest.raises(AnswersIncomplete) as early:
        memory_world.execute(SubmitIntake(session_key=key), PUBLIC)

    named = [fault.field for fault in refusal.value.faults]
    assert ["intake.weight", "answers[1].item", "intake.weight", "intake.conditions"] == named
    assert "intake.weight" in [fault.field for fault in early.value.faults]


def test_answers_to_what_is_not_asked_are_refused_whole(memory_world: World) -> None:
    """An unknown questionnaire, an unknown item, the same item twice: nothing is kept."""
    world = memory_world
    publish(world)
    order = bought(world)
    key = intake_of(world, order).session_key
    good = answers()

    for questionnaire, given in (
        ("other", good),
        ("intake", (*good, Answer(item="nothing", values=("x",)))),
        ("intake", (*good, good[0])),
    ):
        with pytest.raises(AnswersNotUsable):
            world.execute(SaveAnswers(session_key=key, questionnaire=questionnaire, answers=given), PUBLIC)
    assert () == intake_of(world, order).answers


def test_a_key_is_not_guessed_from_what_is_known(memory_world: World) -> None:
    """Ids, hashes and other organizations' words open nothing."""
    publish(memory_world)
    order = bought(memory_world)
    held = intake_of(memory_world, order)

    for wrong in (held.id, held.key_hash, order.id, order.number, "", "0" * 40, held.session_key.upper()):
        with pytest.raises(NoSuchIntake):
            memory_world.ask(GetConsultation(session_key=wrong), PUBLIC)
    assert 40 == len(held.session_key)


def test_answers_that_came_another_way_count_as_submitted(memory_world: World) -> None:
    """HLC itself may say so (a partner's intake); the review goes on as usual."""
    publish(memory_world)
    order = bought(memory_world)
    memory_world.execute(MoveOrder(order=order.id, trigger=OrderTrigger.SUBMIT_INTAKE), SYSTEM)

    assert (IntakeState.SUBMITTED, 1) == (
        intake_of(memory_world, order).state, intake_of(memory_world, order).revision,
    )  # fmt: skip
    assert ReviewState.WAITING is review_of(memory_world, order).state


def test_two_questionnaires_are_one_intake(memory_world: World) -> None:
    """Answered apart, submitted together."""
    world = memory_world
    publish(world, FORM, authored({**TREE, "key": "second", "title": "Second"}))
    order = bought(world, questionnaires=("intake", "second"))
    fill(world, order)
    with pytest.raises(AnswersIncomplete) as refusal:
        submit(world, order)
    assert {"second"} == {one.field.partition(".")[0] for one in refusal.value.faults}

    key = intake_of(world, order).session_key
    world.execute(SaveAnswers(session_key=key, questionnaire="second", answers=answers()), PUBLIC)
    submit(world, order)
    assert ["intake", "second"] == [one.key for one in world.rows(INTAKE_REVISIONS)[0].answers]
    assert HOME.province_code == "NY"


def test_the_patient_gets_the_link_by_mail_and_no_word_about_health(memory_world: World) -> None:
    """For the questions, and again for corrections; not once the answers were sent."""
    world = memory_world
    publish(world)
    order = bought(world)
    path = f"/consultation/start/{intake_of(world, order).session_key}"
    late = bought(world)
    fill(world, late)
    submit(world, late)
    world.services.relay()
    mails = [mail for mail in world.mail.sent.values() if path in mail.text or "questions" in mail.subject]

    assert [f"Your order {order.number}: some questions"] == [mail.subject for mail in mails]
    assert path in mails[0].text
    assert "intake" not in mails[0].text.lower()
    assert "Consultation" not in mails[0].subject
