"""Refusals: a closed set of kinds, a named class for each reason, the fields at fault."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import ClassVar

from attrs import field as attrs_field
from attrs import frozen


class Kind(StrEnum):
    """All that an adapter may know of a refusal: what sort of answer it asks for."""

    INVALID = "invalid"
    DENIED = "denied"
    MISSING = "missing"
    CONFLICT = "conflict"
    UNAVAILABLE = "unavailable"


@frozen
class Fault:
    """One field at fault: where (`items[0].quantity`), and how to mend it. `theirs`: it is the name in another system,
    answered as it was sent. `sent` is an id that names nothing: an edge finds by it where it stood in the request."""

    field: str
    message: str
    theirs: bool = False
    sent: str | None = attrs_field(default=None, eq=False, repr=False)


class HlcError(Exception):
    """A refusal. `code` is stable and snake case; `detail` is a sentence without secrets or health data."""

    kind: ClassVar[Kind] = Kind.INVALID
    code: ClassVar[str] = "hlc_error"
    remedy: ClassVar[Fault | None] = None
    """Where and how to mend it, if that is always the same; named where no other fault is."""

    def __init_subclass__(cls, **kwargs: object) -> None:
        super().__init_subclass__(**kwargs)
        if "code" not in cls.__dict__:
            cls.code = re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()

    def __init__(self, detail: str, *faults: Fault, retry_after: int | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.faults = faults or (() if self.remedy is None else (self.remedy,))
        self.retry_after = retry_after
        """Seconds after which the same request may be tried again, or None."""


class Invalid(HlcError):
    """The input breaks a rule; the same input never succeeds."""

    kind = Kind.INVALID


class Denied(HlcError):
    """The actor may not do this."""

    kind = Kind.DENIED


class Missing(HlcError):
    """What was named is not there, or belongs to somebody else: both look the same."""

    kind = Kind.MISSING


class Conflict(HlcError):
    """The state of things forbids it now."""

    kind = Kind.CONFLICT


class Unavailable(HlcError):
    """Something outside is not there; later it may be."""

    kind = Kind.UNAVAILABLE
    remedy = Fault("request", "send the same again in a moment; if it stays so, `hlc doctor` says why")


class Unauthenticated(Denied):
    """No credentials, or credentials that are not valid."""

    remedy = Fault("Authorization", "`Bearer` with an API key, or with the access token of a sign-in")


class Stale(Conflict):
    """Somebody else changed the row first; read again and decide again."""

    remedy = Fault("request", "send it again: it is decided on what stands now")


class AlreadyExists(Conflict):
    """A unique rule of the storage refused a second row; the first one stands."""

    remedy = Fault("request", "look at what is there already, then send it again")


class KeyReused(Invalid):
    """The idempotency key was used before with another body."""

    remedy = Fault("Idempotency-Key", "send a new key for a new request")


class StillRunning(Conflict):
    """The first request with this idempotency key has not ended yet."""

    remedy = Fault("Idempotency-Key", "wait, then send the same again with the same key")
