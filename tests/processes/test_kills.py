"""A service that is killed while people buy, and a billing run that is killed half way: both end right."""

from __future__ import annotations

import http.client
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hlc_adapters.clock import VirtualClock
from hlc_adapters.composition import build
from hlc_adapters.gateways.simulator import FileLedger, SimulatorGateway
from hlc_adapters.services import Services
from hlc_adapters.settings import Settings
from hlc_adapters.sql.backend import open_database
from hlc_adapters.sql.migrate import migrate
from hlc_adapters.storage.cipher import ClearCipher
from hlc_adapters.storage.shapes.cart import CHECKOUTS
from hlc_adapters.storage.shapes.orders import INVOICES, ORDERS
from hlc_core.billing.api import RunWish
from hlc_core.cart.api import CreateCart
from hlc_core.catalog.api import AddProduct, Offer, ProductKind
from hlc_core.checkout.api import SubmitCheckout
from hlc_core.kernel.commands import system
from hlc_core.kernel.ids import OrganizationId, ProductId
from hlc_core.kernel.money import Money
from hlc_core.kernel.time import Interval, Unit
from hlc_core.organizations.api import OpenOrganization
from hlc_core.patients.api import Contact
from support.worlds import MASTER

KILLS = int(os.environ.get("HLC_PROOF_KILLS", "6"))
ME = system(OrganizationId("org_killed"))
MAIN = "from hlc_cli.main import main; main()"


class House:
    """One clinic in a folder: an SQLite file, the gateway's own books beside it, and processes over both."""

    def __init__(self, folder: Path) -> None:
        self.settings = Settings(
            database_url=f"sqlite:///{folder}/hlc.sqlite",
            simulator_ledger=f"{folder}/bank.sqlite",
            link_key="k" * 32,
            encryption_key=MASTER,
        )
        backend = open_database(self.settings.database_url, 4, ClearCipher())
        migrate(backend.engine, datetime.now(UTC))
        backend.close()
        with closing(socket.socket()) as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("HLC_")},
            "PYTHONPATH": os.pathsep.join(sys.path),
            "HLC_DATABASE_URL": self.settings.database_url,
            "HLC_SIMULATOR_LEDGER": self.settings.simulator_ledger,
            "HLC_AUTH_KEY": "k" * 32,
            "HLC_ENCRYPTION_KEY": MASTER,
            "HLC_PORT": str(self.port),
            "HLC_BASE_URL": f"http://127.0.0.1:{self.port}",
        }
        self.product = self.prepare()

    def prepare(self) -> ProductId:
        """A clinic that sells one monthly plan."""
        services = self.services()
        services.application.execute(
            OpenOrganization(slug="killed", name="Killed", zone="America/New_York", currency="USD"), ME
        )
        offer = Offer(
            name="Plan", price=Money(1900, "USD"), kind=ProductKind.SUBSCRIPTION, interval=Interval(Unit.MONTH)
        )
        product = services.application.execute(AddProduct(offer=offer), ME)
        services.close()
        return product.id

    def services(self, ahead: timedelta = timedelta()) -> Services:
        """The installation in this process, at a clock that may be ahead."""
        return build(self.settings, clock=VirtualClock(datetime.now(UTC) + ahead))

    def start(self, *command: str) -> subprocess.Popen[bytes]:
        """A real process of the command line."""
        return subprocess.Popen(
            [sys.executable, "-c", MAIN, *command],
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def wait(self) -> None:
        """Until the service answers."""
        for _ in range(600):
            try:
                if self.ask("GET", "/healthz")[0] == 200:
                    return
            except OSError:
                pass
            time.sleep(0.05)
        raise AssertionError("The service did not come up.")

    def ask(self, method: str, path: str, body: object = None, key: str = "") -> tuple[int, dict[str, object]]:
        """One request over a connection of its own."""
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)) as connection:
            headers = {"Content-Type": "application/json"} | ({"Idempotency-Key": key} if key else {})
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read() or b"{}")

    def settle(self, ahead: timedelta) -> Services:
        """Everything that is in doubt is looked at until nothing is; answers the installation, healed."""
        services = self.services(ahead)
        for _ in range(20):
            services.clock.advance(timedelta(hours=7))  # type: ignore[attr-defined]  # the virtual clock of above
            services.resolve_due(ME, 500)
        return services


