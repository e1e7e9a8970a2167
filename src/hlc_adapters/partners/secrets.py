"""Secrets that partners send along, compared in constant time."""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from hashlib import sha256

from hlc_core.partners.api import NotFromPartner

HEADERS = ("x-webhook-secret", "x-api-key")
LONGEST = 500


def offered(headers: Mapping[str, str]) -> str:
    """The secret of a request: `Authorization: Bearer …`, `X-Webhook-Secret` or `X-API-Key`."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token.strip():
        return token.strip()
    return next((headers[name].strip() for name in HEADERS if headers.get(name, "").strip()), "")


def vouch(headers: Mapping[str, str], secrets: Sequence[str]) -> None:
    """Whether one of the secrets was sent. Every one is compared, by digest. Refuses: NotFromPartner."""
    sent = _digest(offered(headers)[:LONGEST])
    genuine = False
    for secret in secrets:
        genuine |= hmac.compare_digest(sent, _digest(secret))
    if not genuine:
        raise NotFromPartner("The secret of this webhook is missing or wrong.")


def _digest(text: str) -> bytes:
    return sha256(text.encode("utf-8", "surrogatepass")).digest()
