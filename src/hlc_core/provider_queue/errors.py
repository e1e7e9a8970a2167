"""What the provider queue refuses."""

from __future__ import annotations

from hlc_core.kernel.errors import Conflict, Denied, Fault


class NotReady(Conflict):
    """The patient or a reviewer has to act first; the answer names who."""


class Withheld(Conflict):
    """Something about it has to be settled by a person first; the answer names what."""


class AlreadyWaiting(Conflict):
    """It stands in the queue already, for another reason."""


class NoClinic(Denied):
    """The provider is assigned to no clinic."""

    remedy = Fault("clinic", "have an administrator assign you to one")


class NotSettled(Conflict):
    """What withholds it cannot be settled so."""
