"""A clinic in an SQLite file with forty days behind it, and the command line on it: in this process, or in another."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from attrs import define, field
from typer.testing import CliRunner

from hlc_adapters.clock import VirtualClock
from hlc_adapters.composition import build
from hlc_adapters.gateways.simulator import FileLedger, SimulatorGateway
from hlc_adapters.services import Services
from hlc_adapters.settings import Settings
from hlc_adapters.sql.engine import make_engine
from hlc_adapters.sql.migrate import migrate
from hlc_cli.main import app
from hlc_core.access.api import KEYS
from hlc_core.cart.api import CreateCart
from hlc_core.catalog.api import AddProduct, Offer, Product, ProductKind
from hlc_core.checkout.api import SubmitCheckout
from hlc_core.kernel.commands import Actor, ActorKind, Envelope, system
from hlc_core.kernel.ids import ActorId, OrganizationId
from hlc_core.kernel.money import Money
from hlc_core.kernel.time import Interval, Unit
from hlc_core.organizations.api import OpenOrganization
from hlc_core.patients.api import Contact
from support.worlds import HOME, MASTER

SRC = Path(__file__).parents[2] / "src"
AUTH_KEY = "k" * 32
ORGANIZATION = OrganizationId("org_clinic")
SYSTEM = system(ORGANIZATION)
PUBLIC = Envelope(
    actor=Actor(
        kind=ActorKind.PUBLIC,
        id=ActorId("public"),
        organization=ORGANIZATION,
        permissions=KEYS[ActorKind.PUBLIC],
    )
)


@define
class Said:
    """What a command answered."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Its output as data."""
        return json.loads(self.out)

    @property
    def words(self) -> str:
        """Both streams, with single blanks: tables and boxes wrap."""
        return " ".join((self.out + " " + self.err).replace("│", " ").split())


@define
class Hlc:
    """The command line on one database, with a home of its own."""

    folder: Path
    environment: dict[str, str | None] = field(factory=dict)

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.folder / "hlc.sqlite"

    @property
    def url(self) -> str:
        """Its address."""
        return f"sqlite:///{self.database}"

    def __call__(self, *words: str, said: str | None = None, **environment: str | None) -> Said:
        """Run the command in this process; `said` is on its standard input."""
        done = CliRunner(env=self._environment(environment)).invoke(app, list(words), input=said, prog_name="hlc")
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return Said(done.exit_code, done.stdout, done.stderr)

    def start(self, *words: str, **environment: str | None) -> subprocess.Popen[str]:
        """Start the command as a process of its own."""
        wanted = {**os.environ, **self._environment(environment), "PYTHONPATH": str(SRC)}
        return subprocess.Popen(
            [sys.executable, "-c", "from hlc_cli.main import main; main()", *words],
            cwd=self.folder,
            env={name: value for name, value in wanted.items() if value is not None},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def _environment(self, more: Mapping[str, str | None]) -> dict[str, str | None]:
        ours = [name for name in os.environ if name.startswith("HLC_")]
        return {
            **dict.fromkeys(ours),
            "HLC_AUTH_KEY": AUTH_KEY,
            "HLC_DATABASE_URL": self.url,
            "HLC_ENCRYPTION_KEY": MASTER,
            "XDG_STATE_HOME": str(self.folder / "state"),
            "COLUMNS": "200",
            **self.environment,
            **more,
        }

    def services(self) -> Services:
        """The installation itself, to look behind the words."""
        keys = {"auth_key": AUTH_KEY, "encryption_key": MASTER}
        places = {"simulator_ledger": f"{self.database}.simulator", "mail_file": str(self.folder / "mail.jsonl")}
        return build(Settings(database_url=self.url, **places, **keys))

    def copied(self, folder: Path) -> Hlc:
        """The same clinic in another folder."""
        shutil.copytree(self.folder, folder, dirs_exist_ok=True)
        return Hlc(folder)


def make(folder: Path) -> Hlc:
    """A clinic that opened forty days ago; see `_live`."""
    hlc = Hlc(folder)
    engine = make_engine(hlc.url)
    migrate(engine, datetime.now(UTC))
    engine.dispose()
    clock = VirtualClock(datetime.now(UTC) - timedelta(days=40))
    ledger = FileLedger(f"{hlc.database}.simulator")
    services = build(
        Settings(database_url=hlc.url, encryption_key=MASTER),
        clock=clock,
        gateways=(SimulatorGateway(clock=clock, ledger=ledger),),
    )
    try:
        _live(services, clock)
    finally:
        services.close()
        ledger.close()
    return hlc


def _live(services: Services, clock: VirtualClock) -> None:
    """Two monthly plans that are due for their second cycle (one on a card that will fail), and since five days an
    order of one piece, a commitment, and a monthly plan."""
    services.application.execute(
        OpenOrganization(slug="clinic", name="The Clinic", zone="America/New_York", currency="USD"), SYSTEM
    )
    plan = _product(services, "Monthly plan", 19900, interval=Interval(Unit.MONTH, 1))
    _product(services, "Larger plan", 29900, interval=Interval(Unit.MONTH, 1))
    committed = _product(services, "Commitment", 10000, interval=Interval(Unit.MONTH, 1), cycles=12, payoff_rebate=1000)
    once = _product(services, "Visit", 4900, ships=True)
    _buy(services, plan, "due", "tok_success")
    _buy(services, plan, "dead", "tok_renewal_dead")
    clock.advance(timedelta(days=35))
    _buy(services, once, "once", "tok_success")
    _buy(services, committed, "committed", "tok_success")
    _buy(services, plan, "fresh", "tok_success")


def _product(services: Services, name: str, cents: int, **offer: Any) -> Product:
    kind = ProductKind.SUBSCRIPTION if "interval" in offer else ProductKind.ONE_TIME
    wanted = Offer(name=name, price=Money(cents, "USD"), kind=kind, **offer)
    return services.application.execute(AddProduct(offer=wanted, external_id=name.lower().replace(" ", "-")), SYSTEM)


def _buy(services: Services, product: Product, name: str, token: str) -> None:
    cart = services.application.execute(CreateCart(products=(product.id,)), PUBLIC)
    assert cart.quote is not None
    contact = Contact(email=f"{name}@example.com", name=name.title())
    submission = SubmitCheckout(
        cart=cart.id, quote_hash=cart.quote.hash, contact=contact, address=HOME, token=f"{token}~{name}"
    )
    view = services.submit_checkout(submission, PUBLIC)
    assert view.checkout.order is not None
