"""The face of the context."""

from hlc_core.audit.chain import Breach, Broken
from hlc_core.audit.model import AuditEntry, Move, Outcome, Seal
from hlc_core.audit.ports import Env, Filter, Seals, Signer, Trail
from hlc_core.audit.usecases import SealAudit, seal_audit
from hlc_core.audit.views import (
    Checkpoint,
    CheckSeals,
    GetCheckpoint,
    ListAllAuditEntries,
    ListAllMoves,
    ListAuditEntries,
    ListMoves,
    SealsChecked,
    check_seals,
    get_checkpoint,
    list_all_audit_entries,
    list_all_moves,
    list_audit_entries,
    list_moves,
    read_checkpoint,
    sealed_by,
)

__all__ = [
    "AuditEntry",
    "Breach",
    "Broken",
    "CheckSeals",
    "Checkpoint",
    "Env",
    "Filter",
    "GetCheckpoint",
    "ListAllAuditEntries",
    "ListAllMoves",
    "ListAuditEntries",
    "ListMoves",
    "Move",
    "Outcome",
    "Seal",
    "SealAudit",
    "Seals",
    "SealsChecked",
    "Signer",
    "Trail",
    "check_seals",
    "get_checkpoint",
    "list_all_audit_entries",
    "list_all_moves",
    "list_audit_entries",
    "list_moves",
    "read_checkpoint",
    "seal_audit",
    "sealed_by",
]
