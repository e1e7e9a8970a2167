"""Shapes of payments, with the constraints that carry the charge protocol."""

from hlc_adapters.storage.shape import Index, Shape, Unique, instant, integer, text
from hlc_core.payments.machine import ATTEMPT, REFUND, AttemptState
from hlc_core.payments.model import PaymentAttempt, ProcessorEvent, Refund, SavedMethod


def _expires(method: SavedMethod) -> int | None:
    card = method.instrument.card
    return None if card is None else card.expires_year * 12 + card.expires_month - 1


def _default_of(method: SavedMethod) -> str | None:
    return method.patient if method.default else None


PAYMENT_ATTEMPTS: Shape[PaymentAttempt] = Shape(
    "payment_attempts",
    PaymentAttempt,
    (
        text("obligation", "payment.obligation"),
        integer("number"),
        text("state"),
        text("purpose", "payment.purpose"),
        text("subject", "payment.subject"),
        text("patient", "payment.patient"),
        integer("amount", "payment.amount.amount"),
        text("currency", "payment.amount.currency"),
        text("gateway", "payment.gateway"),
        text("object_id"),
        instant("opened_at"),
        instant("settled_at"),
        instant("next_check_at"),
    ),
    uniques=(
        Unique("one_number_per_obligation", ("obligation", "number")),
        Unique("one_unclosed_attempt_per_obligation", ("obligation",), unless=("state", AttemptState.CLOSED)),
        Unique("one_attempt_per_gateway_object", ("gateway", "object_id")),
    ),
    indexes=(
        Index(("next_check_at",)),
        Index(("gateway", "settled_at")),
        Index(("state",), only=("state", AttemptState.QUARANTINE)),
    ),
    machine=ATTEMPT,
    refers=(("patient", "patients"),),
    kind="payment attempt",
    listed="payments at /payments/attempts",
)

REFUNDS: Shape[Refund] = Shape(
    "refunds",
    Refund,
    (
        text("attempt"),
        text("state"),
        integer("amount", "amount.amount"),
        text("currency", "amount.currency"),
        instant("next_check_at"),
    ),
    indexes=(Index(("attempt",)), Index(("next_check_at",))),
    machine=REFUND,
    refers=(("attempt", "payment_attempts"),),
    kind="refund",
)

SAVED_METHODS: Shape[SavedMethod] = Shape(
    "saved_methods",
    SavedMethod,
    (
        text("patient"),
        text("gateway"),
        text("state"),
        integer("expires", _expires),
        text("default_of", _default_of),
    ),
    uniques=(Unique("one_default_a_patient", ("default_of",)),),
    indexes=(Index(("patient",)), Index(("state", "expires"))),
    refers=(("patient", "patients"),),
    kind="saved method",
)

PROCESSOR_EVENTS: Shape[ProcessorEvent] = Shape(
    "processor_events",
    ProcessorEvent,
    (instant("at"), text("kind"), text("subject"), text("attempt")),
    indexes=(Index(("subject",)),),
)


SHAPES = (PAYMENT_ATTEMPTS, REFUNDS, SAVED_METHODS, PROCESSOR_EVENTS)
