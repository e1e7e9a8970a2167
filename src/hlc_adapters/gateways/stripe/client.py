"""Stripe behind the gateway port: PaymentIntents through Stripe's own SDK, made first and confirmed later."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

import stripe

from hlc_adapters.gateways.stripe import mapping
from hlc_adapters.gateways.stripe.mapping import Fields, no_answer
from hlc_core.kernel.errors import Fault, Invalid, Unavailable
from hlc_core.kernel.ids import AttemptId
from hlc_core.payments.gateway import key
from hlc_core.payments.model import (
    Answer,
    Capabilities,
    Charge,
    ChargeRequest,
    DeclineClass,
    RefundRequest,
    Result,
    StoreRequest,
)

if TYPE_CHECKING:
    from stripe.params import PaymentIntentConfirmParams, PaymentIntentCreateParams, SetupIntentCreateParams

CAPABILITIES = Capabilities(
    two_step=True,
    cancel=True,
    key_lifetime=86_400,
    find_by_reference=True,
    off_session=True,
    refunds=True,
    partial_refunds=True,
    longest_flight=172_800,
)
"""Keys are kept for at least 24 hours; cancelling an intent fences it."""

_STRENGTH = (Result.CAPTURED, Result.PENDING, Result.ACTION, Result.UNCONFIRMED, Result.DECLINED, Result.CANCELLED)


class StripeGateway:
    """The gateway port on Stripe. The key and Stripe's own error texts never leave this object.

    `return_url` is where the buyer lands after 3-D Secure when the request names no address: without any, Stripe gives
    no page to send the buyer to. `base_url` replaces Stripe's address, for tests and local play.
    Refuses at construction: Invalid (no key).
    """

    def __init__(
        self,
        api_key: str,
        *,
        base_url: str | None = None,
        timeout: float = 20.0,
        return_url: str = "",
        name: str = "stripe",
    ) -> None:
        if not re.fullmatch(r"[!-~]{8,}", api_key):
            raise Invalid("Stripe needs its secret key.", Fault("HLC_STRIPE_API_KEY", "set it to the secret key"))
        # The SDK writes bodies with tokens at DEBUG; nobody's log level may let them through.
        logging.getLogger("stripe").setLevel(logging.WARNING)
        self._client = stripe.StripeClient(
            api_key,
            max_network_retries=0,
            http_client=stripe.RequestsClient(timeout=(min(5.0, timeout), timeout)),
            base_addresses={"api": base_url.rstrip("/")} if base_url else None,
        )
        self._return_url = return_url
        self._name = name

    @property
    def name(self) -> str:
        """See `Gateway.name`."""
        return self._name

    @property
    def capabilities(self) -> Capabilities:
        """See `Gateway.capabilities`."""
        return CAPABILITIES

    def create(self, request: ChargeRequest) -> Answer:
        """See `Gateway.create`. A method that is to be kept gets a Customer first; both are harmless if orphaned."""
        return self._asked(lambda: self._create(request), mapping.refused_at_create)

    def confirm(self, object_id: str, request: ChargeRequest) -> Answer:
        """See `Gateway.confirm`. The card stands in the intent: a declined intent cannot be confirmed by accident."""
        params: PaymentIntentConfirmParams = {"expand": ["latest_charge", "payment_method"]}
        if request.off_session:
            params["off_session"] = True
        elif request.return_url or self._return_url:
            params["return_url"] = request.return_url or self._return_url
        return self._asked(
            lambda: mapping.intent(
                self._client.v1.payment_intents.confirm(
                    object_id, params, {"idempotency_key": key(request.reference, "confirm")}
                ).to_dict()
            )
        )

    def look_up(self, object_id: str) -> Answer:
        """See `Gateway.look_up`."""
        return self._asked(lambda: mapping.intent(self._intent(object_id)), _missing)

    def find(self, reference: AttemptId) -> Answer:
        """See `Gateway.find`. Stripe's search lags about a minute; what it finds is read again by id."""
        return self._asked(lambda: self._find(reference))

    def cancel(self, object_id: str, reference: AttemptId) -> Answer:
        """See `Gateway.cancel`. A refused cancel is answered from the intent itself."""
        answer = self._asked(
            lambda: mapping.intent(
                self._client.v1.payment_intents.cancel(
                    object_id, {}, {"idempotency_key": key(reference, "cancel")}
                ).to_dict()
            ),
            _missing,
        )
        if answer.result is Result.NO_ANSWER and answer.code in ("refused", "conflict"):
            answer = self.look_up(object_id)
        if answer.result in (Result.CANCELLED, Result.CAPTURED, Result.NOT_FOUND, Result.NO_ANSWER):
            return answer
        return no_answer("not_cancelled", object_id)

    def refund(self, request: RefundRequest) -> Answer:
        """See `Gateway.refund`. Looked for first: a key forgets after a day, a partial refund could be made again."""
        found = self.find_refund(request)
        if found.result is not Result.NOT_FOUND:
            return found
        return self._asked(
            lambda: self._refund(request), lambda error: mapping.refund_refused(error, request.object_id)
        )

    def find_refund(self, request: RefundRequest) -> Answer:
        """See `Gateway.find_refund`."""
        return self._asked(lambda: self._find_refund(request), _missing)

    def store(self, request: StoreRequest) -> Answer:
        """See `Gateway.store`: a Customer, unless there is one, and a confirmed SetupIntent."""
        return self._asked(lambda: self._store(request), mapping.refused_at_create)

    def charges(self, since: datetime, until: datetime) -> Iterator[Charge]:
        """See `Gateway.charges`. Stripe counts whole seconds; both ends are rounded down."""
        try:
            page = self._client.v1.charges.list(
                {"created": {"gte": int(since.timestamp()), "lt": int(until.timestamp())}, "limit": 100}
            )
            for found in page.auto_paging_iter():
                line = mapping.charge(found.to_dict())
                if line is not None:
                    yield line
        except (stripe.StripeError, ValueError, TypeError, KeyError, AttributeError):
            raise Unavailable("Stripe's books cannot be read now.", retry_after=60) from None

    def _create(self, request: ChargeRequest) -> Answer:
        try:
            amount, currency = mapping.to_stripe(request.amount)
        except ValueError:
            return Answer(
                result=Result.DECLINED,
                decline=DeclineClass.HARD,
                code="amount_not_representable",
                text="Stripe has no such fraction of that currency.",
            )
        marks = {
            mapping.ATTEMPT_FIELD: str(request.reference),
            mapping.ORGANIZATION_FIELD: str(request.organization),
        }
        params: PaymentIntentCreateParams = {
            "amount": amount,
            "currency": currency,
            "confirm": False,
            "allowed_payment_method_types": ["card"],
            "metadata": marks,
        }
        if request.instrument.token.startswith("tok_"):
            params["payment_method_data"] = {"type": "card", "card": {"token": request.instrument.token}}  # type: ignore[typeddict-unknown-key]  # the API takes a token here, the SDK's types do not list it
        else:
            params["payment_method"] = request.instrument.token
        customer = request.instrument.customer
        if request.keep_method and not request.off_session:
            params["setup_future_usage"] = "off_session"
            if customer is None:
                customer = self._client.v1.customers.create(
                    {"metadata": marks}, {"idempotency_key": key(request.reference, "customer")}
                ).id
        if customer is not None:
            params["customer"] = customer
        made = self._client.v1.payment_intents.create(
            params, {"idempotency_key": key(request.reference, "create")}
        ).to_dict()
        return mapping.intent(made, fresh=Result.CREATED)

    def _store(self, request: StoreRequest) -> Answer:
        marks = {mapping.STORE_FIELD: request.reference, mapping.ORGANIZATION_FIELD: str(request.organization)}
        customer = request.customer
        if customer is None:
            customer = self._client.v1.customers.create(
                {"metadata": marks}, {"idempotency_key": key(request.reference, "customer")}
            ).id
        params: SetupIntentCreateParams = {
            "customer": customer,
            "usage": "off_session",
            "confirm": True,
            "allowed_payment_method_types": ["card"],
            "metadata": marks,
            "expand": ["payment_method"],
        }
        if request.token.startswith("tok_"):
            params["payment_method_data"] = {"type": "card", "card": {"token": request.token}}  # type: ignore[typeddict-unknown-key]  # the API takes a token here, the SDK's types do not list it
        else:
            params["payment_method"] = request.token
        if request.return_url or self._return_url:
            params["return_url"] = request.return_url or self._return_url
        made = mapping.setup(
            self._client.v1.setup_intents.create(params, {"idempotency_key": key(request.reference, "store")}).to_dict()
        )
        if made.result is not Result.ACTION or made.object_id is None:
            return made
        # The key replays what was answered first; whether the buyer has confirmed since is read from the object.
        return mapping.setup(
            self._client.v1.setup_intents.retrieve(made.object_id, {"expand": ["payment_method"]}).to_dict()
        )

    def _intent(self, object_id: str) -> Fields:
        return self._client.v1.payment_intents.retrieve(
            object_id, {"expand": ["latest_charge", "payment_method"]}
        ).to_dict()

    def _find(self, reference: AttemptId) -> Answer:
        if not re.fullmatch(r"[\w-]{1,200}", reference):
            return no_answer("unsearchable_reference")
        found = self._client.v1.payment_intents.search(
            {"query": f"metadata['{mapping.ATTEMPT_FIELD}']:'{reference}'", "limit": 10}
        )
        answers = [
            mapping.intent(self._intent(one.id))
            for one in found.data
            if mapping.metadata(one.to_dict(), mapping.ATTEMPT_FIELD) == reference
        ]
        known = [answer for answer in answers if answer.result in _STRENGTH]
        if len(known) < len(answers):
            return no_answer("unlisted_status")
        if not known:
            return Answer(result=Result.NOT_FOUND)
        return min(known, key=lambda answer: _STRENGTH.index(answer.result))

    def _refund(self, request: RefundRequest) -> Answer:
        amount, _ = mapping.to_stripe(request.amount)
        made = self._client.v1.refunds.create(
            {
                "payment_intent": request.object_id,
                "amount": amount,
                "metadata": {
                    mapping.REFUND_FIELD: str(request.reference),
                    mapping.ORGANIZATION_FIELD: str(request.organization),
                },
            },
            {"idempotency_key": key(request.reference, "refund")},
        ).to_dict()
        return mapping.refund(made)

    def _find_refund(self, request: RefundRequest) -> Answer:
        listed = self._client.v1.refunds.list({"payment_intent": request.object_id, "limit": 100})
        for one in listed.auto_paging_iter():
            found = one.to_dict()
            if mapping.metadata(found, mapping.REFUND_FIELD) == request.reference:
                return mapping.refund(found)
        return Answer(result=Result.NOT_FOUND)

    def _asked(
        self, ask: Callable[[], Answer], refusal: Callable[[Fields], Answer | None] = lambda error: None
    ) -> Answer:
        try:
            return ask()
        except stripe.CardError as error:
            fields = _error(error)
            if fields.get("type") == "card_error":
                return mapping.declined(fields, _intent_id(fields))
            return no_answer("unlisted_error")
        except stripe.InvalidRequestError as error:
            return _refused(_error(error), refusal)
        except stripe.StripeError as error:
            return no_answer(_reason(error))
        except Exception:  # the SDK and its driver may raise anything at all on an unreadable answer
            return no_answer("unreadable")


