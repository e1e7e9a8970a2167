"""What billing refuses."""

from hlc_core.kernel.errors import Conflict, Fault, HlcError


class RunTooLarge(Conflict):
    """The run would bill far more than those before it; look at the plan, then override the bound explicitly."""

    remedy = Fault("overrideBound", "look at `hlc billing plan`; if it is right, override the bound")


class NotSetAside(Conflict):
    """That subscription was not set aside."""

    remedy = Fault("subscription", "one of `hlc billing set-aside list`")


class NotHeld(Conflict):
    """Nothing of that subscription is held back now."""


def cause_of(error: Exception) -> str:
    """The cause that is kept of a failure: the refusal's code and sentence, or only the name of what else it was."""
    return f"{error.code}: {error.detail}" if isinstance(error, HlcError) else type(error).__name__
