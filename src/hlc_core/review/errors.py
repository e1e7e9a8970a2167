"""What review refuses."""

from __future__ import annotations

from hlc_core.kernel.errors import Conflict, Denied, Fault, Invalid, Missing


class NoSuchReview(Missing):
    """There is no review of that name."""


class NothingToReview(Missing):
    """The queue is empty, or all of it is being worked on."""

    remedy = Fault("review", "look again later: `hlc reviews list` shows what is being worked on")


class ReviewTaken(Conflict):
    """Another clinician works on it."""


class StaleClaim(Conflict):
    """The claim ran out or was taken over: nothing was decided."""


class NotClaimed(StaleClaim):
    """Whoever decides has to claim first: no claim ever had this token."""


class NotLicensed(Denied):
    """No valid licence for the patient's state today, so nothing can be approved."""


class PatientStateUnknown(Conflict):
    """Neither the order nor the patient has an address with a state."""


class ReasonMissing(Invalid):
    """This decision needs a sentence that says why."""


class DecideInReview(Conflict):
    """The order waits for a clinician's decision, which is made in its review, not by moving the order."""


class NotALicence(Invalid):
    """Fields of the licence are at fault."""
