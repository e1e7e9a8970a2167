"""What prescriptions refuse."""

from __future__ import annotations

from hlc_core.kernel.errors import Conflict, Fault, Invalid


class NotADrug(Invalid):
    """Fields of a drug are at fault; all are named at once."""


class DrugExists(Conflict):
    """A drug of that name, strength and form is in the catalog."""


class NotAPrescription(Invalid):
    """Fields of a prescription are at fault; all are named at once."""


class NotApproved(Conflict):
    """No approved decision on the revision that stands, by a licence that is valid in the patient's state today."""


class OrderNotReady(Conflict):
    """The order stands where nothing is prescribed."""


class AlreadyPrescribed(Conflict):
    """This drug stands prescribed for this order."""


class NotFillable(Conflict):
    """The prescription may not be filled now: not active, run out, or something has to be settled first."""


class NoFillsLeft(Conflict):
    """Every fill that it allows was dispatched."""


class DispatchUnderWay(Conflict):
    """A dispatch is on its way right now, or its outcome is being checked."""

    remedy = Fault("dispatch", "wait a minute: HLC asks the pharmacy by itself")


class NotCertified(Conflict):
    """A controlled drug goes only through a pharmacy adapter that says it is certified."""


class PharmacyNotConfigured(Invalid):
    """There is no pharmacy of that name here."""


class NoSuchBlock(Invalid):
    """There is no open block of that number."""


class ReasonMissing(Invalid):
    """This is an exceptional step: say why."""


class NotAMessage(Invalid):
    """Fields of a pharmacy's message are at fault."""
