"""What partner pharmacies tell: verified, taken in one transaction, answered when it is stored."""

from __future__ import annotations

from attrs import frozen

from hlc_adapters.pharmacies.signing import HEADER
from hlc_core.kernel.ids import DispatchId
from hlc_core.prescriptions.api import DispatchState, HearPharmacy, Progress
from hlc_http.call import Call
from hlc_http.table import Face, Nothing, Routes, Takes, Who

routes = Routes("webhooks in", who=Who.ANYONE, face=Face.MACHINE)


@frozen(kw_only=True)
class Heard:
    """The message is stored; where the fill stands now."""

    dispatch: DispatchId
    status: DispatchState
    progress: Progress


@routes.post(
    "/api/webhooks/pharmacy/{name}",
    "What a partner pharmacy tells of a fill",
    answers=Heard,
    takes=Takes.BYTES,
    uses=HearPharmacy,
)
def pharmacy_webhook(call: Call[bytes, Nothing]) -> Heard:
    """Signed with the partner's secret (`HLC-Signature`, as we sign what we send). Each message once, by its `id`; in
    any order. 401 or 403: not genuine; 404: no such dispatch; 422: see the faults."""
    signature = call.incoming.headers.get(HEADER.lower())
    one = call.services.pharmacy_inbox.take(call.part("name"), call.body, signature)
    return Heard(dispatch=one.id, status=one.state, progress=one.progress)