def _error(error: stripe.StripeError) -> Fields:
    body = error.json_body
    fields = body.get("error") if isinstance(body, Mapping) else None
    return fields if isinstance(fields, Mapping) else {}


def _intent_id(fields: Fields) -> str | None:
    found = fields.get("payment_intent") or fields.get("setup_intent")
    value = found.get("id") if isinstance(found, Mapping) else None
    return value if isinstance(value, str) else None


def _refused(fields: Fields, refusal: Callable[[Fields], Answer | None]) -> Answer:
    told = refusal(fields)
    if told is not None:
        return told
    found = fields.get("payment_intent")
    if fields.get("code") == "payment_intent_unexpected_state" and isinstance(found, Mapping):
        try:
            return mapping.intent(found)
        except ValueError:
            return no_answer("unreadable")
    return no_answer("refused", _intent_id(fields))


def _missing(fields: Fields) -> Answer | None:
    missing = fields.get("code") == "resource_missing" and fields.get("param") in ("intent", "id", "payment_intent")
    return Answer(result=Result.NOT_FOUND) if missing else None


def _reason(error: stripe.StripeError) -> str:
    if isinstance(error, stripe.APIConnectionError):
        return "no_connection"
    if isinstance(error, stripe.IdempotencyError):
        return "idempotency_error"
    if isinstance(error, stripe.RateLimitError):
        return "rate_limited"
    if isinstance(error, stripe.AuthenticationError):
        return "authentication_error"
    if isinstance(error, stripe.PermissionError):
        return "permission_error"
    return "conflict" if error.http_status == 409 else "api_error"
