"""Shapes of what is not of one context: audit, moves, stored events, submissions."""

from hlc_adapters.storage.shape import Index, Shape, Unique, instant, integer, text
from hlc_core.audit.model import AuditEntry, Move, Seal
from hlc_core.idempotency import Submission
from hlc_core.relay import Delivery, DeliveryState

MOVES: Shape[Move] = Shape(
    "moves",
    Move,
    (
        text("machine"),
        text("subject"),
        text("source"),
        text("target"),
        instant("at"),
        text("actor"),
        text("cause"),
        text("on_behalf_of"),
    ),
    flat=True,
    append_only=True,
)

AUDIT_ENTRIES: Shape[AuditEntry] = Shape(
    "audit_entries",
    AuditEntry,
    (
        instant("at"),
        text("actor_kind"),
        text("actor"),
        text("on_behalf_of"),
        text("command"),
        text("outcome"),
        text("asked"),
        text("written"),
        text("correlation"),
        text("shown"),
        text("cause"),
        text("channel"),
        text("address"),
        text("changes"),
        text("scope"),
    ),
    flat=True,
    append_only=True,
)

AUDIT_SEALS: Shape[Seal] = Shape(
    "audit_seals",
    Seal,
    (integer("number"), integer("count"), text("last"), text("hash")),
    uniques=(Unique("one_seal_per_number", ("number",)),),
    append_only=True,
)

DELIVERIES: Shape[Delivery] = Shape(
    "deliveries",
    Delivery,
    (
        text("name"),
        text("subject"),
        text("body"),
        instant("at"),
        text("correlation"),
        text("actor"),
        text("state"),
        instant("available_at"),
        integer("attempts"),
        text("error"),
    ),
    indexes=(
        Index(("state", "available_at"), only=("state", DeliveryState.PENDING)),
        Index(("state", "subject"), only=("state", DeliveryState.PENDING)),
        Index(("state",), only=("state", DeliveryState.PARKED)),
    ),
    flat=True,
    shared=True,
)

SUBMISSIONS: Shape[Submission] = Shape(
    "submissions",
    Submission,
    (text("command"), instant("at")),
    indexes=(Index(("at",)),),
    sealed=True,
)
"""Sealed, for an answer may hold what a buyer wrote."""

SHAPES = (MOVES, AUDIT_ENTRIES, AUDIT_SEALS, DELIVERIES, SUBMISSIONS)
