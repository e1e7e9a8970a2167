"""What billing refuses."""

from hlc_core.kernel.errors import Conflict


class RunTooLarge(Conflict):
    """The run would bill far more than those before it; look at the plan, then override the bound explicitly."""


class NotSetAside(Conflict):
    """That subscription was not set aside."""
