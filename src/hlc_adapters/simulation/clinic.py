"""The simulated clinic: one memory database and one simulated bank, under as many processes as there are runners."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from attrs import define, evolve, field, frozen

from hlc_adapters import composition
from hlc_adapters.clock import VirtualClock
from hlc_adapters.gateways.simulator import CALM, MemoryLedger, SimulatorGateway
from hlc_adapters.ids import SeededIds
from hlc_adapters.memory.rows import MemoryBackend
from hlc_adapters.services import Services
from hlc_adapters.settings import MEMORY, Settings
from hlc_adapters.simulation.baton import Baton
from hlc_adapters.simulation.crashes import Crashes
from hlc_adapters.simulation.plans import CURRENCY, SHELF, Plan
from hlc_adapters.simulation.wish import CLASSES, Wish, faults_of
from hlc_core.access.api import PAY, STOREFRONT
from hlc_core.catalog.api import AddProduct
from hlc_core.kernel.commands import Actor, ActorKind, Envelope, system
from hlc_core.kernel.ids import ActorId, Ids, OrganizationId, PatientId, ProductId
from hlc_core.kernel.time import local_date, start_of_day, zone
from hlc_core.notifications.api import Mailer, Message
from hlc_core.organizations.api import ChangeSettings, OpenOrganization
from hlc_core.relay import Delivery

ORGANIZATION = OrganizationId("org_simulated")
STAFF = system(ORGANIZATION, "staff")
RUNNER = system(ORGANIZATION, "runner")
BUYER = Envelope(
    actor=Actor(
        kind=ActorKind.PUBLIC,
        id=ActorId("public"),
        organization=ORGANIZATION,
        permissions=frozenset({STOREFRONT, PAY}),
    )
)
FIRST_DAY = date(2026, 1, 1)


@frozen(kw_only=True)
class Parts:
    """What a process is built from: the database, the bank, and what hears of its effect points."""

    clock: VirtualClock
    ids: Ids
    backend: MemoryBackend
    bank: SimulatorGateway
    mailer: Mailer
    probe: Callable[[str], None]


Assemble = Callable[[Parts], Services]


def assembled(parts: Parts) -> Services:
    """The installation as users have it, over these parts."""
    return composition.build(
        Settings(database_url=MEMORY, fingerprint_key="simulation"),
        clock=parts.clock,
        ids=parts.ids,
        backend=parts.backend,
        gateways=[parts.bank],
        mailer=parts.mailer,
        probe=parts.probe,
    )


@define
class Letterbox:
    """What patients got: counted by kind, once however often it was sent; `reads` is told who got what,
    and about which recovery case."""

    reads: Callable[[str, PatientId, str], None]
    by_kind: Counter[str] = field(factory=Counter)
    repeated: int = 0
    _known: set[str] = field(factory=set)
    _last: str = ""

    def send(self, message: Message) -> None:
        """Take the message in; only its id matters here."""
        self._last = message.id

    def delivered(self, delivery: Delivery) -> None:
        """The effect behind the message: the event has become one."""
        if self._last != delivery.id:
            return
        if delivery.id in self._known:
            self.repeated += 1
            return
        self._known.add(delivery.id)
        self.by_kind[delivery.name] += 1
        if delivery.name.startswith(("recovery.", "payment_method.")):
            facts = json.loads(delivery.body)
            self.reads(delivery.name, PatientId(facts["patient"]), facts.get("recovery", ""))


@define
class Clinic:
    """Everything that stands while processes come and go."""

    wish: Wish
    assemble: Assemble
    letterbox: Letterbox
    clock: VirtualClock = field(init=False)
    ids: SeededIds = field(init=False)
    backend: MemoryBackend = field(factory=MemoryBackend, init=False)
    ledger: MemoryLedger = field(factory=MemoryLedger, init=False)
    bank: SimulatorGateway = field(init=False)
    crashes: Crashes = field(init=False)
    baton: Baton = field(init=False)
    runners: list[Services] = field(init=False)
    products: dict[ProductId, Plan] = field(factory=dict, init=False)
    closing: bool = field(default=False, init=False)
    """Nothing new begins any more; what is under way comes to its end."""

    def __attrs_post_init__(self) -> None:
        wish = self.wish
        self.clock = VirtualClock(start_of_day(FIRST_DAY, wish.zone))
        self.ids = SeededIds(wish.seed)
        self.bank = SimulatorGateway(
            clock=self.clock,
            ledger=self.ledger,
            capabilities=CLASSES[wish.gateway_class],
            faults=CALM,
            sleep=lambda _seconds: None,
        )
        self.crashes = Crashes(wish.crashes, _drawn(wish.seed, "crashes"), healed=True)
        self.baton = Baton(_drawn(wish.seed, "runners"))
        self.runners = [self._built() for _ in range(wish.runners)]
        road = self.services.application
        road.execute(
            OpenOrganization(slug="simulated", name="Simulated clinic", zone=wish.zone, currency=CURRENCY), STAFF
        )
        road.execute(ChangeSettings(recovery=wish.policy.recovery, billing=wish.policy.billing), STAFF)
        for plan in SHELF:
            self.products[road.execute(AddProduct(offer=plan.offer), STAFF).id] = plan
        self.bank.behave(faults_of(wish.faults, wish.seed))
        self.crashes.healed = False

    @property
    def services(self) -> Services:
        """The process that serves people; it is the first of the runners, too."""
        return self.runners[0]

    def product_of(self, plan: Plan) -> ProductId:
        """The product behind the plan."""
        return next(id for id, one in self.products.items() if one is plan)

    def _built(self) -> Services:
        parts = Parts(
            clock=self.clock,
            ids=self.ids,
            backend=self.backend,
            bank=self.bank,
            mailer=self.letterbox,
            probe=self._probed,
        )
        built = self.assemble(parts)
        told = {name: (*effects, self.letterbox.delivered) for name, effects in built.effects.items()}
        return evolve(built, effects=told)

    def _probed(self, point: str) -> None:
        self.crashes.point(point)
        if point != "commit.before":  # the database is locked there
            self.baton.turn()

    def restart(self, runner: int = 0) -> None:
        """The process is gone; a new one starts over the same rows and the same bank."""
        self.runners[runner].close()
        self.runners[runner] = self._built()

    def heal(self) -> None:
        """From now on the bank answers at once, nobody crashes, and nothing new begins."""
        self.closing = True
        self.bank.behave(CALM)
        self.crashes.healed = True

    def close(self) -> None:
        """Let go of threads."""
        for services in self.runners:
            services.close()

    def forget(self) -> None:
        """Let go of what the clinic and the bank have stored."""
        self.backend.clear()
        self.ledger.clear()

    @property
    def today(self) -> date:
        """The local date."""
        return local_date(self.clock.now(), self.wish.zone)

    def at(self, day: date, clock: time) -> datetime:
        """The instant at which clocks on the wall show that time on that day."""
        local = datetime.combine(day, clock, zone(self.wish.zone))
        return local.astimezone(UTC)

    def later(self, **span: float) -> datetime:
        """The instant that long from now."""
        return self.clock.now() + timedelta(**span)


def _drawn(seed: int, what: str) -> Random:
    return Random(f"{seed}|{what}")  # noqa: S311  # replays want repeatable numbers, not secret ones
