"""Encryption: the keys under which stored data is sealed."""

from __future__ import annotations

from datetime import datetime

from attrs import frozen

from hlc_core.encryption.api import (
    DestroySpentKeys,
    EncryptionKey,
    IndexLeak,
    KeyPurpose,
    KeyState,
    ListEncryptionKeys,
    ReportKeys,
    RotateKeys,
    Tally,
    WrapKeys,
)
from hlc_core.jobs.api import JobName, RunJobSoon
from hlc_http.call import Call
from hlc_http.table import Nothing, Routes, Who

routes = Routes("encryption", who=Who.STAFF)


@frozen(kw_only=True)
class KeyAnswer:
    """A key, without itself. `whole`: a body in the clear is refused."""

    id: str
    purpose: KeyPurpose
    number: int
    state: KeyState
    master: str
    whole: bool
    made_at: datetime
    replaced_at: datetime | None
    destroyed_at: datetime | None


@frozen(kw_only=True)
class KeysAnswer:
    """All keys of the organization."""

    items: tuple[KeyAnswer, ...]


@frozen(kw_only=True)
class ReportAnswer:
    """The keys, the rows under each, and what the hashes tell somebody without a key."""

    keys: tuple[KeyAnswer, ...]
    tallies: tuple[Tally, ...]
    leaks: tuple[IndexLeak, ...]


@frozen(kw_only=True)
class RotationWish:
    """Which keys are replaced; `index`: those of the hashes, too."""

    index: bool = False


@frozen(kw_only=True)
class WrappedAnswer:
    """How many keys were wrapped anew."""

    wrapped: int


@routes.get("/api/v1/encryption/keys", "List encryption keys", answers=KeysAnswer, uses=ListEncryptionKeys)
def list_encryption_keys(call: Call[Nothing, Nothing]) -> KeysAnswer:
    """Those of the organization, destroyed ones among them; never a key itself."""
    return KeysAnswer(items=tuple(map(_shown, call.ask(ListEncryptionKeys()))))


@routes.get("/api/v1/encryption/report", "Report on encryption", answers=ReportAnswer, uses=ReportKeys, waits=True)
def report_encryption(call: Call[Nothing, Nothing]) -> ReportAnswer:
    """Which keys are in use, how many rows are under each, and what the hashes tell. Looks at every row."""
    found = call.ask(ReportKeys())
    return ReportAnswer(keys=tuple(map(_shown, found.keys)), tallies=found.tallies, leaks=found.leaks)


@routes.post(
    "/api/v1/encryption/rotate",
    "Replace encryption keys",
    body=RotationWish,
    answers=KeysAnswer,
    uses=RotateKeys,
    idempotent=True,
)
def rotate_encryption_keys(call: Call[RotationWish, Nothing]) -> KeysAnswer:
    """Answers the new keys at once; the worker seals the rows anew."""
    purposes = (KeyPurpose.BODY, KeyPurpose.INDEX) if call.body.index else (KeyPurpose.BODY,)
    made = call.execute(RotateKeys(purposes=purposes))
    call.services.application.execute(RunJobSoon(name=JobName.ENCRYPTION), call.ours)
    return KeysAnswer(items=tuple(map(_shown, made)))


@routes.post(
    "/api/v1/encryption/wrap",
    "Wrap encryption keys under the current master key",
    answers=WrappedAnswer,
    uses=WrapKeys,
    idempotent=True,
)
def wrap_encryption_keys(call: Call[Nothing, Nothing]) -> WrappedAnswer:
    """After the master key was replaced in the settings; the rows stay as they are."""
    return WrappedAnswer(wrapped=call.execute(WrapKeys()))


@routes.post(
    "/api/v1/encryption/destroy-spent",
    "Destroy replaced encryption keys",
    answers=KeysAnswer,
    uses=DestroySpentKeys,
    idempotent=True,
)
def destroy_spent_keys(call: Call[Nothing, Nothing]) -> KeysAnswer:
    """Those under which no row is any more, an hour after they were replaced."""
    return KeysAnswer(items=tuple(map(_shown, call.execute(DestroySpentKeys()))))


def _shown(key: EncryptionKey) -> KeyAnswer:
    return KeyAnswer(
        id=key.id,
        purpose=key.purpose,
        number=key.number,
        state=key.state,
        master=key.master,
        whole=key.whole,
        made_at=key.made_at,
        replaced_at=key.replaced_at,
        destroyed_at=key.destroyed_at,
    )
