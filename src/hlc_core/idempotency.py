"""What is kept of a keyed submission: the hash of its body and the answer it was given."""

from __future__ import annotations

from datetime import datetime

from attrs import frozen

from hlc_core.kernel.ids import OrganizationId


@frozen(kw_only=True)
class Submission:
    """One idempotency key, used once: same key and body get the stored answer, another body is refused."""

    id: str
    organization: OrganizationId
    command: str
    body_hash: str
    answer: str
    at: datetime
    version: int = 0
