"""What Stripe says, in the words of the port. Total: whatever is not listed here is NO_ANSWER."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from hlc_core.kernel.ids import OrganizationId
from hlc_core.kernel.money import Money
from hlc_core.payments.model import Answer, Card, Charge, DeclineClass, Instrument, Result

ATTEMPT_FIELD = "hlc_attempt"
"""Metadata field that carries our attempt id."""
REFUND_FIELD = "hlc_refund"
"""Metadata field that carries our refund id."""
STORE_FIELD = "hlc_store"
"""Metadata field that carries our reference of a card kept without a charge."""
ORGANIZATION_FIELD = "hlc_organization"
"""Metadata field that carries the organization's id."""

Fields = Mapping[str, Any]

HARD = frozenset(
    {
        "card_not_supported",
        "currency_not_supported",
        "do_not_try_again",
        "expired_card",
        "fraudulent",
        "highest_risk_level",
        "incorrect_address",
        "incorrect_cvc",
        "incorrect_number",
        "incorrect_zip",
        "invalid_account",
        "invalid_cvc",
        "invalid_expiry_month",
        "invalid_expiry_year",
        "invalid_number",
        "lost_card",
        "merchant_blacklist",
        "new_account_information_available",
        "not_permitted",
        "pickup_card",
        "restricted_card",
        "revocation_of_all_authorizations",
        "revocation_of_authorization",
        "security_violation",
        "service_not_allowed",
        "stolen_card",
        "stop_payment_order",
        "testmode_decline",
        "transaction_not_allowed",
    }
)
"""Decline codes after which the same card will not work. Source: Stripe, decline codes."""

NEEDS_ACTION = frozenset(
    {
        "authentication_required",
        "authentication_not_handled",
        "card_velocity_authentication_required",
        "mobile_device_authentication_required",
        "offline_pin_required",
        "online_or_offline_pin_required",
        "payment_intent_authentication_failure",
        "setup_intent_authentication_failure",
        "requires_action",
    }
)
"""Decline codes after which the customer must be present."""

OUTAGE = frozenset({"issuer_not_available", "processing_error", "reenter_transaction"})
"""Decline codes that speak of a machine, not of the card."""

_REFUSED_AT_CREATE = frozenset({"amount_too_small", "amount_too_large", "invalid_charge_amount", "token_already_used"})
_REFUND_REFUSED = frozenset(
    {
        "balance_insufficient",
        "charge_already_refunded",
        "charge_disputed",
        "charge_not_refundable",
        "charge_exceeds_source_limit",
        "insufficient_funds",
        "refund_disputed_payment",
    }
)
_SECRET = re.compile(r"\b(?:sk|rk|pk|whsec)_\w+(?:\*+\w*)?|\b\d{12,19}\b")

_FACTORS: Mapping[str, tuple[int, int]] = {"ISK": (100, 1), "UGX": (100, 1), "MGA": (1, 100)}
"""Currencies that Stripe counts in other units than ISO 4217: times the first, divided by the second."""


def to_stripe(money: Money) -> tuple[int, str]:
    """Amount and currency as Stripe counts them. Refuses: ValueError (no whole number of its units)."""
    times, by = _FACTORS.get(money.currency, (1, 1))
    amount, rest = divmod(money.amount * times, by)
    if rest:
        raise ValueError("Stripe has no such fraction of that currency.")
    return amount, money.currency.lower()


def from_stripe(amount: object, currency: object) -> Money:
    """The money. Refuses: ValueError (not an amount)."""
    if not isinstance(amount, int) or isinstance(amount, bool) or not isinstance(currency, str):
        raise ValueError("No amount of money.")
    code = currency.upper()
    times, by = _FACTORS.get(code, (1, 1))
    whole, rest = divmod(amount * by, times)
    if rest:
        raise ValueError("No amount of money.")
    return Money(whole, code)


def no_answer(code: str, object_id: str | None = None) -> Answer:
    """Nothing definite; the code says why, in our words."""
    return Answer(result=Result.NO_ANSWER, object_id=object_id, code=code)


