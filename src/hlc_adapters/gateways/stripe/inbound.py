"""Stripe's webhooks: a genuine one becomes a small value that wakes the resolver; it never carries state."""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Mapping, Sequence
from hashlib import sha256

from attrs import frozen

from hlc_adapters.gateways.stripe.mapping import ATTEMPT_FIELD, ORGANIZATION_FIELD, metadata
from hlc_core.kernel.errors import Fault, Invalid, Unauthenticated
from hlc_core.kernel.time import Clock

TOLERANCE = 300
"""Seconds by which a signature's time may lie behind or ahead of ours."""


class NotFromStripe(Unauthenticated):
    """The signature does not vouch for the message, or its time is too far from now."""

    remedy = Fault("Stripe-Signature", "sign with the secret in HLC_STRIPE_WEBHOOK_SECRET, within five minutes")


class UnreadableEvent(Invalid):
    """Signed by Stripe, yet no event that we can read."""

    remedy = Fault("body", "send an event as Stripe writes it: `hlc webhooks list` shows those that came")


@frozen(kw_only=True)
class InboundEvent:
    """What a webhook is allowed to say: look at that object. `reference` is our attempt id, `organization`
    whose it is, if they were in there."""

    id: str
    type: str
    object_id: str | None
    reference: str | None
    organization: str | None = None


class StripeInbound:
    """Verifies and reads webhooks. Several secrets, so that one can be rotated.

    Refuses at construction: Invalid (no secret, or one too short to be a secret).
    """

    def __init__(self, secrets: Sequence[str], clock: Clock, tolerance: int = TOLERANCE) -> None:
        if isinstance(secrets, str):
            secrets = (secrets,)
        if not secrets or any(len(secret.strip()) < 16 for secret in secrets):
            raise Invalid(
                "Webhooks need the signing secret of their endpoint.",
                Fault("HLC_STRIPE_WEBHOOK_SECRET", "set it to the secret that begins with whsec_"),
            )
        self._secrets = tuple(secret.strip().encode() for secret in secrets)
        self._clock = clock
        self._tolerance = tolerance

    def read(self, payload: bytes, signature: str | None) -> InboundEvent:
        """The event in the body, if the `Stripe-Signature` header vouches for it; nothing is parsed before that.

        Refuses: NotFromStripe (no, malformed or wrong signature, or 5 minutes off), UnreadableEvent (no event).
        """
        self._verify(payload, signature)
        try:
            found = json.loads(payload)
        except (ValueError, RecursionError):
            raise UnreadableEvent("The webhook is no JSON.") from None
        return _event(found)

    def _verify(self, payload: bytes, signature: str | None) -> None:
        stamp, offered = _signature(signature or "")
        if stamp is None or not offered:
            raise NotFromStripe("The webhook carries no usable signature.")
        genuine = False
        for secret in self._secrets:
            expected = hmac.new(secret, stamp.encode() + b"." + payload, sha256).hexdigest().encode()
            for one in offered:
                genuine |= hmac.compare_digest(expected, one.encode())
        if not genuine:
            raise NotFromStripe("The webhook's signature does not match.")
        if abs(self._clock.now().timestamp() - int(stamp)) > self._tolerance:
            raise NotFromStripe("The webhook's time is too far from now.")


def _signature(header: str) -> tuple[str | None, tuple[str, ...]]:
    if len(header) > 2000:
        return None, ()
    pairs = [part.strip().partition("=") for part in header.split(",")]
    stamps = [value for name, _, value in pairs if name == "t"]
    offered = tuple(value for name, _, value in pairs if name == "v1" and re.fullmatch(r"[0-9a-f]{64}", value))
    if len(stamps) != 1 or not re.fullmatch(r"[0-9]{1,15}", stamps[0], re.ASCII):
        return None, ()
    return stamps[0], offered


def _event(found: object) -> InboundEvent:
    if not isinstance(found, Mapping) or found.get("object") != "event":
        raise UnreadableEvent("The webhook is no event.")
    id, kind, inner = found.get("id"), found.get("type"), found.get("data")
    subject = inner.get("object") if isinstance(inner, Mapping) else None
    if not _short(id) or not _short(kind) or not isinstance(subject, Mapping):
        raise UnreadableEvent("The webhook is no event.")
    return InboundEvent(
        id=str(id),
        type=str(kind),
        object_id=_object_id(subject),
        reference=metadata(subject, ATTEMPT_FIELD),
        organization=metadata(subject, ORGANIZATION_FIELD),
    )


def _short(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch(r"[\w.:-]{1,255}", value, re.ASCII) is not None


def _object_id(subject: Mapping[str, object]) -> str | None:
    if subject.get("object") == "payment_intent":
        value = subject.get("id")
    else:
        value = subject.get("payment_intent")
        if isinstance(value, Mapping):
            value = value.get("id")
    return value if isinstance(value, str) and _short(value) else None
