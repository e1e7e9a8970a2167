"""The worker: runs the periodic jobs of every organization and relays stored events, until it is told to stop.

Four lanes, each a thread of its own, so that neither a long billing run nor a slow pharmacy holds up the others. What a
lane does is leased in the database: many workers share the work, and a dead one's work is taken over.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from attrs import define, field

from hlc_adapters.services import Services
from hlc_core.audit.api import SealAudit, sealed_by
from hlc_core.billing.api import ACTIONS, RunTooLarge, RunWish, planned_pages
from hlc_core.cart.api import AbandonCarts
from hlc_core.encryption.api import DestroySpentKeys, KeyPurpose, KeyState, ListEncryptionKeys
from hlc_core.identity.api import SweepSignIns
from hlc_core.jobs.api import EndJob, Job, JobName, ListJobs, TakeJobs
from hlc_core.kernel.commands import Envelope, system
from hlc_core.kernel.errors import HlcError, Unavailable
from hlc_core.kernel.ids import PLATFORM
from hlc_core.kernel.text import counted
from hlc_core.kernel.time import local_date
from hlc_core.organizations.api import Organization
from hlc_core.people.api import EndGrants

Tell = Callable[[str], None]
"""Takes a line for the log: names, codes and counts, nothing personal, no secret."""

QUICK = frozenset(
    {JobName.RESOLVER, JobName.CARTS, JobName.SEALING, JobName.GRANTS, JobName.SIGN_INS, JobName.PATIENTS}
)
CARRYING = frozenset({JobName.DISPATCHES, JobName.REFILLS})
LONG = frozenset({JobName.BILLING, JobName.RECONCILIATION, JobName.ENCRYPTION})
EVERY = frozenset(JobName)

LONGEST_PAUSE = 30.0
"""Seconds between two tries while the database is away; the first ones are shorter."""
MOST_BATCHES = 200
"""Batches of one job in one turn; what is left waits for the next."""


@define
class Worker:
    """Everything that HLC does by itself. `tell` gets the log; `pause` seconds lie between two looks."""

    services: Services
    tell: Tell
    pause: float = 1.0
    _stop: threading.Event = field(factory=threading.Event, init=False)

    def run(self) -> None:
        """Work until `stop` is called, from any thread; then end what is under way and answer."""
        lanes = [
            threading.Thread(target=self._lane, args=(name, look), name=f"hlc-{name}")
            for name, look in (
                ("relay", self._relay),
                ("quick", self._quick),
                ("care", self._care),
                ("long", self._long),
            )
        ]
        for lane in lanes:
            lane.start()
        for lane in lanes:
            lane.join()

    def stop(self) -> None:
        """Let `run` end soon. Calling it twice does no harm."""
        self._stop.set()

    @contextmanager
    def running(self) -> Iterator[None]:
        """The worker in the background while the block runs."""
        thread = threading.Thread(target=self.run, name="hlc-worker")
        thread.start()
        try:
            yield
        finally:
            self.stop()
            thread.join()

    def run_jobs(self, organization: Organization, names: frozenset[JobName] = EVERY) -> int:
        """Take the organization's due jobs of these names and run them; answers how many. One that fails says so
        in its row and stops no other. Refuses: Unavailable (the database)."""
        envelope = system(organization.id, "worker")
        now = self.services.clock.now()
        known = self.services.application.ask(ListJobs(), envelope)
        if len(known) == len(JobName) and not any(job.name in names and job.due(now) for job in known):
            return 0  # looking is a read: an idle worker writes nothing
        taken = self.services.application.execute(TakeJobs(names=tuple(sorted(names))), envelope)
        for job in taken:
            self._run(job, organization, envelope)
        return len(taken)

    def _run(self, job: Job, organization: Organization, envelope: Envelope) -> None:
        failed = True
        try:
            outcome = self._work[job.name](organization, envelope)
            failed = False
        except HlcError as refusal:
            outcome = f"{refusal.code}: {refusal.detail}"
            self.tell(f"{organization.slug}: {job.name} failed: {refusal.code}")
        except Exception as error:  # whatever it is, the other jobs go on; the text may hold data, the type does not
            outcome = type(error).__name__
            self.tell(f"{organization.slug}: {job.name} failed: {outcome}")
        end = EndJob(job=job.id, token=job.token, outcome=outcome, failed=failed)
        self.services.application.execute(end, envelope)

    @property
    def _work(self) -> Mapping[JobName, Callable[[Organization, Envelope], str]]:
        return {
            JobName.RESOLVER: self._resolve,
            JobName.CARTS: self._abandon,
            JobName.BILLING: self._bill,
            JobName.RECONCILIATION: self._reconcile,
            JobName.SEALING: self._seal,
            JobName.DISPATCHES: self._dispatch,
            JobName.REFILLS: self._refill,
            JobName.GRANTS: self._end_grants,
            JobName.SIGN_INS: self._sweep,
            JobName.PATIENTS: self._index,
            JobName.ENCRYPTION: self._reseal,
        }

    def _resolve(self, _: Organization, envelope: Envelope) -> str:
        return _count(lambda: self.services.resolve_due(envelope), self._stop, "payment", "looked at")

    def _abandon(self, _: Organization, envelope: Envelope) -> str:
        application = self.services.application
        return _count(lambda: application.execute(AbandonCarts(), envelope), self._stop, "cart", "marked")

    def _end_grants(self, _: Organization, envelope: Envelope) -> str:
        application = self.services.application
        return _count(lambda: application.execute(EndGrants(), envelope), self._stop, "grant", "ended")

    def _sweep(self, _: Organization, envelope: Envelope) -> str:
        application = self.services.application
        return _count(lambda: application.execute(SweepSignIns(), envelope), self._stop, "sign-in", "swept")

    def _bill(self, organization: Organization, envelope: Envelope) -> str:
        """A run, if anything is due: empty runs would push the true ones out of the list that bounds the next one."""
        today = local_date(self.services.clock.now(), organization.zone)
        pages = planned_pages(today, self.services.application, envelope)
        if not any(line.kind in ACTIONS and not line.waits for page in pages for line in page.lines):
            return f"nothing due as of {today}"
        try:
            done = self.services.run_billing(RunWish(as_of=today), envelope)
        except RunTooLarge as refusal:
            self.tell(f"{organization.slug}: billing stopped: {refusal.code}")
            return f"{refusal.code}: {refusal.detail}"
        told = f"{counted(done.charges, 'charge')} over {done.billed} as of {today}"
        if not done.broken:
            return told
        broken = counted(len(done.broken), "invariant is", "invariants are")
        self.tell(f"{organization.slug}: billing: {broken} broken, ask `hlc doctor`")
        return f"{told}; {len(done.broken)} broken: {', '.join(done.broken[:3])}"

    def _reconcile(self, organization: Organization, envelope: Envelope) -> str:
        found = self.services.reconcile(envelope)
        if found:
            self.tell(f"{organization.slug}: reconciliation found {counted(len(found), 'difference')}")
        return counted(len(found), "difference")

    def _seal(self, organization: Organization, envelope: Envelope) -> str:
        """The log gets the checkpoint: who keeps it elsewhere can show later that nothing before it was cut off.

        What belongs to no clinic has a chain, too; whichever clinic's turn comes first seals it.
        """
        above = self._sealed("platform", system(PLATFORM, "jobs"))
        return self._sealed(organization.slug, envelope) or above or "nothing to seal"

    def _sealed(self, whose: str, envelope: Envelope) -> str:
        count, last = 0, None
        for _ in range(MOST_BATCHES):
            made = self.services.application.execute(SealAudit(), envelope)
            if made is None or self._stop.is_set():
                break
            count, last = count + made.count, made
        if last is None:
            return ""
        self.tell(f"{whose}: audit {sealed_by(last)}")
        return f"{counted(count, 'entry', 'entries')} sealed up to seal {last.number}"

    def _dispatch(self, _: Organization, envelope: Envelope) -> str:
        return _count(lambda: self.services.dispatch_due(envelope), self._stop, "prescription", "carried")

    def _refill(self, _: Organization, envelope: Envelope) -> str:
        expired, due = self.services.move_refills(envelope)
        return f"{counted(due, 'refill')} due, {counted(expired, 'prescription')} expired"

    def _index(self, _: Organization, envelope: Envelope) -> str:
        """Hash the names of patients who were written quickly, so that they are found."""
        return f"{counted(self.services.index_patients(envelope, MOST_BATCHES), 'patient')} indexed"

    def _reseal(self, organization: Organization, envelope: Envelope) -> str:
        """Go on with a rotation that is under way, and destroy the keys that it has made free."""
        application = self.services.application
        keys = application.ask(ListEncryptionKeys(), envelope)
        active = [key for key in keys if key.state is KeyState.ACTIVE and key.purpose is KeyPurpose.BODY]
        if all(key.whole for key in active) and not any(key.state is KeyState.RETIRING for key in keys):
            return "nothing to do"
        turn = self.services.rotation.run(organization.id, most=MOST_BATCHES)
        indexed = self.services.index_patients(envelope, MOST_BATCHES)
        gone = application.execute(DestroySpentKeys(), envelope)
        done = (counted(turn.rows, "row"), counted(indexed, "patient"), counted(len(gone), "key"))
        return f"{done[0]} sealed anew, {turn.left} left, {done[1]} indexed, {done[2]} destroyed"

    def _relay(self) -> int:
        return self.services.relay(200)

    def _quick(self) -> int:
        return self._round(QUICK)

    def _care(self) -> int:
        return self._round(CARRYING)

    def _long(self) -> int:
        return self._round(LONG)

    def _round(self, names: frozenset[JobName]) -> int:
        for organization in self.services.directory.all():
            if self._stop.is_set():
                break
            try:
                self.run_jobs(organization, names)
            except Unavailable:
                raise
            except HlcError as refusal:  # such as losing a race for a row: the next look is soon
                self.tell(f"{organization.slug}: {refusal.code}")
        return 0

    def _lane(self, name: str, look: Callable[[], int]) -> None:
        trouble = 0
        while not self._stop.is_set():
            try:
                busy = look() > 0
                if trouble:
                    self.tell(f"{name}: the database is back")
                trouble = 0
                self._stop.wait(0.0 if busy else self.pause)
            except Exception as error:  # a lane never dies; what it meets is told by its code or type only
                trouble += 1
                if trouble == 1:
                    self.tell(f"{name}: {error.code if isinstance(error, HlcError) else type(error).__name__}")
                self._stop.wait(min(LONGEST_PAUSE, self.pause * 2 ** min(trouble, 10)))


def _count(step: Callable[[], int], stop: threading.Event, one: str, done_to_it: str) -> str:
    count = 0
    for _ in range(MOST_BATCHES):
        done = step()
        count += done
        if not done or stop.is_set():
            break
    return f"{counted(count, one)} {done_to_it}"
