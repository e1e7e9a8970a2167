"""What patients do with their own subscriptions, and that nothing of anybody else's can be reached that way."""

from __future__ import annotations

from typing import Any

import pytest

from hlc_core.access.permissions import KEYS
from hlc_core.catalog.api import Drug
from hlc_core.kernel.commands import Actor, ActorKind, Command, Envelope, Query
from hlc_core.kernel.errors import Denied, Missing
from hlc_core.kernel.ids import ActorId, PatientId, ProductId
from hlc_core.subscriptions.api import (
    CancelOwn,
    KeepOwn,
    NeedsClinician,
    OpenDebt,
    OwnSwitches,
    PauseOwn,
    PayOffOwn,
    QuoteOwnPayoff,
    QuoteOwnSwitch,
    ResumeOwn,
    State,
    Subscription,
    SwitchOwn,
    When,
)
from hlc_core.subscriptions.offers import same_treatment
from support.refusals import refused
from support.worlds import ORGANIZATION, SYSTEM, World

PENS = (Drug(name="Pens", compound="penin 1 mg"),)
DROPS = (Drug(name="Drops", compound="dropin 2 mg"),)


def patient(id: PatientId | str, kind: ActorKind = ActorKind.PATIENT) -> Envelope:
    """A patient, as an actor."""
    return Envelope(actor=Actor(kind=kind, id=ActorId(id), organization=ORGANIZATION, permissions=KEYS[kind]))


def wishes(held: Subscription, product: ProductId) -> list[Command[Any] | Query[Any]]:
    """Everything that a patient may ask for."""
    return [
        PauseOwn(subscription=held.id, when=When.NOW),
        ResumeOwn(subscription=held.id),
        KeepOwn(subscription=held.id),
        CancelOwn(subscription=held.id, when=When.NOW, reason="Enough."),
        SwitchOwn(subscription=held.id, product=product, when=When.NOW, quote_hash="x"),
        PayOffOwn(subscription=held.id, quote_hash="x"),
        OwnSwitches(subscription=held.id),
        QuoteOwnSwitch(subscription=held.id, product=product, when=When.NOW),
        QuoteOwnPayoff(subscription=held.id),
    ]


def send(world: World, wish: Command[Any] | Query[Any], envelope: Envelope) -> Any:
    """A command or a query."""
    return world.ask(wish, envelope) if isinstance(wish, Query) else world.execute(wish, envelope)


def test_patients_pause_resume_keep_and_cancel(world: World) -> None:
    """As staff would have it done; on all backends."""
    held = world.subscribe(world.plan())
    me = patient(held.patient)

    assert State.PAUSED is world.execute(PauseOwn(subscription=held.id, when=When.NOW), me).state
    assert State.ACTIVE is world.execute(ResumeOwn(subscription=held.id), me).state
    ending = world.execute(CancelOwn(subscription=held.id, when=When.PERIOD_END, reason="Enough."), me)
    assert ending.cancel_at_period_end
    assert not world.execute(KeepOwn(subscription=held.id), me).cancel_at_period_end
    ended = world.execute(CancelOwn(subscription=held.id, when=When.NOW, reason="Enough."), me)
    assert (State.CANCELLED, OpenDebt.COLLECT) == (ended.state, ended.open_debt)
    world.sound()


def test_paid_time_is_used_up_before_anything_is_charged_again(memory_world: World) -> None:
    """Back within the paid period: as before. Back after it: a new period, billed from today."""
    held = memory_world.subscribe(memory_world.plan())
    me = patient(held.patient)
    memory_world.execute(PauseOwn(subscription=held.id, when=When.NOW), me)
    memory_world.advance(days=5)
    soon = memory_world.execute(ResumeOwn(subscription=held.id), me)
    memory_world.execute(PauseOwn(subscription=held.id, when=When.NOW), me)
    memory_world.advance(days=60)
    late = memory_world.execute(ResumeOwn(subscription=held.id), me)

    assert (held.period, held.period.end) == (soon.period, soon.next_due)
    assert memory_world.today == late.next_due
    memory_world.bill()
    assert 2 == len(memory_world.captured())


