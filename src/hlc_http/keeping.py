"""Keeping a card for the patient who asks, for pages and API alike."""

from __future__ import annotations

from typing import Any

from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import PatientId
from hlc_core.payments.api import SaveMethod
from hlc_core.recovery.api import ChargeOwnCard, own_patient
from hlc_core.subscriptions.api import SubscriptionsOfPatient
from hlc_http.call import Call
from hlc_http.returns import CONFIRMED, outside


def keep_card(token: str, call: Call[Any, Any]) -> None:
    """Keep the card behind the token for the patient who asks; from now on it is charged for all their subscriptions.

    The route has asked for the key of it. A crash between the two leaves a card that is kept and can be chosen.

    Refuses: Denied (no patient), NoPaymentToken, CardRefused, CardNeedsAction, StoringInDoubt.
    """
    patient = _record(call)
    allowed = evolve(call.actor, permissions=call.actor.permissions | call.keys_of(SaveMethod))
    saved = call.services.add_method(patient, token, evolve(call.unkeyed, actor=allowed), outside(CONFIRMED, call))
    call.services.application.execute(ChargeOwnCard(method=saved.id), call.unkeyed)


def _record(call: Call[Any, Any]) -> PatientId:
    """For which of the patient's records: their own, unless only one that joined it has subscriptions that go on."""
    own = own_patient(call.actor)
    held = call.ask_as_owner(SubscriptionsOfPatient(patient=own, joined=call.actor.joined))
    running = [one.patient for one in held if not one.ended]
    return running[0] if running and own not in running else own
