"""What a clinician's decision does to an intake and its order. For review, which answers for who may decide."""

from __future__ import annotations

from collections.abc import Sequence

from hlc_core.intake.errors import NotSubmitted
from hlc_core.intake.events import IntakeApproved, IntakeNeedsCorrection, IntakeRejected
from hlc_core.intake.machine import IntakeState, IntakeTrigger
from hlc_core.intake.model import Correction, IntakeSession
from hlc_core.intake.opening import tell
from hlc_core.intake.ports import Env
from hlc_core.kernel.errors import Fault
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import IntakeId
from hlc_core.orders.api import OrderTrigger, move_orders


def submitted(intake: IntakeId, revision: int, env: Env) -> IntakeSession:
    """The intake, if that very revision waits for a decision. Refuses: Missing, NotSubmitted."""
    session = env.intakes.get(intake)
    if session.state is not IntakeState.SUBMITTED or session.revision != revision:
        raise NotSubmitted("These answers do not wait for a decision any more.", Fault("revision", "look again"))
    return session


def approve_intake(session: IntakeSession, env: Env) -> IntakeSession:
    """APPROVED; the order goes on to the prescriber, or to fulfilment. Refuses: GuardRefused (results outstanding)."""
    approved = session.move(IntakeTrigger.APPROVE, env.clock.now())
    env.intakes.save(approved)
    tell(IntakeApproved, approved, env)
    move_orders((session.order,), OrderTrigger.APPROVE, env)
    return approved


def send_back_intake(session: IntakeSession, corrections: Sequence[Correction], note: str, env: Env) -> IntakeSession:
    """NEEDS_CORRECTION: the patient is asked to look at these items again; the order waits for them."""
    asked = evolve(session.move(IntakeTrigger.SEND_BACK, env.clock.now()), asked=tuple(corrections), note=note)
    env.intakes.save(asked)
    tell(IntakeNeedsCorrection, asked, env)
    move_orders((session.order,), OrderTrigger.SEND_BACK, env, "A clinician asked for corrections.")
    return asked


def reject_intake(session: IntakeSession, env: Env) -> IntakeSession:
    """REJECTED, and so is the order. The reason stays with the decision."""
    rejected = session.move(IntakeTrigger.REJECT, env.clock.now())
    env.intakes.save(rejected)
    tell(IntakeRejected, rejected, env)
    move_orders((session.order,), OrderTrigger.REJECT, env, "A clinician decided so.")
    return rejected
