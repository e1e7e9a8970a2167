"""One clinic over a real database, the bank's own books beside it, and real processes over both.

A process is forked from one that has imported everything, so that it starts in a tenth of a second and can be killed
thousands of times; it is a process of its own all the same, with its own connections and its own SIGKILL.
"""

from __future__ import annotations

import http.client
import importlib
import json
import multiprocessing
import os
import socket
import sys
import time
from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from multiprocessing.process import BaseProcess
from pathlib import Path
from random import Random
from threading import Event
from typing import Any

from attrs import define, field

from hlc_adapters.clock import VirtualClock
from hlc_adapters.composition import build
from hlc_adapters.gateways.simulator import FileLedger, SimulatorGateway
from hlc_adapters.services import Services
from hlc_adapters.settings import Settings
from hlc_adapters.storage.shapes.cart import CHECKOUTS
from hlc_adapters.storage.shapes.orders import INVOICES, ORDERS
from hlc_core.cart.api import CreateCart
from hlc_core.catalog.api import AddProduct, Offer, ProductKind
from hlc_core.checkout.api import SubmitCheckout
from hlc_core.kernel.commands import system
from hlc_core.kernel.ids import OrganizationId, ProductId
from hlc_core.kernel.money import Money
from hlc_core.kernel.time import Interval, Unit
from hlc_core.organizations.api import OpenOrganization
from hlc_core.patients.api import Address, Contact
from support.worlds import AUTH_KEY, MASTER

ME = system(OrganizationId("org_house"))
PATIENCE = 120.0
"""Seconds after which a buyer without an answer is given up: a failure."""

UP = 120.0
"""Seconds after which a service that does not answer is given up; a busy machine may need many."""

_FORKED = multiprocessing.get_context("forkserver")
_FORKED.set_forkserver_preload(["hlc_cli.main", "hlc_http.app", "hlc_adapters.composition"])


def _free_port() -> int:
    """One below those that the system gives to connections, so that none takes it while the service is down."""
    chance = Random()
    for _ in range(1000):
        port = chance.randrange(20_000, 32_000)
        with closing(socket.socket()) as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
    raise AssertionError("There is no free port.")


def _live(environment: Mapping[str, str], command: tuple[str, ...]) -> None:
    for name in [name for name in os.environ if name.startswith("HLC_")]:
        del os.environ[name]
    os.environ.update(environment)
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    sys.argv = ["hlc", *command]
    importlib.import_module("hlc_cli.main").main()  # the process that forks has it; the one that starts this need not


def forked(environment: Mapping[str, str], *command: str) -> BaseProcess:
    """A real process of the command line, with these settings and no others."""
    process = _FORKED.Process(target=_live, args=(environment, command), daemon=True)
    process.start()
    return process


