"""Keeping a card without a charge: the call to the gateway, between the transactions that plan and record it.

Source: spec/billing, Payments; spec/commerce, Checkout 4 (a token is all that HLC ever sees).
"""

from __future__ import annotations

from hlc_core.kernel.commands import Envelope
from hlc_core.kernel.errors import Fault
from hlc_core.kernel.ids import PatientId
from hlc_core.payments.driver import Driver
from hlc_core.payments.errors import CardNeedsAction, CardRefused, StoringInDoubt
from hlc_core.payments.methods import NoteRefusedMethod, PlanStoring, SaveMethod
from hlc_core.payments.model import Result, SavedMethod


def store_method(
    patient: PatientId, token: str, driver: Driver, envelope: Envelope, return_url: str = ""
) -> SavedMethod:
    """The saved method, the patient's default from now on. A repetition answers the method that stands.

    `return_url` is where the bank sends the patient back to.

    Refuses: Missing (patient), NoPaymentToken, CardRefused, CardNeedsAction, StoringInDoubt, what the road refuses.
    """
    plan = driver.application.ask(PlanStoring(patient=patient, token=token, return_url=return_url), envelope)
    if plan.standing is not None:
        return plan.standing
    answer = driver.gateways.named(plan.gateway).store(plan.request)
    if answer.result is Result.CREATED and answer.instrument is not None:
        saving = SaveMethod(
            patient=patient, gateway=plan.gateway, instrument=answer.instrument, reference=plan.request.reference
        )
        return driver.application.execute(saving, envelope)
    if answer.result is Result.DECLINED:
        driver.application.execute(
            NoteRefusedMethod(patient=patient, gateway=plan.gateway, code=answer.code, text=answer.text), envelope
        )
        reason = answer.text.rstrip(".") or "The card was not accepted"
        codes = f" (code: {answer.code})" if answer.code else ""
        raise CardRefused(f"The card was not saved: {reason}{codes}.", Fault("token", "enter another card"))
    if answer.result is Result.ACTION:
        where = (Fault("actionUrl", answer.action_url),) if answer.action_url else ()
        raise CardNeedsAction("Your bank asks you to confirm the card; then send it again.", *where)
    raise StoringInDoubt("It is not known yet whether the card was saved. Send the same again.", retry_after=5)
