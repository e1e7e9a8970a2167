"""The signature that HLC and pharmacies put on their messages: HMAC-SHA256 over the time and the body."""

from __future__ import annotations

import hmac
import re
from hashlib import sha256

from hlc_core.partners.api import NotFromPartner

HEADER = "HLC-Signature"
TOLERANCE = 300
"""Seconds by which a signature's time may lie behind or ahead of ours."""

_FORM = re.compile(r"t=([0-9]{1,12}),v1=([0-9a-f]{64})", re.ASCII)


def sign(secret: str, payload: bytes, at: int) -> str:
    """The header's value, such as `t=1767225600,v1=…`."""
    digest = hmac.new(secret.encode(), str(at).encode() + b"." + payload, sha256).hexdigest()
    return f"t={at},v1={digest}"


def verify(secret: str, payload: bytes, signature: str | None, now: int) -> None:
    """Refuses: NotFromPartner (no, malformed or wrong signature, or 5 minutes off)."""
    found = _FORM.fullmatch(signature or "")
    if found is None:
        raise NotFromPartner("The message carries no usable signature.")
    expected = sign(secret, payload, int(found.group(1)))
    if not hmac.compare_digest(expected.encode(), (signature or "").encode()):
        raise NotFromPartner("The message's signature does not match.")
    if abs(now - int(found.group(1))) > TOLERANCE:
        raise NotFromPartner("The message's time is too far from now.")
