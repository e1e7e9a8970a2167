"""Questions about keys."""

from __future__ import annotations

from attrs import frozen

from hlc_core.encryption.model import EncryptionKey, KeyReport
from hlc_core.encryption.ports import Env
from hlc_core.kernel.commands import Query


@frozen(kw_only=True)
class ListEncryptionKeys(Query[tuple[EncryptionKey, ...]]):
    """The keys of the organization, destroyed ones among them."""


def list_encryption_keys(_: ListEncryptionKeys, env: Env) -> tuple[EncryptionKey, ...]:
    """By purpose and number."""
    return tuple(env.encryption_keys.all())


@frozen(kw_only=True)
class ReportKeys(Query[KeyReport]):
    """Which keys are in use, how many rows are under each, and what the hashes tell. Reads every row's head."""


def report_keys(_: ReportKeys, env: Env) -> KeyReport:
    """The report."""
    return KeyReport(
        keys=tuple(env.encryption_keys.all()),
        tallies=tuple(env.sealed_rows.tallies()),
        leaks=tuple(env.sealed_rows.leaks()),
    )
