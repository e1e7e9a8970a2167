"""Opening transactions: what the application sees of one, and the environment that use cases get."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from attrs import define, field

from hlc_adapters import wire
from hlc_adapters.credentials.secrets import keyed_secrets
from hlc_adapters.credentials.totp import AuthenticatorCodes
from hlc_adapters.signatures import KeyedSigner
from hlc_adapters.storage.environment import Environment
from hlc_adapters.storage.keyring import Keyring
from hlc_adapters.storage.session import Backend, Write
from hlc_adapters.storage.shapes.encryption import ENCRYPTION_KEYS
from hlc_adapters.storage.shapes.organizations import ORGANIZATIONS
from hlc_adapters.storage.shapes.platform import AUDIT_ENTRIES, DELIVERIES, SUBMISSIONS
from hlc_adapters.storage.unit_of_work import UnitOfWork
from hlc_core.audit.model import AuditEntry, Outcome
from hlc_core.audit.ports import Signer
from hlc_core.idempotency import Submission
from hlc_core.identity.ports import AppCodes, Secrets
from hlc_core.kernel.commands import Command, Envelope, Query
from hlc_core.kernel.errors import Fault, KeyReused, Missing
from hlc_core.kernel.events import Event
from hlc_core.kernel.ids import EventId, Ids, OrganizationId
from hlc_core.kernel.time import Clock
from hlc_core.organizations.model import Organization
from hlc_core.payments.ports import Capable
from hlc_core.prescriptions.ports import NoPharmacies, PharmacyFacts
from hlc_core.relay import Delivery, DeliveryState

Probe = Callable[[str], None]
"""Called with the name of each effect point (`commit.before`, `commit.after`): the hook of crash enumeration."""

_ORGANIZATION_SECONDS = 5.0
_MOST_WRITTEN = 20


def no_probe(_point: str) -> None:
    """The hook that does nothing."""


@define
class PutEvents:
    """The outbox of one transaction."""

    stored: list[Event] = field(factory=list)
    waiting: list[Event] = field(factory=list)

    def put(self, event: Event) -> None:
        """Store for delivery, and hand to this transaction's reactions."""
        self.stored.append(event)
        self.waiting.append(event)


@define
class StoredUnit:
    """One transaction as the application sees it."""

    env: Environment
    unit: UnitOfWork
    envelope: Envelope
    events: PutEvents
    consumed: frozenset[str]
    probe: Probe
    forget_organization: Callable[[str], None]
    keyring: Keyring
    closing: list[Callable[[], Write]] = field(factory=list)
    ended: bool = False

    def drain(self) -> Sequence[Event]:
        """The events put since the last call."""
        waiting, self.events.waiting = self.events.waiting, []
        return waiting

    def submitted(self, command: str, key: str, body: Command[Any], answer: Any) -> tuple[bool, Any]:
        """Whether the key was used, and its answer. Refuses: KeyReused."""
        found = self.unit.find(SUBMISSIONS, self._key(command, key))
        if found is None:
            return False, None
        if found.body_hash != _hash(body):
            raise KeyReused(
                "This idempotency key was used before with other content.",
                Fault("Idempotency-Key", "send a new key for a new request"),
            )
        return True, wire.decode(answer, found.answer)

    def remember(self, command: str, key: str, body: Command[Any], answer: object) -> None:
        """Store the answer under the key, with the versions that are written."""
        self.closing.append(lambda: Write(SUBMISSIONS, (), (self._submission(command, key, body, answer),)))

    def record(self, command: Command[Any] | Query[Any], denied: bool, scope: str = "") -> None:
        """Write the audit entry."""
        outcome = Outcome.DENIED if denied else Outcome.DONE
        self.closing.append(lambda: Write(AUDIT_ENTRIES, (), (self._entry(command, outcome, scope=scope),)))

    def record_read(self, query: Query[Any], shown: Sequence[str], scope: str) -> None:
        """Write the audit entry of a read."""
        self.closing.append(lambda: Write(AUDIT_ENTRIES, (), (self._entry(query, Outcome.READ, shown, scope),)))

    def check(self) -> None:
        """Write everything, without keeping it. Refuses: Stale, AlreadyExists."""
        self.unit.flush(self._close)

    def commit(self) -> None:
        """Write everything. Refuses: Stale, AlreadyExists, Unavailable."""
        self.unit.flush(self._close, last=True)
        self.probe("commit.before")
        self.ended = True
        self.unit.session.commit()
        if self.unit.changed(ENCRYPTION_KEYS):
            self.keyring.forget()
        elif self.unit.session.keys:
            self.keyring.keep(self.unit.session)
        if self.unit.changed(ORGANIZATIONS):
            self.forget_organization(self.envelope.actor.organization)
        self.probe("commit.after")

    def _close(self) -> list[Write]:
        writes = [make() for make in self.closing]
        waited_for = [event for event in self.events.stored if event.name in self.consumed]
        if waited_for:
            now = self.env.clock.now()
            writes.append(Write(DELIVERIES, (), [self._delivery(event, now) for event in waited_for]))
        return writes

    def _entry(
        self, command: Command[Any] | Query[Any], outcome: Outcome, shown: Sequence[str] = (), scope: str = ""
    ) -> AuditEntry:
        written, envelope, actor = self.unit.written, self.envelope, self.envelope.actor
        named = ", ".join([f"{kind} {row.id} {row.version}" for kind, row in written[:_MOST_WRITTEN]])
        more = f" and {len(written) - _MOST_WRITTEN} more" if len(written) > _MOST_WRITTEN else ""
        return AuditEntry(
            id=EventId(self.env.ids.new("evt")),
            organization=actor.organization,
            at=self.env.clock.now(),
            actor_kind=actor.kind,
            actor=actor.id,
            on_behalf_of=actor.on_behalf_of,
            command=type(command).__name__,
            outcome=outcome,
            asked=wire.redacted(command),
            written=named + more,
            correlation=envelope.correlation,
            shown=", ".join(shown),
            cause=envelope.cause,
            channel=envelope.channel,
            address=envelope.address,
            changes=wire.listed(self.unit.changes),
            scope=scope or actor.scope,
            version=1,
        )

    def _submission(self, command: str, key: str, body: Command[Any], answer: object) -> Submission:
        return Submission(
            id=self._key(command, key),
            organization=self.envelope.actor.organization,
            command=command,
            body_hash=_hash(body),
            answer=wire.encode(answer),
            at=self.env.clock.now(),
            version=1,
        )

    def _delivery(self, event: Event, now: datetime) -> Delivery:
        return Delivery(
            id=EventId(self.env.ids.new("evt")),
            organization=self.envelope.actor.organization,
            name=event.name,
            subject=event.subject,
            body=wire.encode(event),
            at=now,
            correlation=self.envelope.correlation,
            actor=self.envelope.actor.id,
            state=DeliveryState.PENDING,
            available_at=now,
            version=1,
        )

    def _key(self, command: str, key: str) -> str:
        text = f"{self.envelope.actor.kind}|{self.envelope.actor.id}|{command}|{key}"
        return "key_" + hashlib.blake2b(text.encode(), digest_size=18).hexdigest()


