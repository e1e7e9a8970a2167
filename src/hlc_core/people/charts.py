"""Breaking the glass before a chart: with a reason, for an hour, alerted at once, reviewed afterwards.

It is for those whose role or duties do not show them patients, and who need this one now. Source: spec/access.
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

from attrs import field, frozen

from hlc_core.kernel.commands import Command
from hlc_core.kernel.errors import Fault, Missing
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import ChartAccessId, PatientId
from hlc_core.kernel.machine import NoFacts
from hlc_core.kernel.text import line
from hlc_core.patients.api import Patient
from hlc_core.people.alerting import alert_administrators
from hlc_core.people.errors import GlassIsWhole, OwnReview
from hlc_core.people.events import Alarm, ChartAccessReviewed, GlassBroken
from hlc_core.people.machine import CHART_ACCESS, ChartAccessState, ChartAccessTrigger
from hlc_core.people.model import ChartAccess
from hlc_core.people.ports import Env
from hlc_core.people.standing import acting_user, own_id

LASTS = timedelta(hours=1)


class Judgement(StrEnum):
    """What a reviewer finds."""

    JUSTIFY = "justify"
    OBJECT = "object"


@frozen(kw_only=True)
class BreakGlass(Command[ChartAccess]):
    """Open one patient's chart in an emergency. The administrators are alerted."""

    patient: PatientId
    reason: str = field(repr=False)


def break_glass(command: BreakGlass, env: Env) -> ChartAccess:
    """The access; a repetition answers the one that runs. Refuses: Invalid (reason), Missing, NotAPerson."""
    reason = line(command.reason, "reason", most=500, least=10)
    user, now = acting_user(env), env.clock.now()
    patient = env.patients.get(command.patient)
    held = env.chart_accesses.open_of(user.id, patient.id)
    if held is not None and held.running(now):
        return held
    if held is not None:
        env.chart_accesses.save(_closed(held, env))
    made = ChartAccess(
        id=ChartAccessId(env.ids.new("glass")),
        organization=env.organization.id,
        state=ChartAccessState.OPEN,
        user=user.id,
        patient=patient.id,
        reason=reason,
        opened_at=now,
        ends_at=now + LASTS,
    )
    env.chart_accesses.add(made)
    env.outbox.put(GlassBroken(access=made.id, patient=patient.id))
    alert_administrators(Alarm.GLASS_BROKEN, made.id, made.ends_at, env)
    return made


@frozen(kw_only=True)
class ReadChart(Command[Patient]):
    """Look at the chart behind the broken glass; a command, so that each look leaves an audit entry."""

    patient: PatientId


def read_chart(command: ReadChart, env: Env) -> Patient:
    """The patient. Refuses: GlassIsWhole, Missing."""
    refuse_whole_glass(command.patient, env)
    return env.patients.get(command.patient)


def refuse_whole_glass(patient: PatientId, env: Env) -> None:
    """Whether the actor has an emergency access that still runs. Refuses: GlassIsWhole."""
    held = env.chart_accesses.open_of(own_id(env), patient)
    if held is None or not held.running(env.clock.now()):
        raise GlassIsWhole("This chart is shut.", Fault("patient", "break the glass first, with a reason"))


@frozen(kw_only=True)
class CloseChart(Command[ChartAccess]):
    """The emergency is over."""

    access: ChartAccessId


def close_chart(command: CloseChart, env: Env) -> ChartAccess:
    """One that is closed is the answer that stands. Refuses: Missing (also somebody else's)."""
    held = env.chart_accesses.get(command.access)
    if held.user != own_id(env):
        raise Missing("There is no such emergency access.", Fault("access", "one of `hlc charts list`"))
    if held.state is not ChartAccessState.OPEN:
        return held
    closed = _closed(held, env)
    env.chart_accesses.save(closed)
    return closed


@frozen(kw_only=True)
class ReviewChartAccess(Command[ChartAccess]):
    """Somebody else says whether it was an emergency. An open access is closed first."""

    access: ChartAccessId
    judgement: Judgement
    review: str = field(repr=False)


def review_chart_access(command: ReviewChartAccess, env: Env) -> ChartAccess:
    """Refuses: Missing, OwnReview, Invalid (review), IllegalTransition (reviewed already)."""
    held = env.chart_accesses.get(command.access)
    review = line(command.review, "review", most=1000, least=3)
    if held.user == own_id(env):
        raise OwnReview("Nobody reviews their own emergency.", Fault("access", "ask somebody else"))
    trigger = ChartAccessTrigger(command.judgement)
    by = own_id(env)
    closed = _closed(held, env) if held.state is ChartAccessState.OPEN else held
    state = CHART_ACCESS.step(closed.state, trigger, NoFacts())
    judged = evolve(closed, state=state, reviewed_by=by, review=review)
    env.chart_accesses.save(judged)
    env.outbox.put(ChartAccessReviewed(access=held.id))
    return judged


def _closed(held: ChartAccess, env: Env) -> ChartAccess:
    state = CHART_ACCESS.step(held.state, ChartAccessTrigger.CLOSE, NoFacts())
    return evolve(held, state=state, closed_at=min(env.clock.now(), held.ends_at))
