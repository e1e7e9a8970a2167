"""Refusals of this context."""

from __future__ import annotations

from hlc_core.kernel.errors import Conflict, Denied, Invalid, Missing


class StaleQuote(Conflict):
    """The confirmed quote is not what would be charged now: ask for a new one."""


class RenewalComesFirst(Conflict):
    """The paid period is over: the renewal is billed before anything is switched, paused for later or paid off."""


class AlreadyOnThisPlan(Conflict):
    """The subscription is on that product already."""


class NothingToPayOff(Conflict):
    """There is no commitment, or all its cycles are paid."""


class NothingIsPlanned(Conflict):
    """No ending, pause or switch is planned for the period's end."""


class NeedsClinician(Denied):
    """The other plan is another treatment: patients do not switch to it by themselves."""


class CurrencyDiffers(Invalid):
    """The other product is sold in another currency; a subscription never changes its currency."""


class CycleOutOfTurn(Conflict):
    """That cycle is not the one that is billed next."""


class AmountDiffers(Conflict):
    """What was paid is not what was billed."""


class NotOffered(Missing):
    """The product is not there, is withdrawn, or is no subscription."""
