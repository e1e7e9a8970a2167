"""A whole installation for tests: one clinic, a clock that tests turn, the simulated bank, and verbs of the trade.

`world` (tests/conftest.py) is one over memory, SQLite and PostgreSQL; `opened` makes one by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

from attrs import define, field

from hlc_adapters import composition
from hlc_adapters import settings as chosen
from hlc_adapters.clock import VirtualClock
from hlc_adapters.credentials.passwords import Argon2Passwords
from hlc_adapters.gateways.simulator import FENCING, SimulatorGateway
from hlc_adapters.ids import RandomIds
from hlc_adapters.mail.embedded import MemoryMail
from hlc_adapters.memory.rows import MemoryBackend
from hlc_adapters.pharmacies.files import MemoryPharmacy
from hlc_adapters.services import Services
from hlc_adapters.sql.engine import make_engine
from hlc_adapters.sql.migrate import migrate
from hlc_adapters.storage.shape import Shape
from hlc_adapters.storage.shapes.payments import PAYMENT_ATTEMPTS
from hlc_core.access.permissions import KEYS
from hlc_core.billing.api import BillingRun, RunWish
from hlc_core.cart.api import ApplyCoupon, Cart, CreateCart
from hlc_core.catalog.api import AddCoupon, AddProduct, Coupon, CouponTerms, Offer, Product, ProductKind
from hlc_core.checkout.api import CheckoutView, SubmitCheckout
from hlc_core.kernel.commands import Actor, ActorKind, Command, Envelope, Query, system
from hlc_core.kernel.ids import ActorId, Ids, OrganizationId, ProductId, RefundId
from hlc_core.kernel.money import Money
from hlc_core.kernel.time import Interval, Unit, local_date
from hlc_core.organizations.api import ChangeSettings, OpenOrganization
from hlc_core.patients.api import Address, Contact
from hlc_core.payments.api import Capabilities, Gateway, PaymentAttempt, RefundRequest
from hlc_core.prescriptions.api import Pharmacy
from hlc_core.subscriptions.api import GetSubscription, Subscription
from support.postgres import connected, truncate

A = TypeVar("A")

ORGANIZATION = OrganizationId("org_clinic")
ZONE = "America/New_York"
START = datetime(2026, 1, 15, 17, tzinfo=UTC)
SYSTEM = system(ORGANIZATION)
PUBLIC = Envelope(
    actor=Actor(
        kind=ActorKind.PUBLIC, id=ActorId("public"), organization=ORGANIZATION, permissions=KEYS[ActorKind.PUBLIC]
    )
)
MONTH = Interval(Unit.MONTH, 1)
MEMORY = chosen.MEMORY
HOME = Address(address1="1 Main St", city="Albany", postal_code="12207", province_code="NY")
"""Where buyers live who say nothing else."""
AUTH_KEY = "a key of the tests that is long enough to be one"
MASTER = "7f" * 32
"""The master key of test installations."""
BACKENDS = ("memory", "sqlite", "postgres")


class Crash(BaseException):
    """The process died here; no handler can swallow it."""


def usd(cents: int) -> Money:
    """Dollars, in cents."""
    return Money(cents, "USD")


_SQLITE = "sqlite:///"


def prepare(url: str) -> None:
    """Make the tables of an empty database; of a file that is not there yet, by copying one that was migrated."""
    file = Path(url.removeprefix(_SQLITE))
    if url.startswith(_SQLITE) and not file.exists():
        file.write_bytes(_migrated())
    else:
        _migrate(url)


def empty(url: str) -> None:
    """Have only the tables again in a database that nobody uses."""
    if url.startswith(_SQLITE):
        for ending in ("", "-wal", "-shm"):
            Path(url.removeprefix(_SQLITE) + ending).unlink(missing_ok=True)
        prepare(url)
    else:
        with connected(url) as connection:
            truncate(connection, kept=frozenset({"schema_migrations"}))


@cache
def _migrated() -> bytes:
    """A database file with its tables; made once."""
    with TemporaryDirectory() as folder:
        file = Path(folder, "hlc.sqlite")
        _migrate(f"{_SQLITE}{file}")
        return file.read_bytes()


def _migrate(url: str) -> None:
    engine = make_engine(url)
    try:
        migrate(engine, START)
    finally:
        engine.dispose()


@define
class World:
    """One clinic. Verbs act as the system, buyers as the public; the clock stands still until it is advanced.

    `probe` is called at every effect point (before and after each commit, gateway call and delivery); one that raises
    `Crash` kills the process there, and `restart` brings it back over the same rows and the same bank.
    `gateways` are more of them, beside the simulated bank that is active.
    """

    url: str = MEMORY
    settings: dict[str, Any] = field(factory=dict)
    clock: VirtualClock = field(factory=lambda: VirtualClock(START))
    ids: Ids = field(factory=RandomIds)
    probe: Callable[[str], None] = field(default=lambda _point: None)
    capabilities: Capabilities = FENCING
    gateways: Sequence[Gateway] = ()
    sleep: Callable[[float], None] = field(default=lambda _seconds: None)
    mail: MemoryMail = field(factory=MemoryMail)
    passwords: Argon2Passwords = field(factory=lambda: Argon2Passwords(at_once=8, memory_kib=64))
    pharmacies: Sequence[Pharmacy] = field(factory=lambda: (MemoryPharmacy(),))
    backend: MemoryBackend | None = None
    bank: SimulatorGateway = field(init=False)
    services: Services = field(init=False)
    _rows: MemoryBackend | None = field(init=False, default=None)
    _buyers: Iterator[int] = field(factory=lambda: count(1), init=False)

    def __attrs_post_init__(self) -> None:
        self.bank = SimulatorGateway(clock=self.clock, capabilities=self.capabilities, sleep=self.sleep)
        if self.url == MEMORY:
            self._rows = self.backend or MemoryBackend()
        self._build()
        self.execute(OpenOrganization(slug="clinic", name="Clinic", zone=ZONE, currency="USD"))

    def _build(self) -> None:
        keys = {"auth_key": AUTH_KEY, "encryption_key": MASTER, **self.settings}
        settings = chosen.Settings(database_url=self.url, threads=8, **keys)
        self.services = composition.build(
            settings,
            clock=self.clock,
            ids=self.ids,
            backend=self._rows,
            gateways=[self.bank, *self.gateways],
            mailer=self.mail,
            passwords=self.passwords,
            pharmacies=self.pharmacies,
            probe=self._probed,
        )

    def _probed(self, point: str) -> None:
        self.probe(point)

    def restart(self) -> None:
        """New objects over the same rows and the same bank, as after a crash."""
        self.close()
        self._build()

    def close(self) -> None:
        """Let go of threads and connections."""
        self.services.close()

    # the road

    def execute(self, command: Command[A], envelope: Envelope = SYSTEM) -> A:
        """Run a command."""
        return self.services.application.execute(command, envelope)

    def ask(self, query: Query[A], envelope: Envelope = SYSTEM) -> A:
        """Ask a question."""
        return self.services.application.ask(query, envelope)

    def rows(self, shape: Shape[Any]) -> list[Any]:
        """All rows of a table."""
        session = self.services.backend.begin(write=False)
        try:
            return session.select(shape, ORGANIZATION)
        finally:
            session.rollback()

    def change(self, **sections: Any) -> None:
        """Change settings of the clinic, by section."""
        self.execute(ChangeSettings(**sections))

    # time

    @property
    def today(self) -> date:
        """The clinic's local date."""
        return local_date(self.clock.now(), ZONE)

    def advance(self, **span: float) -> None:
        """Turn the clock on: `advance(days=31)`."""
        self.clock.advance(timedelta(**span))

    # the shop

    def product(self, price: int = 4900, **offer: Any) -> Product:
        """A product bought once."""
        terms: dict[str, Any] = {"name": "Consultation", "price": usd(price), "kind": ProductKind.ONE_TIME, **offer}
        return self.execute(AddProduct(offer=Offer(**terms)))

    def plan(self, price: int = 19900, **offer: Any) -> Product:
        """A product that recurs, monthly unless told otherwise."""
        terms: dict[str, Any] = {"name": "Monthly plan", "interval": MONTH, "kind": ProductKind.SUBSCRIPTION, **offer}
        return self.product(price, **terms)

    def coupon(self, code: str = "TEN", **terms: Any) -> Coupon:
        """A coupon of ten percent, unless told otherwise."""
        return self.execute(AddCoupon(code=code, terms=CouponTerms(**(terms or {"percent": 1000}))))

    def cart(self, *products: Product | ProductId, coupon: str = "") -> Cart:
        """A quoted cart."""
        wanted = tuple(one if isinstance(one, str) else one.id for one in products)
        made = self.execute(CreateCart(products=wanted), PUBLIC)
        return self.execute(ApplyCoupon(cart=made.id, code=coupon), PUBLIC) if coupon else made

    def submission(self, cart: Cart, token: str | None = "tok_success", **more: Any) -> SubmitCheckout:
        """The wish to pay that cart as it was quoted, by a buyer of one's own."""
        number = next(self._buyers)
        assert cart.quote is not None
        fields: dict[str, Any] = {
            "cart": cart.id,
            "quote_hash": cart.quote.hash,
            "contact": Contact(email=f"buyer{number}@example.com", name=f"Buyer {number}"),
            "address": HOME,
            "token": token,
            **more,
        }
        return SubmitCheckout(**fields)

    def pay(self, cart: Cart, token: str | None = "tok_success", **more: Any) -> CheckoutView:
        """Submit the checkout of the cart."""
        return self.services.submit_checkout(self.submission(cart, token, **more), PUBLIC)

    def buy(self, *products: Product, token: str | None = "tok_success", coupon: str = "", **more: Any) -> CheckoutView:
        """A cart with these products, paid."""
        return self.pay(self.cart(*products, coupon=coupon), token, **more)

    def subscribe(self, product: Product | None = None, token: str = "tok_success") -> Subscription:
        """A subscription, bought."""
        view = self.buy(product or self.plan(), token=token)
        return self.subscription(view.checkout.subscriptions[0])

    def subscription(self, id: Any) -> Subscription:
        """The subscription as it stands."""
        return self.ask(GetSubscription(subscription=id))

    # money

    def settle(self, rounds: int = 100) -> None:
        """Let the resolver work until nothing is due."""
        for _ in range(rounds):
            if not self.services.resolve_due(SYSTEM):
                return
        raise AssertionError("The resolver does not come to an end.")

    def bill(self, as_of: date | None = None, **wish: Any) -> BillingRun:
        """Run the billing of today, and look that nothing is wrong afterwards."""
        run = self.services.run_billing(RunWish(as_of=as_of or self.today, **wish), SYSTEM)
        self.sound()
        return run

    def return_by_hand(self, attempt: PaymentAttempt) -> None:
        """Give back at the bank what it captured for the attempt, past our books."""
        for line in self.bank.audit.charges(attempt.id):
            reference = RefundId(f"hand_{line.charge_id}")
            self.bank.refund(
                RefundRequest(
                    reference=reference, organization=ORGANIZATION, object_id=line.object_id, amount=line.amount
                )
            )

    def attempts(self) -> list[PaymentAttempt]:
        """Every payment attempt, oldest first."""
        return sorted(self.rows(PAYMENT_ATTEMPTS), key=lambda attempt: attempt.id)

    def captured(self) -> list[Money]:
        """What the bank has captured, by its own books."""
        return [line.amount for line in self.bank.audit.charges()]

    def double_charges(self) -> int:
        """How many captures are one too many, by the bank's books and our obligations: must be zero."""
        owner: dict[str, str] = {attempt.id: attempt.payment.obligation for attempt in self.attempts()}
        return self.bank.audit.double_charges(lambda reference: owner.get(reference, reference))

    def sound(self) -> None:
        """Assert that no invariant is broken."""
        assert () == self.services.check_invariants(SYSTEM, settle_seconds=0, days=4000)


@contextmanager
def opened(url: str = MEMORY, **more: Any) -> Iterator[World]:
    """A world over that database, which has its tables; closed afterwards."""
    world = World(url=url, **more)
    try:
        yield world
    finally:
        world.close()
