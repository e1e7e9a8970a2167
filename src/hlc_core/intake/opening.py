"""Opening intakes for orders that ask for answers, and completing them. In batches, in other contexts' transactions."""

from __future__ import annotations

from collections.abc import Sequence

from hlc_core.intake.asking import asked_by, pinned
from hlc_core.intake.events import IntakeCompleted, IntakeEvent, IntakeOpened
from hlc_core.intake.machine import IntakeTrigger
from hlc_core.intake.model import IntakeRevision, IntakeSession, revision_id
from hlc_core.intake.ports import Env
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import IntakeId
from hlc_core.orders.api import Order, OrderState

_KEY_PART = 20


def open_intakes(orders: Sequence[Order], env: Env) -> tuple[IntakeSession, ...]:
    """The intakes of these orders, each made if there is none; an order that asks nothing but waits for a review gets
    one that is complete at once."""
    standing = {one.order: one for one in env.intakes.of_orders([order.id for order in orders])}
    keys = tuple(dict.fromkeys(key for order in orders for key in order.needs.questionnaires))
    published = {one.key: one for one in env.questionnaires.published(keys)} if keys else {}
    opened = []
    for order in orders:
        if order.id in standing:
            opened.append(standing[order.id])
            continue
        session = _made(order, env)
        pins, missing = pinned(order.needs.questionnaires, published)
        session = evolve(session, pins=pins, missing=missing)
        env.intakes.add(session)
        if order.state is OrderState.AWAITING_REQUIREMENTS:
            tell(IntakeOpened, session, env)
        else:
            session = complete(session, IntakeTrigger.TAKE, env)
        opened.append(session)
    return tuple(opened)


def _made(order: Order, env: Env) -> IntakeSession:
    now = env.clock.now()
    # two ids' ends: 160 random bits in production, and the same again in a replay
    key = "".join(env.ids.new("int").partition("_")[2][-_KEY_PART:] for _ in range(2))
    return IntakeSession(
        id=IntakeId(env.ids.new("int")),
        organization=env.organization.id,
        order=order.id,
        order_number=order.number,
        patient=order.patient,
        session_key=key,
        key_hash=key_hash(key, env),
        opened_at=now,
        entered_at=now,
    )


def key_hash(session_key: str, env: Env) -> str:
    """By what a link's key is found: the key itself stands in no column."""
    return env.fingerprints.of(f"intake|{session_key}")


def complete(session: IntakeSession, trigger: IntakeTrigger, env: Env) -> IntakeSession:
    """The intake, SUBMITTED, saved, with a new revision of the answers that count. Refuses: IllegalTransition."""
    asked = asked_by(session, env)
    answers, now = asked.pruned(session), env.clock.now()
    number = session.revision + 1
    env.intake_revisions.add(
        IntakeRevision(
            id=revision_id(session.id, number),
            organization=session.organization,
            intake=session.id,
            number=number,
            pins=session.pins,
            at=now,
            by=env.actor.id,
            answers=answers,
            judged=asked.judged(answers),
        )
    )
    done = evolve(session.move(trigger, now), answers=answers, revision=number, asked=(), note="")
    env.intakes.save(done)
    tell(IntakeCompleted, done, env)
    return done


def tell(kind: type[IntakeEvent], session: IntakeSession, env: Env) -> None:
    """Put an event of that kind about the intake."""
    env.outbox.put(
        kind(
            intake=session.id,
            order=session.order,
            order_number=session.order_number,
            patient=session.patient,
            revision=session.revision,
            at=env.clock.now(),
        )
    )
