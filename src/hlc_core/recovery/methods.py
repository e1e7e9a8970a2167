"""Which saved method is charged without the patient present, and what is known of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from hlc_core.payments.api import MethodState, SavedMethod, chargeable
from hlc_core.recovery.ladder import MethodFact
from hlc_core.recovery.machine import RecoveryState
from hlc_core.recovery.model import RecoveryCase


def chosen(case: RecoveryCase, methods: Sequence[SavedMethod], gateway: str, today: date) -> SavedMethod | None:
    """The method to charge for a case: that of the original charge while it can be charged.

    Another one takes its place when the patient saved it since, or was asked for one.
    """
    last, offered = case.last_try, chargeable(methods, gateway, today)
    if last is None or offered is None or last.method is None:
        return offered
    asked = case.state is RecoveryState.NEEDS_PAYMENT_METHOD or offered.saved_at > last.at
    return offered if asked and not case.tried(offered.id) else chargeable(methods, gateway, today, last.method)


def fact(case: RecoveryCase, methods: Sequence[SavedMethod], chosen: SavedMethod | None, gateway: str) -> MethodFact:
    """What the ladder is told of the patient's methods; `chosen` is what `chargeable` answered."""
    if chosen is not None:
        return MethodFact.USABLE if case.tried(chosen.id) else MethodFact.FRESH
    here = [method for method in methods if method.gateway == gateway]
    if any(method.state is MethodState.ACTIVE for method in here):
        return MethodFact.EXPIRED
    return MethodFact.DEAD if any(method.state is MethodState.DEAD for method in here) else MethodFact.MISSING
