"""What the Stripe fake knows and decides: intents, methods, refunds, charges, keys and events, without HTTP."""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from threading import RLock
from typing import Any

from attrs import define, frozen

from hlc_core.kernel.time import Clock

Fields = dict[str, Any]

FAKE_SECRET = "whsec_fake_0123456789abcdef"  # noqa: S105  # guards nothing: it signs what the fake makes up
"""The signing secret of the fake's webhooks, unless another is given."""


class StripeFault(StrEnum):
    """An accident that `misbehave` puts before the next calls of an operation."""

    LOST_REQUEST = "lost_request"
    LOST_ANSWER = "lost_answer"
    LATE = "late"
    SERVER_ERROR = "server_error"
    SERVER_ERROR_AFTER = "server_error_after"
    RATE_LIMIT = "rate_limit"
    CONFLICT = "conflict"
    GARBAGE = "garbage"
    WRONG_SHAPE = "wrong_shape"


@frozen(kw_only=True)
class TestMethod:
    """How a test payment method behaves. An empty code: it works. `off_session_only`: it fails only off-session."""

    __test__ = False

    code: str = ""
    decline_code: str = ""
    message: str = "Your card was declined."
    brand: str = "visa"
    last4: str = "4242"
    authentication: bool = False
    off_session_only: bool = False
    on_setup_only: bool = False
    refund: str = "succeeded"
    confirm_fault: StripeFault | None = None


def _declines(decline_code: str, last4: str, code: str = "card_declined") -> TestMethod:
    return TestMethod(code=code, decline_code=decline_code, last4=last4)


TEST_METHODS: Mapping[str, TestMethod] = {
    "pm_card_visa": TestMethod(),
    "pm_card_mastercard": TestMethod(brand="mastercard", last4="4444"),
    "pm_card_amex": TestMethod(brand="amex", last4="8431"),
    "tok_visa": TestMethod(),
    "pm_card_chargeDeclined": _declines("generic_decline", "0002"),
    "pm_card_visa_chargeDeclined": _declines("generic_decline", "0002"),
    "pm_card_chargeDeclinedInsufficientFunds": _declines("insufficient_funds", "9995"),
    "pm_card_visa_chargeDeclinedInsufficientFunds": _declines("insufficient_funds", "9995"),
    "pm_card_visa_chargeDeclinedLostCard": _declines("lost_card", "9987"),
    "pm_card_visa_chargeDeclinedStolenCard": _declines("stolen_card", "9979"),
    "pm_card_chargeDeclinedExpiredCard": _declines("", "0069", "expired_card"),
    "pm_card_chargeDeclinedIncorrectCvc": _declines("", "0127", "incorrect_cvc"),
    "pm_card_chargeDeclinedProcessingError": _declines("", "0119", "processing_error"),
    "pm_card_chargeDeclinedFraudulent": _declines("fraudulent", "0019"),
    "pm_card_chargeCustomerFail": TestMethod(
        code="card_declined", decline_code="lost_card", last4="0341", off_session_only=True
    ),
    "pm_card_authenticationRequired": TestMethod(authentication=True, last4="3184"),
    "pm_card_authenticationRequiredOnSetup": TestMethod(authentication=True, on_setup_only=True, last4="3155"),
    "pm_card_refundFail": TestMethod(refund="failed", last4="5126"),
    "pm_card_pendingRefund": TestMethod(refund="pending", last4="7726"),
    "pm_card_hlc_lostAnswer": TestMethod(confirm_fault=StripeFault.LOST_ANSWER),
    "pm_card_hlc_lostRequest": TestMethod(confirm_fault=StripeFault.LOST_REQUEST),
    "pm_card_hlc_late": TestMethod(confirm_fault=StripeFault.LATE),
    "pm_card_hlc_serverError": TestMethod(confirm_fault=StripeFault.SERVER_ERROR_AFTER),
}
"""Stripe's own names where Stripe has them; those with `hlc` do to the first confirm what no card can do."""


class Refused(Exception):
    """An error of the API. `stored`: the endpoint had begun, so the key remembers it."""

    def __init__(self, status: int, error: Fields, stored: bool = True) -> None:
        super().__init__(str(error.get("code")))
        self.status = status
        self.body = {"error": error}
        self.stored = stored


def invalid(message: str, code: str = "parameter_invalid", param: str = "") -> Refused:
    """A 400 that came before anything began."""
    return Refused(
        400, {"type": "invalid_request_error", "code": code, "param": param, "message": message}, stored=False
    )