@pytest.fixture
def house(tmp_path: Path) -> House:
    """A clinic of its own."""
    return House(tmp_path)


def _buy(house: House, name: str, stop: threading.Event) -> None:
    """A buyer who presses again with the same key until there is an answer, as a browser on a bad line would."""
    made: dict[str, object] = {}
    while not stop.is_set() and "cartId" not in made:
        made = _patiently(house, "POST", "/api/public/cart/create", {"productIds": [house.product]}, "")
    body = {
        "quoteHash": made.get("quoteHash"),
        "patient": {"email": f"{name}@example.com", "name": "Ada Byron"},
        "paymentToken": f"tok_success~{name}",
    }
    while not stop.is_set():
        answer = _patiently(house, "POST", f"/api/public/cart/{made['cartId']}/checkout", body, name)
        if answer.get("orderNumber"):
            return


def _patiently(house: House, method: str, path: str, body: object, key: str) -> dict[str, object]:
    try:
        return house.ask(method, path, body, key)[1]
    except (OSError, http.client.HTTPException, ValueError):
        time.sleep(0.05)
        return {}


def test_a_service_that_is_killed_while_people_buy_charges_nobody_twice(house: House) -> None:
    """SIGKILL at random moments; after it comes back every buyer has one order, one charge, one invoice."""
    chance, stop = random.Random(7), threading.Event()
    buyers = [threading.Thread(target=_buy, args=(house, f"b{n}", stop)) for n in range(4 * KILLS)]
    process = house.start("serve")
    house.wait()
    for n in range(KILLS):
        for buyer in buyers[4 * n : 4 * n + 4]:
            buyer.start()
        time.sleep(chance.uniform(0.02, 0.5))
        process.send_signal(signal.SIGKILL)
        process.wait(10)
        process = house.start("serve")
        house.wait()
    for buyer in buyers:
        buyer.join(60)
    stop.set()
    process.send_signal(signal.SIGTERM)
    process.wait(30)

    services = house.settle(timedelta())
    bank = SimulatorGateway(clock=services.clock, ledger=FileLedger(house.settings.simulator_ledger)).audit
    session = services.backend.begin(write=False)
    orders, invoices = session.select(ORDERS, ME.actor.organization), session.select(INVOICES, ME.actor.organization)
    checkouts = session.select(CHECKOUTS, ME.actor.organization)
    session.rollback()
    paid = {one.cart for one in checkouts if one.order is not None}

    assert not any(buyer.is_alive() for buyer in buyers)
    assert 4 * KILLS == len(orders) == len(paid) == len(bank.charges())
    assert sorted(one.number or 0 for one in invoices) == list(range(1, len(invoices) + 1))
    assert () == services.check_invariants(ME, settle_seconds=0)


def test_a_billing_run_that_is_killed_and_run_again_bills_each_period_once(house: House) -> None:
    """Two real runs at once, one of them killed, then a third: one charge a subscription, nothing left to do."""
    services = house.services()
    for n in range(40):
        cart = services.application.execute(CreateCart(products=(house.product,)), ME)
        assert cart.quote is not None
        wish = SubmitCheckout(
            cart=cart.id,
            quote_hash=cart.quote.hash,
            contact=Contact(email=f"p{n}@example.com", name="Ada Byron"),
            token=f"tok_success~p{n}",
        )
        services.submit_checkout(wish, ME)
    services.close()
    on = (datetime.now(UTC) + timedelta(days=33)).date().isoformat()
    command = ("billing", "run", "--as-of", on, "--override-bound")
    first, second = house.start(*command), house.start(*command)
    time.sleep(1.5)
    first.send_signal(signal.SIGKILL)
    first.wait(10)
    second.wait(120)
    last = house.start(*command)
    assert 0 == last.wait(120)

    healed = house.settle(timedelta())
    healed.run_billing(RunWish(as_of=datetime.fromisoformat(on).date(), override_bound=True), ME)
    bank = SimulatorGateway(clock=healed.clock, ledger=FileLedger(house.settings.simulator_ledger)).audit

    assert 80 == len(bank.charges())
    assert () == healed.check_invariants(ME, settle_seconds=0)
