"""The face of the context."""

from hlc_core.audit.model import AuditEntry, Move, Outcome
from hlc_core.audit.ports import Env, Trail
from hlc_core.audit.views import ListAuditEntries, ListMoves, list_audit_entries, list_moves

__all__ = [
    "AuditEntry",
    "Env",
    "ListAuditEntries",
    "ListMoves",
    "Move",
    "Outcome",
    "Trail",
    "list_audit_entries",
    "list_moves",
]
