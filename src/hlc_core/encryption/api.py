"""The face of the context."""

from hlc_core.encryption.errors import HashesOfLogins, TooManyKeys
from hlc_core.encryption.machine import MACHINE, KeyState
from hlc_core.encryption.model import EncryptionKey, IndexLeak, KeyPurpose, KeyReport, Tally, key_id
from hlc_core.encryption.ports import EncryptionKeys, Env, KeyMaker, SealedRows
from hlc_core.encryption.usecases import (
    DestroySpentKeys,
    RotateKeys,
    WrapKeys,
    destroy_spent_keys,
    rotate_keys,
    wrap_keys,
)
from hlc_core.encryption.views import ListEncryptionKeys, ReportKeys, list_encryption_keys, report_keys

__all__ = [
    "MACHINE",
    "DestroySpentKeys",
    "EncryptionKey",
    "EncryptionKeys",
    "Env",
    "HashesOfLogins",
    "IndexLeak",
    "KeyMaker",
    "KeyPurpose",
    "KeyReport",
    "KeyState",
    "ListEncryptionKeys",
    "ReportKeys",
    "RotateKeys",
    "SealedRows",
    "Tally",
    "TooManyKeys",
    "WrapKeys",
    "destroy_spent_keys",
    "key_id",
    "list_encryption_keys",
    "report_keys",
    "rotate_keys",
    "wrap_keys",
]
