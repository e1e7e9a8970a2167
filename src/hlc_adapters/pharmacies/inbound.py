"""What partner pharmacies send us: verified first, read then, and taken once."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from attrs import field, frozen

from hlc_adapters.pharmacies.signing import verify
from hlc_adapters.storage.directory import StoredDirectory
from hlc_core.application import Application
from hlc_core.kernel.commands import system
from hlc_core.kernel.errors import Fault, Missing
from hlc_core.kernel.ids import DispatchId, OrganizationId
from hlc_core.kernel.time import Clock
from hlc_core.prescriptions.api import Dispatch, HearPharmacy, NotAMessage, NotFromPharmacy, PharmacyStatus

_TEXTS: Mapping[str, str] = {
    "reference": "reference",
    "carrier": "carrier",
    "tracking_number": "trackingNumber",
    "tracking_url": "trackingUrl",
    "reason": "reason",
}


@frozen(kw_only=True)
class PharmacyInbox:
    """Takes the status messages of partner pharmacies, each known by its name and its secret."""

    secrets: Mapping[str, str] = field(repr=False)
    clock: Clock
    application: Application
    directory: StoredDirectory

    def take(self, pharmacy: str, payload: bytes, signature: str | None) -> Dispatch:
        """The dispatch after the message, stored when this answers.

        Refuses: NotFromPharmacy (also for an unknown name), NotAMessage, Missing (no such dispatch), Unavailable.
        """
        secret = self.secrets.get(pharmacy)
        if secret is None:
            raise NotFromPharmacy("The message's signature does not match.")
        verify(secret, payload, signature, int(self.clock.now().timestamp()))
        message, organization = read(pharmacy, payload)
        owner = self.directory.by_slug(organization)
        if owner is None:
            raise Missing("That pharmacy has no such dispatch.", Fault("organization", "as it was sent with it"))
        return self.application.execute(message, system(OrganizationId(owner.id), f"pharmacy:{pharmacy}"))


def read(pharmacy: str, payload: bytes) -> tuple[HearPharmacy, str]:
    """The message and the clinic's word in it. Refuses: NotAMessage, with every field at fault."""
    try:
        found = json.loads(payload)
    except (ValueError, RecursionError):
        raise NotAMessage("The message is no JSON.") from None
    if not isinstance(found, Mapping):
        raise NotAMessage("The message is no JSON object.")
    faults: list[Fault] = []

    def text(name: str, needed: bool) -> str:
        value = found.get(name)
        if value is None and not needed:
            return ""
        if not isinstance(value, str) or (needed and not value) or len(value) > 600:
            faults.append(Fault(name, "a text"))
            return ""
        return value

    def status(name: str, read_word: Callable[[str], PharmacyStatus]) -> PharmacyStatus:
        try:
            return read_word(text(name, True))
        except ValueError:
            faults.append(Fault(name, "one of: " + ", ".join(PharmacyStatus)))
            return PharmacyStatus.ACKNOWLEDGED

    message = HearPharmacy(
        pharmacy=pharmacy,
        message=text("id", True),
        dispatch=DispatchId(text("dispatch", True)),
        status=status("status", PharmacyStatus),
        **{name: text(word, False) for name, word in _TEXTS.items()},
    )
    organization = text("organization", True)
    if faults:
        raise NotAMessage("The message cannot be read.", *faults)
    return message, organization
