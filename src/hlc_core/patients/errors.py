"""Refusals of patients."""

from hlc_core.kernel.errors import Conflict, Fault


class NothingToConfirm(Conflict):
    """The patient is no provisional one."""

    remedy = Fault("patient", "name a provisional one: `hlc patients list`")


class ClinicIsFull(Conflict):
    """The clinic has as many patients as it may (`limits.patients`)."""


class EmailTaken(Conflict):
    """Another account has the address."""


class NumberTaken(Conflict):
    """Another patient has the number; the refusal says which number."""


class ExternalIdTaken(Conflict):
    """Another patient is known to the partner under that id."""


class NotMergeable(Conflict):
    """The two records cannot become one: the same, or one of them joined another already."""


class MergeMovedOn(Conflict):
    """What a merge moved was changed since, or is somebody else's now: it cannot be undone as a whole."""


class NotChanged(Conflict):
    """A record that joined another one is not changed any more; the other one is."""
