"""What the simulator's server and its client say to each other: JSON of the port's own values."""

from __future__ import annotations

from attrs import frozen

from hlc_core.kernel.ids import AttemptId
from hlc_core.payments.model import ChargeRequest, RefundRequest, StoreRequest


@frozen(kw_only=True)
class Confirm:
    """Body of `POST /v1/confirm`."""

    object_id: str
    request: ChargeRequest


@frozen(kw_only=True)
class LookUp:
    """Body of `POST /v1/look_up`."""

    object_id: str


@frozen(kw_only=True)
class Find:
    """Body of `POST /v1/find`."""

    reference: AttemptId


@frozen(kw_only=True)
class Cancel:
    """Body of `POST /v1/cancel`."""

    object_id: str
    reference: AttemptId


@frozen(kw_only=True)
class Said:
    """Body of an answer that is no answer of the port: why."""

    code: str


Body = Confirm | LookUp | Find | Cancel | ChargeRequest | RefundRequest | StoreRequest
