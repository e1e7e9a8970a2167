"""What the inbox and its handlers refuse."""

from __future__ import annotations

from hlc_core.kernel.errors import Conflict, Denied, Fault, Invalid, Missing, Unauthenticated


class NotFromPartner(Unauthenticated):
    """The secret does not vouch for the message."""

    remedy = Fault("signature", "send it with the secret that this installation has for the partner")


class OtherClinic(Denied):
    """The message is for another clinic than the one that this installation takes such messages for."""


class UnreadableMessage(Invalid):
    """Verified, and kept; yet nothing that can be worked off."""


class IntakeNotThere(Missing):
    """Nobody is known by that address or name yet: the intake has to come first. The message is kept."""


class PatientInDoubt(Conflict):
    """Whom it means, a person must say. The message is kept, and not tried again before somebody has it replayed."""


class UnknownEvent(Invalid):
    """An event that nothing is done about; kept, so that nothing is lost."""


class NoReplay(Conflict):
    """It was worked off already."""

    remedy = Fault("message", "nothing has to be done")
