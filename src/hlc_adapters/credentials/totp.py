"""Codes of authenticator apps. Source: RFC 6238, six digits every thirty seconds."""

from __future__ import annotations

import hmac
from datetime import datetime

import pyotp

STEP = 30
ISSUER = "HLC"


class AuthenticatorCodes:
    """Secrets of authenticator apps, and whether a code is theirs."""

    def secret(self) -> str:
        """A fresh secret of 160 bits, in base 32."""
        return pyotp.random_base32()

    def address(self, secret: str, account: str, clinic: str) -> str:
        """What the app reads from a QR code."""
        return pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name=clinic or ISSUER)

    def step(self, secret: str, code: str, now: datetime, after: int) -> int | None:
        """The time step whose code this is: the current one or a neighbour, later than `after`; else None."""
        made = pyotp.TOTP(secret)
        current = int(now.timestamp()) // STEP
        found = None
        for step in (current - 1, current, current + 1):
            if hmac.compare_digest(made.generate_otp(step).encode(), code.encode("utf-8", "surrogatepass")):
                found = step
        return found if found is not None and found > after else None
