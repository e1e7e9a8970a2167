"""The consultation's pages: the questions of an order, page by page, without scripts. Paths carry no health data."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from hlc_core.intake.api import (
    AnswersIncomplete,
    AnswersNotUsable,
    Consultation,
    GetConsultation,
    IntakeClosed,
    IntakeState,
    SaveAnswers,
    Step,
    SubmitIntake,
)
from hlc_core.kernel.commands import Command
from hlc_http.call import Call
from hlc_http.consultations import answers_of, ended, fields_of, in_words, not_ready
from hlc_http.pages import brand_of
from hlc_http.refusals import RouteUnknown
from hlc_http.table import Face, Nothing, Page, Redirect, Routes, Takes, Who

routes = Routes("consultation", who=Who.ANYONE, face=Face.PAGE)

_AT = "/consultation/start/{session_key}"
_MORE = "Your answer brings up another question."


@routes.get(_AT, "The questions of an order: what they are, or where they stand", uses=GetConsultation)
def start_consultation(call: Call[Nothing, Nothing]) -> Page:
    """Begin, go on, mend what a clinician asks about, or read what became of it."""
    view = _view(call)
    if not view.open:
        return _page(call, "status.html", {"status": ended(view)})
    if not view.steps:
        return _page(call, "status.html", {"status": not_ready(view)})
    return _page(call, "consultation_start.html", {"view": view, "next": _next(view), "base": _base(call)})


@routes.get(f"{_AT}/steps/{{step}}", "One page of questions", uses=GetConsultation)
def show_step(call: Call[Nothing, Nothing]) -> Page | Redirect:
    """With the answers so far. A page that is not there (any more) leads back to the start."""
    view = _view(call)
    step = _step(view, call.part("step")) if view.open else None
    return Redirect(to=_base(call)) if step is None else _form(call, view, step)


@routes.post(f"{_AT}/steps/{{step}}", "Save one page of answers", takes=Takes.FORM, uses=SaveAnswers)
def save_step(call: Call[Mapping[str, str], Nothing]) -> Page | Redirect:
    """On to the next page; the same page again where an answer cannot be used or brings up another question."""
    view, form = _view(call), call.body
    step = _step(view, call.part("step")) if view.open else None
    if step is None:
        return Redirect(to=_base(call))
    seen = set(form.get("items", "").split(","))
    shown = [question for question in step.questions if question.id in seen]
    command = SaveAnswers(
        session_key=call.part("session_key"), questionnaire=step.questionnaire, answers=answers_of(shown, form)
    )
    try:
        saved = _plain(call, command)
    except IntakeClosed:
        return Redirect(to=_base(call))
    except AnswersNotUsable as refusal:
        faults = {fault.field.rpartition(".")[2]: fault.message for fault in refusal.faults}
        return _form(call, view, step, form=form, faults=faults, status=422)
    again = _same(saved, step)
    if again is not None and again.outstanding:
        left = {question.id: question.fault for question in again.questions if question.fault and question.id in seen}
        return _form(call, saved, again, faults=left, notice="" if left else _MORE, status=422 if left else 200)
    return Redirect(to=_onward(call, saved, again or step))


@routes.get(f"{_AT}/check", "All answers, before they are sent", uses=GetConsultation)
def check_answers(call: Call[Nothing, Nothing]) -> Page | Redirect:
    """With a way back to each of them."""
    view = _view(call)
    if not view.open or not view.steps:
        return Redirect(to=_base(call))
    words = partial(in_words, locale=call.organization.locale)
    return _page(call, "consultation_check.html", {"view": view, "base": _base(call), "words": words})


@routes.post(f"{_AT}/submit", "Send the answers", takes=Takes.FORM, uses=SubmitIntake)
def send_answers(call: Call[Mapping[str, str], Nothing]) -> Redirect:
    """To the start page, which thanks; where something is outstanding, to the list that shows it."""
    try:
        _plain(call, SubmitIntake(session_key=call.part("session_key")))
    except AnswersIncomplete:
        return Redirect(to=f"{_base(call)}/check")
    except IntakeClosed:
        return Redirect(to=_base(call))
    return Redirect(to=_base(call))


def _view(call: Call[Any, Any]) -> Consultation:
    return call.ask(GetConsultation(session_key=call.part("session_key")))


def _plain(call: Call[Any, Any], wish: Command[Consultation]) -> Consultation:
    return call.services.application.execute(wish, call.unkeyed)


def _base(call: Call[Any, Any]) -> str:
    return f"/consultation/start/{call.part('session_key')}"


def _step(view: Consultation, number: str) -> Step | None:
    if not (number.isascii() and number.isdigit() and len(number) < 4):
        raise RouteUnknown("Nothing is served at that path.")
    return next((step for step in view.steps if step.number == int(number)), None)


def _same(view: Consultation, step: Step) -> Step | None:
    """The page with the same first question, whatever its number is now."""
    first = (step.questionnaire, step.questions[0].id)
    return next((one for one in view.steps if (one.questionnaire, one.questions[0].id) == first), None)


def _next(view: Consultation) -> str:
    """Where to go on: what is to be corrected, else what is outstanding, else the check."""
    asked = [step for step in view.steps if step.corrections] if view.state is IntakeState.NEEDS_CORRECTION else []
    wanted = asked or [step for step in view.steps if step.outstanding]
    return f"steps/{wanted[0].number}" if wanted else "check"


def _onward(call: Call[Any, Any], view: Consultation, step: Step) -> str:
    later = [one for one in view.steps if one.number > step.number]
    if view.state is IntakeState.NEEDS_CORRECTION:
        later = [one for one in later if one.corrections or one.outstanding]
    return f"{_base(call)}/steps/{later[0].number}" if later else f"{_base(call)}/check"


def _form(
    call: Call[Any, Any],
    view: Consultation,
    step: Step,
    *,
    form: Mapping[str, str] | None = None,
    faults: Mapping[str, str] | None = None,
    notice: str = "",
    status: int = 200,
) -> Page:
    wrong = faults or {}
    shows = {
        "view": view,
        "step": step,
        "base": _base(call),
        "fields": fields_of(step, form, wrong, call.organization.locale),
        "faults": wrong,
        "notice": notice,
    }
    return _page(call, "consultation_step.html", shows, status)


def _page(call: Call[Any, Any], template: str, shows: Mapping[str, Any], status: int = 200) -> Page:
    return Page(template=template, shows={"brand": brand_of(call.organization), **shows}, status=status)