def missing(what: str, id: str, param: str = "intent") -> Refused:
    """A 404."""
    return Refused(
        404,
        {
            "type": "invalid_request_error",
            "code": "resource_missing",
            "param": param,
            "message": f"No such {what}: '{id}'",
        },
        stored=False,
    )


@define
class Kept:
    """What a key remembers."""

    print: str
    status: int
    body: bytes
    expires: float


class StripeFake:
    """The account behind the fake: its objects, its keys, its events, and the accidents asked for.

    `clock` decides when keys expire, late requests run and signatures are dated. Thread-safe.
    """

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        webhook_secret: str = FAKE_SECRET,
        key_lifetime: float = 86_400.0,
        search_lag: float = 0.0,
        late_by: float = 3_600.0,
        refund_delay: float = 60.0,
    ) -> None:
        self._clock = clock
        self._secret = webhook_secret
        self._key_lifetime = key_lifetime
        self._search_lag = search_lag
        self.late_by = late_by
        self._refund_delay = refund_delay
        self.lock = RLock()
        self.intents: dict[str, Fields] = {}
        self.setups: dict[str, Fields] = {}
        self.customers: dict[str, Fields] = {}
        self.methods: dict[str, Fields] = {}
        self.refunds: dict[str, Fields] = {}
        self.charges: dict[str, Fields] = {}
        self.events: list[tuple[bytes, str]] = []
        """Every webhook so far: body and `Stripe-Signature` header."""
        self._behaviour: dict[str, TestMethod] = {}
        self._keys: dict[str, Kept] = {}
        self._faults: dict[str, list[StripeFault]] = {}
        self._late: list[tuple[float, Callable[[], object]]] = []
        self._made = 0
        self._confirmed: set[str] = set()

    def now(self) -> float:
        """Seconds since 1970."""
        return (self._clock.now() if self._clock else datetime.now(UTC)).timestamp()

    def misbehave(self, operation: str, fault: StripeFault, times: int = 1) -> None:
        """Let the fault befall the next calls of `create`, `confirm`, `cancel`, `retrieve`, `search`, `refund`,
        `refunds`, `charges` or `customer`."""
        with self.lock:
            self._faults.setdefault(operation, []).extend([fault] * times)

    def fault_for(self, operation: str, subject: str) -> StripeFault | None:
        """The accident that befalls this call, used up. `subject` is the intent confirmed, or the method stored."""
        with self.lock:
            if waiting := self._faults.get(operation):
                return waiting.pop(0)
            if subject in self._confirmed:
                return None
            if operation == "store":
                behaviour = TEST_METHODS.get(subject.partition(" ")[0])
            elif operation == "confirm" and subject in self.intents:
                behaviour = self._behaviour.get(str(self.intents[subject]["payment_method"]))
            else:
                return None
            self._confirmed.add(subject)
            return behaviour.confirm_fault if behaviour else None

    def later(self, work: Callable[[], object]) -> None:
        """Run it `late_by` seconds from now, when some call or `catch_up` comes by."""
        with self.lock:
            self._late.append((self.now() + self.late_by, work))

    def catch_up(self) -> None:
        """Run what has become due."""
        with self.lock:
            now = self.now()
            due = [work for at, work in self._late if at <= now]
            self._late = [(at, work) for at, work in self._late if at > now]
            for work in due:
                work()
            for refund in self.refunds.values():
                if refund["status"] == "pending" and refund["created"] + self._refund_delay <= now:
                    refund["status"] = "succeeded"

    def kept(self, key: str) -> Kept | None:
        """What the key remembers, if it has not expired."""
        found = self._keys.get(key)
        return found if found is not None and found.expires > self.now() else None

    def keep(self, key: str, print: str, status: int, body: bytes) -> None:
        """Remember."""
        self._keys[key] = Kept(print, status, body, self.now() + self._key_lifetime)

    def captured(self, reference: str | None = None) -> list[Fields]:
        """The captured charges, as the account knows them; of one `hlc_attempt` if named."""
        with self.lock:
            return [
                charge
                for charge in self.charges.values()
                if charge["captured"] and (reference is None or charge["metadata"].get("hlc_attempt") == reference)
            ]

    def act(self, intent_id: str, agreed: bool) -> None:
        """The buyer completes or fails 3-D Secure. Refuses: Refused (no such intent)."""
        with self.lock:
            if intent_id in self.setups:
                self._act_on_setup(self.setups[intent_id], agreed)
                return
            intent = self._intent(intent_id)
            if intent["status"] != "requires_action":
                return
            if agreed:
                self._succeed(intent)
                return
            self._fail(
                intent,
                {
                    "type": "invalid_request_error",
                    "code": "payment_intent_authentication_failure",
                    "message": "The provided payment method has failed authentication.",
                },
            )

    # objects

    def make_customer(self, form: Fields) -> Fields:
        """POST /v1/customers."""
        customer: Fields = {
            "id": self._id("cus"),
            "object": "customer",
            "created": int(self.now()),
            "metadata": dict(form.get("metadata", {})),
        }
        self.customers[customer["id"]] = customer
        return customer

    def make_intent(self, form: Fields) -> Fields:
        """POST /v1/payment_intents, always unconfirmed. Refuses: Refused."""
        if "payment_method_types" in form:
            raise invalid(
                "payment_method_types can no longer be set.",
                "payment_method_types_no_longer_supported",
                "payment_method_types",
            )
        amount, currency = str(form.get("amount", "")), form.get("currency")
        if not amount.isdigit() or not isinstance(currency, str) or len(currency) != 3:
            raise invalid("Invalid amount or currency.", "parameter_invalid_integer", "amount")
        if int(amount) < 50:
            raise invalid("Amount must be at least $0.50 usd.", "amount_too_small", "amount")
        customer = form.get("customer")
        if customer is not None and customer not in self.customers:
            raise missing("customer", str(customer), "customer")
        method = self._method(form, customer)
        intent: Fields = {
            "id": self._id("pi"),
            "object": "payment_intent",
            "amount": int(amount),
            "amount_received": 0,
            "currency": currency,
            "created": self.now(),
            "customer": customer,
            "payment_method": method,
            "payment_method_types": ["card"],
            "setup_future_usage": form.get("setup_future_usage"),
            "metadata": dict(form.get("metadata", {})),
            "status": "requires_confirmation" if method else "requires_payment_method",
            "last_payment_error": None,
            "latest_charge": None,
            "next_action": None,
        }
        self.intents[intent["id"]] = intent
        self._event("payment_intent.created", intent)
        return intent

    def _method(self, form: Fields, customer: str | None) -> str | None:
        token = form.get("payment_method")
        if token is None:
            card = form.get("payment_method_data", {}).get("card", {})
            token = card.get("token") if isinstance(card, dict) else None
        if token is None:
            return None
        if token in TEST_METHODS:
            return self._fresh_method(TEST_METHODS[token])
        found = self.methods.get(str(token))
        if found is None:
            raise missing("PaymentMethod", str(token), "payment_method")
        if found["customer"] != customer:
            raise invalid("The payment method does not belong to that customer.", "", "payment_method")
        return str(token)

    def _fresh_method(self, behaviour: TestMethod) -> str:
        method: Fields = {
            "id": self._id("pm"),
            "object": "payment_method",
            "type": "card",
            "customer": None,
            "card": {"brand": behaviour.brand, "last4": behaviour.last4, "exp_month": 12, "exp_year": 2044},
        }
        self.methods[method["id"]] = method
        self._behaviour[method["id"]] = behaviour
        return str(method["id"])

    def make_setup(self, form: Fields, base_url: str) -> Fields:
        """POST /v1/setup_intents, confirmed at once. Refuses: Refused (a decline is a 402)."""
        customer = form.get("customer")
        if customer not in self.customers:
            raise missing("customer", str(customer), "customer")
        method = self._method(form, str(customer))
        if method is None or form.get("confirm") != "true":
            raise invalid("The fake confirms a setup intent when it is made.", param="payment_method")
        setup: Fields = {
            "id": self._id("seti"),
            "object": "setup_intent",
            "created": int(self.now()),
            "customer": customer,
            "payment_method": method,
            "metadata": dict(form.get("metadata", {})),
            "usage": form.get("usage"),
            "status": "requires_payment_method",
            "last_setup_error": None,
            "next_action": None,
        }
        self.setups[setup["id"]] = setup
        behaviour = self._behaviour[method]
        if behaviour.code and not behaviour.off_session_only:
            error: Fields = {"type": "card_error", "code": behaviour.code, "message": behaviour.message}
            if behaviour.decline_code:
                error["decline_code"] = behaviour.decline_code
            setup.update(last_setup_error=dict(error), payment_method=None)
            raise Refused(402, {**error, "setup_intent": dict(setup)})
        if behaviour.authentication:
            back = form.get("return_url")
            url = f"{base_url}/fake/actions/{setup['id']}"
            setup["status"] = "requires_action"
            setup["next_action"] = (
                {"type": "redirect_to_url", "redirect_to_url": {"url": url, "return_url": back}}
                if back
                else {"type": "use_stripe_sdk", "use_stripe_sdk": {}}
            )
            return setup
        self._keep(setup)
        return setup

    def _keep(self, setup: Fields) -> None:
        self.methods[setup["payment_method"]]["customer"] = setup["customer"]
        setup.update(status="succeeded", next_action=None)
        self._event("setup_intent.succeeded", setup)

    def _act_on_setup(self, setup: Fields, agreed: bool) -> None:
        if setup["status"] != "requires_action":
            return
        if agreed:
            self._keep(setup)
            return
        error: Fields = {
            "type": "invalid_request_error",
            "code": "setup_intent_authentication_failure",
            "message": "The provided payment method has failed authentication.",
        }
        setup.update(status="requires_payment_method", last_setup_error=error, payment_method=None, next_action=None)

    def confirm(self, intent_id: str, form: Fields, base_url: str) -> Fields:
        """POST /v1/payment_intents/{id}/confirm. Refuses: Refused (a decline is a 402)."""
        intent = self._intent(intent_id)
        if intent["status"] == "requires_action":
            return intent
        if intent["status"] != "requires_confirmation":
            raise self._unexpected(intent, "confirm")
        off_session = form.get("off_session") == "true"
        behaviour = self._behaviour[intent["payment_method"]]
        stored = self.methods[intent["payment_method"]]["customer"] is not None
        fails = behaviour.code and (off_session or not behaviour.off_session_only)
        asks = behaviour.authentication and not (behaviour.on_setup_only and stored)
        if fails:
            raise self._decline(intent, behaviour.code, behaviour.decline_code, behaviour.message)
        if asks and off_session:
            raise self._decline(intent, "authentication_required", "authentication_required", "Authenticate the card.")
        if asks:
            url = f"{base_url}/fake/actions/{intent_id}"
            back = form.get("return_url")
            intent["status"] = "requires_action"
            intent["next_action"] = (
                {"type": "redirect_to_url", "redirect_to_url": {"url": url, "return_url": back}}
                if back
                else {"type": "use_stripe_sdk", "use_stripe_sdk": {}}
            )
            self._event("payment_intent.requires_action", intent)
            return intent
        self._succeed(intent)
        return intent

    def _succeed(self, intent: Fields) -> None:
        method = self.methods[intent["payment_method"]]
        charge: Fields = {
            "id": self._id("ch"),
            "object": "charge",
            "amount": intent["amount"],
            "amount_captured": intent["amount"],
            "amount_refunded": 0,
            "captured": True,
            "created": int(self.now()),
            "currency": intent["currency"],
            "customer": intent["customer"],
            "metadata": dict(intent["metadata"]),
            "payment_intent": intent["id"],
            "payment_method": method["id"],
            "payment_method_details": {"type": "card", "card": dict(method["card"])},
            "status": "succeeded",
        }
        self.charges[charge["id"]] = charge
        intent.update(
            status="succeeded",
            amount_received=intent["amount"],
            latest_charge=charge["id"],
            last_payment_error=None,
            next_action=None,
        )
        if intent["setup_future_usage"] == "off_session" and intent["customer"] is not None:
            method["customer"] = intent["customer"]
        self._event("payment_intent.succeeded", intent)

    def _fail(self, intent: Fields, error: Fields) -> None:
        intent.update(status="requires_payment_method", last_payment_error=error, payment_method=None, next_action=None)
        self._event("payment_intent.payment_failed", intent)

    def _decline(self, intent: Fields, code: str, decline_code: str, message: str) -> Refused:
        error: Fields = {"type": "card_error", "code": code, "message": message, "charge": self._id("ch")}
        if decline_code:
            error["decline_code"] = decline_code
        self._fail(intent, dict(error))
        return Refused(402, {**error, "payment_intent": dict(intent)})

    def cancel(self, intent_id: str) -> Fields:
        """POST /v1/payment_intents/{id}/cancel. Refuses: Refused."""
        intent = self._intent(intent_id)
        if intent["status"] in ("succeeded", "canceled", "processing"):
            raise self._unexpected(intent, "cancel")
        intent.update(status="canceled", next_action=None)
        self._event("payment_intent.canceled", intent)
        return intent

    def _unexpected(self, intent: Fields, verb: str) -> Refused:
        return Refused(
            400,
            {
                "type": "invalid_request_error",
                "code": "payment_intent_unexpected_state",
                "message": f"You cannot {verb} this PaymentIntent because it has a status of {intent['status']}.",
                "payment_intent": dict(intent),
            },
        )

    def refund(self, form: Fields) -> Fields:
        """POST /v1/refunds. Refuses: Refused (nothing captured, more than is left)."""
        intent = self._intent(str(form.get("payment_intent")))
        charge = self.charges.get(str(intent["latest_charge"]))
        if charge is None:
            raise Refused(
                400,
                {
                    "type": "invalid_request_error",
                    "code": "charge_not_refundable",
                    "message": "This PaymentIntent does not have a successful charge to refund.",
                },
            )
        left = charge["amount_captured"] - charge["amount_refunded"]
        if left == 0:
            raise Refused(
                400,
                {
                    "type": "invalid_request_error",
                    "code": "charge_already_refunded",
                    "message": f"Charge {charge['id']} has already been refunded.",
                },
            )
        amount = str(form.get("amount", left))
        if not amount.isdigit() or not 0 < int(amount) <= left:
            raise Refused(
                400,
                {
                    "type": "invalid_request_error",
                    "param": "amount",
                    "message": "Refund amount is greater than unrefunded amount on charge.",
                },
            )
        status = self._behaviour[charge["payment_method"]].refund
        refund: Fields = {
            "id": self._id("re"),
            "object": "refund",
            "amount": int(amount),
            "charge": charge["id"],
            "created": int(self.now()),
            "currency": charge["currency"],
            "failure_reason": "lost_or_stolen_card" if status == "failed" else None,
            "metadata": dict(form.get("metadata", {})),
            "payment_intent": intent["id"],
            "status": status,
        }
        self.refunds[refund["id"]] = refund
        if status != "failed":
            charge["amount_refunded"] += int(amount)
        self._event("refund.created", refund)
        return refund

    def dispute(self, intent_id: str) -> None:
        """A chargeback arrives: only its webhook, as far as HLC is concerned. Refuses: Refused."""
        with self.lock:
            intent = self._intent(intent_id)
            self._event(
                "charge.dispute.created",
                {
                    "id": self._id("du"),
                    "object": "dispute",
                    "charge": intent["latest_charge"],
                    "payment_intent": intent_id,
                },
            )

    def searchable(self, reference: str) -> list[Fields]:
        """The intents whose `hlc_attempt` is that, as far as the lagging search knows them."""
        return [
            intent
            for intent in self.intents.values()
            if intent["metadata"].get("hlc_attempt") == reference and intent["created"] + self._search_lag <= self.now()
        ]

    def expanded(self, intent: Fields, expand: list[str]) -> Fields:
        """The intent with the named fields as objects."""
        whole = {**intent, "created": int(intent["created"])}
        if "latest_charge" in expand and intent.get("latest_charge"):
            whole["latest_charge"] = self.charges[intent["latest_charge"]]
        if "payment_method" in expand and intent["payment_method"]:
            whole["payment_method"] = self.methods[intent["payment_method"]]
        return whole

    def _intent(self, intent_id: str) -> Fields:
        found = self.intents.get(intent_id)
        if found is None:
            raise missing("payment_intent", intent_id)
        return found

    def _id(self, prefix: str) -> str:
        self._made += 1
        return f"{prefix}_fake{self._made:08d}"

    def _event(self, kind: str, subject: Fields) -> None:
        body = json.dumps(
            {
                "id": self._id("evt"),
                "object": "event",
                "type": kind,
                "created": int(self.now()),
                "data": {"object": subject},
            }
        ).encode()
        self.events.append((body, self.signature(body)))

    def signature(self, body: bytes, at: float | None = None) -> str:
        """The `Stripe-Signature` header for the body, dated now or at the given second."""
        stamp = str(int(self.now() if at is None else at))
        digest = hmac.new(self._secret.encode(), stamp.encode() + b"." + body, sha256).hexdigest()
        return f"t={stamp},v1={digest}"
