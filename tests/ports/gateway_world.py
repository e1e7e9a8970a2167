"""What the gateway cases need around a gateway: a clock to turn, requests to send, the books to compare with."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

from attrs import define, field, frozen

from hlc_adapters.gateways.simulator import (
    FENCING,
    FileLedger,
    HttpSimulatorGateway,
    SimulatorGateway,
)
from hlc_adapters.gateways.stripe.client import StripeGateway
from hlc_core.kernel.ids import AttemptId, OrganizationId, RefundId
from hlc_core.kernel.money import Money
from hlc_core.payments.gateway import Gateway
from hlc_core.payments.model import ChargeRequest, Instrument, RefundRequest, StoreRequest
from hlc_http.simulator import make_simulator_app
from hlc_http.stripe_fake import StripeFake, make_stripe_fake
from support.servers import served

START = datetime(2026, 3, 1, 9, tzinfo=UTC)
ORGANIZATION = OrganizationId("org_clinic")
_NUMBERS = count(1)


@define
class TurnedClock:
    """A clock that stands still until it is turned."""

    at: datetime = field(default=START)

    def now(self) -> datetime:
        return self.at

    def forward(self, **span: float) -> None:
        self.at += timedelta(**span)


def usd(amount: int) -> Money:
    return Money(amount, "USD")


def charge_of(
    token: str,
    amount: Money | None = None,
    *,
    reference: str | None = None,
    off_session: bool = False,
    customer: str | None = None,
    keep_method: bool = True,
) -> ChargeRequest:
    """A request with a fresh reference, unless one is given."""
    return ChargeRequest(
        reference=AttemptId(reference or f"att_{next(_NUMBERS):06d}"),
        organization=ORGANIZATION,
        amount=amount or usd(4999),
        instrument=Instrument(token=token, customer=customer),
        off_session=off_session,
        keep_method=keep_method,
        return_url="https://clinic.example/back",
    )


def store_of(token: str, *, customer: str | None = None, reference: str | None = None) -> StoreRequest:
    """A wish to keep a card, with a fresh reference, unless one is given."""
    return StoreRequest(
        reference=reference or f"store_{next(_NUMBERS):06d}",
        organization=ORGANIZATION,
        token=token,
        customer=customer,
        return_url="https://clinic.example/back",
    )


def refund_of(object_id: str, amount: Money, reference: str | None = None) -> RefundRequest:
    """A refund with a fresh reference, unless one is given."""
    return RefundRequest(
        reference=RefundId(reference or f"ref_{next(_NUMBERS):06d}"),
        organization=ORGANIZATION,
        object_id=object_id,
        amount=amount,
    )


@frozen(kw_only=True)
class World:
    """One gateway, the tokens by what they do, the true books, and the buyer's hand."""

    gateway: Gateway
    clock: TurnedClock
    tokens: Mapping[str, str]
    captured: Callable[[str], list[Money]]
    act: Callable[[str, bool], object]

    def made(self, request: ChargeRequest) -> str:
        """The object of the request, as `create` answers it."""
        object_id = self.gateway.create(request).object_id
        assert object_id is not None
        return object_id

    def charged(self, request: ChargeRequest) -> str:
        """The object of the request, confirmed."""
        object_id = self.made(request)
        self.gateway.confirm(object_id, request)
        return object_id


SIMULATED = {
    "success": "tok_success",
    "hard": "tok_lost",
    "soft": "tok_soft",
    "outage": "tok_outage",
    "action": "tok_action",
    "action_once": "tok_action_once",
    "lost_answer": "tok_lost_answer",
    "lost_request": "tok_lost_request",
    "late": "tok_late",
    "server_error": "tok_server_error",
    "renewal_dead": "tok_renewal_dead",
    "refund_fails": "tok_refund_fails",
    "refund_waits": "tok_refund_waits",
    "unknown": "tok_no_such_card",
}

STRIPE = {
    "success": "pm_card_visa",
    "hard": "pm_card_visa_chargeDeclinedLostCard",
    "soft": "pm_card_chargeDeclinedInsufficientFunds",
    "outage": "pm_card_chargeDeclinedProcessingError",
    "action": "pm_card_authenticationRequired",
    "action_once": "pm_card_authenticationRequiredOnSetup",
    "lost_answer": "pm_card_hlc_lostAnswer",
    "lost_request": "pm_card_hlc_lostRequest",
    "late": "pm_card_hlc_late",
    "server_error": "pm_card_hlc_serverError",
    "renewal_dead": "pm_card_chargeCustomerFail",
    "refund_fails": "pm_card_refundFail",
    "refund_waits": "pm_card_pendingRefund",
    "unknown": "pm_no_such_method",
}


def _simulated(simulator: SimulatorGateway, gateway: Gateway, clock: TurnedClock) -> World:
    return World(
        gateway=gateway,
        clock=clock,
        tokens=SIMULATED,
        captured=lambda reference: [line.amount for line in simulator.audit.charges(reference)],
        act=simulator.act,
    )


@contextmanager
def memory_world() -> Iterator[World]:
    clock = TurnedClock()
    simulator = SimulatorGateway(clock=clock)
    yield _simulated(simulator, simulator, clock)


@contextmanager
def file_world(path: Path) -> Iterator[World]:
    clock, ledger = TurnedClock(), FileLedger(path / "books.sqlite")
    simulator = SimulatorGateway(clock=clock, ledger=ledger)
    yield _simulated(simulator, simulator, clock)
    ledger.close()


@contextmanager
def http_world() -> Iterator[World]:
    clock = TurnedClock()
    simulator = SimulatorGateway(clock=clock)
    with served(make_simulator_app(simulator)) as address:
        gateway = HttpSimulatorGateway(address, capabilities=FENCING, timeout=30)
        yield _simulated(simulator, gateway, clock)
        gateway.close()


@contextmanager
def stripe_world() -> Iterator[World]:
    clock = TurnedClock()
    fake = StripeFake(clock=clock)
    with served(make_stripe_fake(fake)) as address:
        yield World(
            gateway=StripeGateway("sk_test_contract", base_url=address, timeout=30),
            clock=clock,
            tokens=STRIPE,
            captured=lambda reference: [
                Money(charge["amount_captured"], charge["currency"].upper()) for charge in fake.captured(reference)
            ],
            act=fake.act,
        )