def test_somebody_elses_is_absent(world: World) -> None:
    """For another patient, for staff without the key of patients, and for HLC itself, which is nobody's patient."""
    held, other = world.subscribe(world.plan()), world.subscribe(world.plan())
    for wish in wishes(held, held.terms.product):
        with refused(Missing):
            send(world, wish, patient(other.patient))
        with refused(Missing):
            send(world, wish, SYSTEM)
        with refused(Denied):
            send(world, wish, patient("alice", ActorKind.STAFF))
        with refused(Denied):
            send(world, wish, patient("public", ActorKind.PUBLIC))

    assert held == world.subscription(held.id)


@pytest.mark.parametrize(
    ("drugs", "category", "prescription", "same"),
    [
        (PENS, "Care", True, True),
        (PENS, "Care", False, True),
        (DROPS, "Care", True, False),
        ((), "Care", True, False),
        ((*PENS, *DROPS), "Care", True, False),
        (PENS, "Hair", True, False),
    ],
)
def test_another_medicine_is_a_clinicians_decision(
    memory_world: World, drugs: tuple[Drug, ...], category: str, prescription: bool, same: bool
) -> None:
    """Patients switch by themselves only between terms of the same treatment."""
    world = memory_world
    held = world.subscribe(world.plan(drugs=PENS, category="Care", needs_prescription=True))
    to = world.plan(29900, name="Other", drugs=drugs, category=category, needs_prescription=prescription)
    me = patient(held.patient)
    quote = QuoteOwnSwitch(subscription=held.id, product=to.id, when=When.PERIOD_END)

    assert [to.id] * same == [one.id for one in world.ask(OwnSwitches(subscription=held.id), me)]
    if same:
        hash = world.ask(quote, me).hash
        wish = SwitchOwn(subscription=held.id, product=to.id, when=When.PERIOD_END, quote_hash=hash)
        assert world.execute(wish, me).next_terms is not None
    else:
        with refused(NeedsClinician):
            world.ask(quote, me)
        with refused(NeedsClinician):
            world.execute(SwitchOwn(subscription=held.id, product=to.id, when=When.NOW, quote_hash="x"), me)


def test_a_plan_without_prescription_does_not_lead_to_one_with(memory_world: World) -> None:
    """Nor does a product that is gone lead anywhere."""
    plain = memory_world.plan(category="Care", drugs=PENS)
    asks = memory_world.plan(category="Care", drugs=PENS, needs_prescription=True)
    unnamed = memory_world.plan(category="Care", needs_prescription=True)

    assert not same_treatment(plain, asks)
    assert same_treatment(asks, plain)
    assert not same_treatment(unnamed, memory_world.plan(category="Care", needs_prescription=True))
    assert not same_treatment(None, plain)


def test_only_plans_in_the_same_currency_that_are_sold_are_offered(memory_world: World) -> None:
    """Withdrawn ones, single purchases and the present plan are not."""
    world = memory_world
    held = world.subscribe(world.plan(drugs=PENS, category="Care"))
    world.product(name="Once", drugs=PENS, category="Care")

    assert () == world.ask(OwnSwitches(subscription=held.id), patient(held.patient))


def test_a_commitment_is_paid_off_by_its_patient(memory_world: World) -> None:
    """Exactly the quoted sum."""
    held = memory_world.subscribe(memory_world.plan(cycles=3))
    me = patient(held.patient)
    quote = memory_world.ask(QuoteOwnPayoff(subscription=held.id), me)
    done = memory_world.services.pay_off_subscription(PayOffOwn(subscription=held.id, quote_hash=quote.hash), me)

    assert 39800 == quote.charge.amount
    assert State.COMPLETED is done.state
    memory_world.sound()