def _hash(body: Command[Any]) -> str:
    return hashlib.blake2b(wire.encode(body).encode(), digest_size=18).hexdigest()


@define
class StoredUnits:
    """Opens transactions over a backend. `consumed` names the events that some effect waits for."""

    backend: Backend
    clock: Clock
    ids: Ids
    keyring: Keyring
    gateways: Capable
    consumed: frozenset[str] = frozenset()
    proofs: Secrets = field(factory=keyed_secrets)
    app_codes: AppCodes = field(factory=AuthenticatorCodes)
    probe: Probe = no_probe
    signer: Signer = field(factory=KeyedSigner)
    pharmacies: PharmacyFacts = field(factory=NoPharmacies)
    _open: threading.local = field(factory=threading.local, init=False)
    _organizations: dict[str, tuple[float, Organization]] = field(factory=dict, init=False)

    @property
    def inside(self) -> bool:
        """Whether this thread has a transaction open: no gateway may be called then."""
        return getattr(self._open, "depth", 0) > 0

    @contextmanager
    def open(self, envelope: Envelope, cause: str, write: bool, repeated: bool = False) -> Iterator[StoredUnit]:
        """A transaction for the actor's organization; leaving without a commit rolls back."""
        session = self.backend.begin(write)
        self._open.depth = getattr(self._open, "depth", 0) + 1
        unit = UnitOfWork(session, envelope.actor.organization, envelope.actor, self.clock, cause, repeated)
        events = PutEvents()
        env = Environment(
            unit=unit,
            actor=envelope.actor,
            clock=self.clock,
            ids=self.ids,
            outbox=events,
            keyring=self.keyring,
            gateways=self.gateways,
            signer=self.signer,
            pharmacies=self.pharmacies,
            proofs=self.proofs,
            app_codes=self.app_codes,
            find_organization=self._organization,
        )
        opened = StoredUnit(env, unit, envelope, events, self.consumed, self.probe, self._forget, self.keyring)
        try:
            yield opened
        finally:
            self._open.depth -= 1
            opened.closing.clear()  # they hold the unit: without this only the collector could free what was read
            if not opened.ended:
                session.rollback()

    def _organization(self, unit: UnitOfWork, id: OrganizationId) -> Organization:
        kept = self._organizations.get(id)
        if kept is not None and kept[0] > time.monotonic():
            return kept[1]
        found = unit.find(ORGANIZATIONS, id)
        if found is None:
            raise Missing("There is no such organization.", Fault("organization", "see `hlc org list`"))
        if not unit.changed(ORGANIZATIONS):  # what is not committed yet is nobody else's business
            self._organizations[id] = (time.monotonic() + _ORGANIZATION_SECONDS, found)
        return found

    def _forget(self, organization: str) -> None:
        self._organizations.pop(organization, None)
