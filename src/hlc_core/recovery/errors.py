"""What recovery refuses."""

from hlc_core.kernel.errors import Conflict


class NothingToRetry(Conflict):
    """The case is resolved; nothing is owed."""


class MoneyInDoubt(Conflict):
    """An earlier try has no definite answer yet, so no other may start."""


class NoUsableMethod(Conflict):
    """The patient has no saved method that can be charged."""
