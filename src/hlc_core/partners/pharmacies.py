"""What partner pharmacies tell of the fills that they have. Source: spec/care, Prescriptions."""

from __future__ import annotations

from collections.abc import Mapping

from hlc_core.kernel.errors import Fault
from hlc_core.kernel.ids import DispatchId
from hlc_core.partners.errors import UnreadableMessage
from hlc_core.partners.handling import Done
from hlc_core.partners.model import InboundMessage, Said, Told
from hlc_core.partners.ports import Env
from hlc_core.prescriptions.api import PharmacyStatus, PharmacyWord, hear_pharmacy

SENDER = "pharmacy"
"""The field under which the name stands that the signature vouches for; the payload cannot set it."""
LONGEST = 600


def from_pharmacy(name: str, told: Told) -> Told:
    """What was told, with the name of the pharmacy whose signature it carries, whatever it says of itself."""
    own = (one for one in told.fields if one.key != SENDER)
    return Told(fields=(Said(key=SENDER, value=name), *own), unread=told.unread)


def take_word(message: InboundMessage, env: Env) -> Done:
    """The fill as far as its pharmacy says that it is. Refuses: UnreadableMessage (every field at fault), NotAMessage,
    Missing (no such dispatch of that pharmacy)."""
    said = message.told.said
    faults = [Fault(name, "is required") for name in ("id", "dispatch", "status") if not said.get(name, "").strip()]
    faults += [Fault(name, f"at most {LONGEST} characters") for name, text in said.items() if len(text) > LONGEST]
    status = said.get("status", "").strip()
    if status and status not in list(PharmacyStatus):
        faults.append(Fault("status", "one of: " + ", ".join(PharmacyStatus)))
    if faults:
        raise UnreadableMessage("The message cannot be read.", *faults)
    one = hear_pharmacy(_word(said), env)
    return Done(outcome=status, touched=(one.id,))


def _word(said: Mapping[str, str]) -> PharmacyWord:
    def text(name: str) -> str:
        return said.get(name, "")

    return PharmacyWord(
        pharmacy=text(SENDER),
        dispatch=DispatchId(text("dispatch").strip()),
        status=PharmacyStatus(text("status").strip()),
        reference=text("reference"),
        carrier=text("carrier"),
        tracking_number=text("trackingNumber"),
        tracking_url=text("trackingUrl"),
        reason=text("reason"),
    )