def shown(text: object) -> str:
    """The gateway's sentence as one line of at most 200 characters, without keys or card numbers."""
    if not isinstance(text, str):
        return ""
    return _SECRET.sub("…", " ".join(text.split()))[:200]


def code_of(value: object) -> str:
    """A code of Stripe's, if it is one."""
    return value if isinstance(value, str) and re.fullmatch(r"[a-z0-9_]{1,64}", value) else ""


def decline_class(code: str) -> DeclineClass:
    """What a decline means for retrying; a code that is not in the tables is soft: the retry policy is bounded."""
    if code in HARD:
        return DeclineClass.HARD
    if code in NEEDS_ACTION:
        return DeclineClass.NEEDS_ACTION
    return DeclineClass.OUTAGE if code in OUTAGE else DeclineClass.SOFT


def declined(error: Fields, object_id: str | None) -> Answer:
    """A decline, from a card error or an intent's last payment error."""
    code = code_of(error.get("decline_code")) or code_of(error.get("code"))
    return Answer(
        result=Result.DECLINED,
        object_id=object_id,
        charge_id=_id(error.get("charge")),
        decline=decline_class(code),
        code=code,
        text=shown(error.get("message")),
    )


def intent(found: Fields, fresh: Result = Result.UNCONFIRMED) -> Answer:
    """A PaymentIntent; `fresh` is the word for one that was not confirmed yet. Refuses: ValueError (unreadable)."""
    object_id = _id(found.get("id"))
    if object_id is None:
        raise ValueError("An intent without an id.")
    status = found.get("status")
    error = found.get("last_payment_error")
    if status == "succeeded":
        return Answer(
            result=Result.CAPTURED,
            object_id=object_id,
            charge_id=_id(found.get("latest_charge")),
            amount=from_stripe(found.get("amount_received"), found.get("currency")),
            instrument=_instrument(found),
        )
    if status == "requires_payment_method" and isinstance(error, Mapping):
        return declined(error, object_id)
    if status in ("requires_confirmation", "requires_payment_method"):
        return Answer(result=fresh, object_id=object_id)
    if status == "requires_action":
        return Answer(
            result=Result.ACTION,
            object_id=object_id,
            code="authentication_required",
            action_url=_action_url(found.get("next_action")),
        )
    if status == "processing":
        return Answer(result=Result.PENDING, object_id=object_id)
    if status == "canceled":
        return Answer(result=Result.CANCELLED, object_id=object_id)
    return no_answer("unlisted_status", object_id)


def setup(found: Fields) -> Answer:
    """A SetupIntent. Refuses: ValueError (unreadable)."""
    object_id = _id(found.get("id"))
    if object_id is None:
        raise ValueError("A setup intent without an id.")
    status = found.get("status")
    error = found.get("last_setup_error")
    token, customer = _id(found.get("payment_method")), _id(found.get("customer"))
    if status == "succeeded" and token is not None and customer is not None:
        kept = Instrument(token=token, customer=customer, card=_card(found))
        return Answer(result=Result.CREATED, object_id=object_id, instrument=kept)
    if status == "requires_payment_method" and isinstance(error, Mapping):
        return declined(error, object_id)
    if status == "requires_action":
        return Answer(
            result=Result.ACTION,
            object_id=object_id,
            code="authentication_required",
            action_url=_action_url(found.get("next_action")),
        )
    return no_answer("unlisted_status", object_id)


def refund(found: Fields) -> Answer:
    """A Refund. Refuses: ValueError (unreadable)."""
    refund_id = _id(found.get("id"))
    if refund_id is None:
        raise ValueError("A refund without an id.")
    status = found.get("status")
    results = {
        "succeeded": Result.REFUNDED,
        "pending": Result.PENDING,
        "requires_action": Result.PENDING,
        "failed": Result.DECLINED,
        "canceled": Result.DECLINED,
    }
    result = results.get(status if isinstance(status, str) else "", Result.NO_ANSWER)
    return Answer(
        result=result,
        object_id=_id(found.get("payment_intent")),
        charge_id=refund_id,
        amount=from_stripe(found.get("amount"), found.get("currency")),
        decline=DeclineClass.HARD if result is Result.DECLINED else None,
        code=code_of(found.get("failure_reason")) if result is Result.DECLINED else "",
    )


