"""Repairs that need no person: what HLC does anyway is done once more, by its use cases, and then looked at again.

A row is never written past them. What they refuse is told with the finding.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hlc_core.application import Application
from hlc_core.invariants.api import Finding, Outcome, Repair, Repaired, RepairKind
from hlc_core.invoicing.api import RetellInvoice
from hlc_core.kernel.commands import Envelope, system
from hlc_core.kernel.errors import Denied, Fault, HlcError, Missing, Unavailable
from hlc_core.payments.api import Driver, RetellPayment, WakePayment, resolve


def repair(
    check: Callable[[], Sequence[Finding]], application: Application, driver: Driver, envelope: Envelope
) -> tuple[Repaired, ...]:
    """What `check` finds, and what became of each after the repairs. Refuses: Denied, Unavailable."""
    found = check()
    wanted = dict.fromkeys(one.repair for one in found if one.repair is not None)
    if not wanted:
        return tuple(Repaired(finding=one, outcome=Outcome.NEEDS_A_PERSON) for one in found)
    refused = {wish: _refusal(wish, application, driver, envelope) for wish in wanted}
    left = {(one.invariant, one.subjects[:1]) for one in check()}
    return tuple(_judged(one, left, refused) for one in found)


def _judged(finding: Finding, left: set[tuple[str, tuple[str, ...]]], refused: dict[Repair, str]) -> Repaired:
    if (finding.invariant, finding.subjects[:1]) not in left:
        return Repaired(finding=finding, outcome=Outcome.REPAIRED)
    if finding.repair is None:
        return Repaired(finding=finding, outcome=Outcome.NEEDS_A_PERSON)
    return Repaired(finding=finding, outcome=Outcome.REMAINS, why=refused[finding.repair])


def _refusal(wish: Repair, application: Application, driver: Driver, envelope: Envelope) -> str:
    """Why it could not be done; empty: it was."""
    try:
        if wish.kind is RepairKind.WAKE:
            _wake(wish, application, driver, envelope)
        else:
            _retell(wish, application, envelope)
    except (Denied, Unavailable):
        raise
    except HlcError as refusal:
        return refusal.detail
    except Exception as fault:  # whatever it is, one repair must not keep the others from being done
        return type(fault).__name__
    return ""


def _wake(wish: Repair, application: Application, driver: Driver, envelope: Envelope) -> None:
    attempt = application.execute(WakePayment(obligation=wish.obligation), envelope)
    actor = envelope.actor
    resolve([attempt], driver, system(actor.organization, actor.id))


def _retell(wish: Repair, application: Application, envelope: Envelope) -> None:
    """The payment first: an invoice that it settles tells of itself."""
    missing = 0
    for command in (RetellPayment(obligation=wish.obligation), RetellInvoice(obligation=wish.obligation)):
        try:
            application.execute(command, envelope)
        except Missing:
            missing += 1
    if missing == 2:
        raise Missing(
            "There is neither a payment nor an invoice for that debt.", Fault("obligation", "as `hlc doctor` names it")
        )
