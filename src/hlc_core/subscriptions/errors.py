"""Refusals of this context."""

from __future__ import annotations

from hlc_core.kernel.errors import Conflict, Denied, Fault, Invalid, Missing


class StaleQuote(Conflict):
    """The confirmed quote is not what would be charged now: ask for a new one."""

    remedy = Fault("quoteHash", "ask for a new quote, and confirm its hash")


class RenewalComesFirst(Conflict):
    """The paid period is over: the renewal is billed before anything is switched, paused for later or paid off."""

    remedy = Fault("subscription", "wait until the renewal is paid, or forgive it; then do this again")


class AlreadyOnThisPlan(Conflict):
    """The subscription is on that product already."""

    remedy = Fault("product", "choose another plan")


class NothingToPayOff(Conflict):
    """There is no commitment, or all its cycles are paid."""

    remedy = Fault("subscription", "it has no commitment that is still to be paid")


class NothingIsPlanned(Conflict):
    """No ending, pause or switch is planned for the period's end."""

    remedy = Fault("subscription", "nothing has to be taken back: it goes on")


class NeedsClinician(Denied):
    """The other plan is another treatment: patients do not switch to it by themselves."""

    remedy = Fault("product", "choose a plan of the same treatment, or ask the clinic")


class CurrencyDiffers(Invalid):
    """The other product is sold in another currency; a subscription never changes its currency."""

    remedy = Fault("product", "choose a plan in the currency of the subscription")


class CycleOutOfTurn(Conflict):
    """That cycle is not the one that is billed next."""

    remedy = Fault("subscription", "let the billing run bill it: `hlc billing plan` shows what is next")


class AmountDiffers(Conflict):
    """What was paid is not what was billed."""

    remedy = Fault("subscription", "give the payment back, or bill what was paid")


class NotOffered(Missing):
    """The product is not there, is withdrawn, or is no subscription."""

    remedy = Fault("product", "one of `hlc products list`: active, and a subscription")