def charge(found: Fields) -> Charge | None:
    """A line of the books; None for a charge that captured nothing. Refuses: ValueError (unreadable)."""
    if found.get("status") != "succeeded" or not found.get("captured"):
        return None
    object_id = _id(found.get("payment_intent")) or _id(found.get("id"))
    created = found.get("created")
    if object_id is None or not isinstance(created, int):
        raise ValueError("A charge without an id or an instant.")
    owner = metadata(found, ORGANIZATION_FIELD)
    return Charge(
        object_id=object_id,
        reference=metadata(found, ATTEMPT_FIELD),
        amount=from_stripe(found.get("amount_captured"), found.get("currency")),
        refunded=from_stripe(found.get("amount_refunded", 0), found.get("currency")),
        at=datetime.fromtimestamp(created, UTC),
        organization=None if owner is None else OrganizationId(owner),
    )


def metadata(found: Fields, field: str) -> str | None:
    """One of our fields in an object's metadata."""
    fields = found.get("metadata")
    value = fields.get(field) if isinstance(fields, Mapping) else None
    return value if isinstance(value, str) and 0 < len(value) <= 255 else None


def refused_at_create(error: Fields) -> Answer | None:
    """A definite refusal of what `create` was given, or None."""
    code, param = code_of(error.get("code")), error.get("param")
    about_card = isinstance(param, str) and param.startswith(("payment_method", "customer"))
    if code in _REFUSED_AT_CREATE or (about_card and code in ("resource_missing", "payment_method_unactivated", "")):
        return Answer(
            result=Result.DECLINED, decline=DeclineClass.HARD, code=code or "refused", text="The card was not accepted."
        )
    return None


def refund_refused(error: Fields, object_id: str) -> Answer | None:
    """A definite refusal of a refund, or None."""
    code = code_of(error.get("code"))
    if code in _REFUND_REFUSED or error.get("param") == "amount":
        return Answer(
            result=Result.DECLINED,
            object_id=object_id,
            decline=DeclineClass.HARD,
            code=code or "amount_too_large",
            text="Stripe refused the refund.",
        )
    return None


def _id(value: object) -> str | None:
    if isinstance(value, Mapping):
        value = value.get("id")
    return value if isinstance(value, str) and 0 < len(value) <= 255 else None


def _action_url(action: object) -> str | None:
    if not isinstance(action, Mapping):
        return None
    redirect = action.get("redirect_to_url")
    url = redirect.get("url") if isinstance(redirect, Mapping) else None
    return url if isinstance(url, str) and url.startswith(("https://", "http://")) else None


def _instrument(found: Fields) -> Instrument | None:
    token, customer = _id(found.get("payment_method")), _id(found.get("customer"))
    if token is None or customer is None or found.get("setup_future_usage") != "off_session":
        return None
    return Instrument(token=token, customer=customer, card=_card(found))


def _card(found: Fields) -> Card | None:
    for holder in (found.get("payment_method"), _path(found, "latest_charge", "payment_method_details")):
        card = holder.get("card") if isinstance(holder, Mapping) else None
        if isinstance(card, Mapping):
            brand, last_four = card.get("brand"), card.get("last4")
            month, year = card.get("exp_month"), card.get("exp_year")
            if isinstance(brand, str) and isinstance(last_four, str) and isinstance(month, int):
                return Card(
                    brand=brand,
                    last_four=last_four,
                    expires_month=month,
                    expires_year=year if isinstance(year, int) else 0,
                )
    return None


def _path(found: Fields, *names: str) -> object:
    value: object = found
    for name in names:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value