@define
class House:
    """A clinic that sells one monthly plan, over a database that has its tables."""

    url: str
    folder: Path
    settings: Settings = field(init=False)
    port: int = field(init=False)
    product: ProductId = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.settings = Settings(
            database_url=self.url,
            simulator_ledger=str(self.folder / "bank.sqlite"),
            link_key="k" * 32,
            auth_key=AUTH_KEY,
            encryption_key=MASTER,
            mail_file=str(self.folder / "mail.jsonl"),
        )
        self.port = _free_port()
        services = self.services()
        wish = OpenOrganization(slug="house", name="House", zone="America/New_York", currency="USD")
        services.application.execute(wish, ME)
        offer = Offer(
            name="Plan", price=Money(1900, "USD"), kind=ProductKind.SUBSCRIPTION, interval=Interval(Unit.MONTH)
        )
        self.product = services.application.execute(AddProduct(offer=offer), ME).id
        services.close()

    def services(self, ahead: timedelta = timedelta()) -> Services:
        """The installation in this process, at a clock that may be ahead."""
        return build(self.settings, clock=VirtualClock(datetime.now(UTC) + ahead))

    def start(self, *command: str) -> BaseProcess:
        """A real process of the command line."""
        environment = {
            "HLC_DATABASE_URL": self.settings.database_url,
            "HLC_SIMULATOR_LEDGER": self.settings.simulator_ledger,
            "HLC_AUTH_KEY": AUTH_KEY,
            "HLC_ENCRYPTION_KEY": MASTER,
            "HLC_MAIL_FILE": self.settings.mail_file,
            "HLC_PORT": str(self.port),
            "HLC_BASE_URL": f"http://127.0.0.1:{self.port}",
        }
        return forked(environment, *command)

    def serve(self) -> BaseProcess:
        """The service, which answers; started again if it ends on the way (the port may not be free yet)."""
        process, until = self.start("serve"), time.monotonic() + UP
        while time.monotonic() < until:
            try:
                if self.ask("GET", "/healthz")[0] == 200 and process.is_alive():
                    return process
            except (OSError, http.client.HTTPException):
                pass
            time.sleep(0.02)
            if not process.is_alive():
                process = self.start("serve")
        raise AssertionError("The service did not come up.")

    def ask(self, method: str, path: str, body: object = None, key: str = "") -> tuple[int, bytes]:
        """One request over a connection of its own."""
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)) as connection:
            headers = {"Content-Type": "application/json"} | ({"Idempotency-Key": key} if key else {})
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            return answer.status, answer.read()

    def patiently(self, method: str, path: str, body: object, key: str = "") -> dict[str, Any]:
        """The same; empty where there was no answer."""
        try:
            told: dict[str, Any] = json.loads(self.ask(method, path, body, key)[1] or b"{}")
        except (OSError, http.client.HTTPException, ValueError):
            time.sleep(0.03)
            return {}
        return told

    def cart(self, stop: Event) -> dict[str, Any]:
        """A cart with the plan, as the service answers it, however often it has to be asked."""
        made: dict[str, Any] = {}
        while not stop.is_set() and "cartId" not in made:
            made = self.patiently("POST", "/api/public/cart/create", {"productIds": [self.product]})
        return made

    def submission(self, cart: Mapping[str, Any], name: str) -> dict[str, Any]:
        """The body that pays it."""
        return {
            "quoteHash": cart.get("quoteHash"),
            "patient": {"email": f"{name}@example.com", "name": "Ada Byron"},
            "address": {"address1": "1 Main St", "city": "Albany", "postalCode": "12207", "provinceCode": "NY"},
            "paymentToken": f"tok_success~{name}",
        }

    def buy(self, name: str, stop: Event) -> None:
        """A buyer who presses again with the same key until there is an answer, as a browser on a bad line would."""
        cart = self.cart(stop)
        body = self.submission(cart, name)
        while not stop.is_set():
            if self.patiently("POST", f"/api/public/cart/{cart['cartId']}/checkout", body, name).get("orderNumber"):
                return

    def subscribe(self, count: int) -> None:
        """So many subscriptions, bought without a service."""
        services = self.services()
        for number in range(count):
            cart = services.application.execute(CreateCart(products=(self.product,)), ME)
            assert cart.quote is not None
            wish = SubmitCheckout(
                cart=cart.id,
                quote_hash=cart.quote.hash,
                contact=Contact(email=f"p{number}@example.com", name="Ada Byron"),
                address=Address(address1="1 Main St", city="Albany", postal_code="12207", province_code="NY"),
                token=f"tok_success~p{number}",
            )
            services.submit_checkout(wish, ME)
        services.close()

    def settle(self) -> Services:
        """Everything that is in doubt is looked at until nothing is; answers the installation, healed."""
        services = self.services()
        for _ in range(20):
            services.clock.advance(timedelta(hours=7))  # type: ignore[attr-defined]  # the virtual clock of above
            services.resolve_due(ME, 500)
        return services

    def wrong(self, services: Services, buyers: int) -> tuple[str, ...]:
        """What is wrong when each of so many buyers has bought once: orders, charges, numbers, invariants."""
        bank = SimulatorGateway(clock=services.clock, ledger=FileLedger(self.settings.simulator_ledger)).audit
        session = services.backend.begin(write=False)
        orders, invoices = (
            session.select(ORDERS, ME.actor.organization),
            session.select(INVOICES, ME.actor.organization),
        )
        checkouts = session.select(CHECKOUTS, ME.actor.organization)
        session.rollback()
        paid = {one.cart for one in checkouts if one.order is not None}
        charges = bank.charges()
        counts = {"orders": len(orders), "paid carts": len(paid), "charges": len(charges)}
        numbers = sorted(one.number or 0 for one in invoices)
        return (
            *(f"{count} {what} for {buyers} buyers" for what, count in counts.items() if count != buyers),
            *(() if numbers == list(range(1, len(invoices) + 1)) else (f"invoices are numbered {numbers}",)),
            *(f"{one.invariant}: {one.means}" for one in services.check_invariants(ME, settle_seconds=0)),
        )
