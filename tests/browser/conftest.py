"""A real browser in front of a served clinic. Run by `nox -s browser`, which says where the browser is."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from attrs import define, field
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from hlc_core.catalog.api import Product
from support.service import Client, serving
from support.worlds import World, opened

CHROMIUM = os.environ["HLC_BROWSER"]

STRANGER = Path(__file__).parents[2] / "docs" / "embed"
HLC = "http://127.0.0.1:3200"
"""The address of HLC in the stranger's page."""


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, without a window and without traffic of its own."""
    quiet = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=quiet)
        yield started
        started.close()


@define
class Clinic:
    """A served clinic with three products, and a stranger's web page that embeds its cart."""

    world: World
    client: Client
    products: list[Product]
    stranger: str = ""
    seen: list[str] = field(factory=list)

    @property
    def address(self) -> str:
        """Where HLC is served."""
        return f"http://127.0.0.1:{self.client.port}"

    @property
    def shop_window(self) -> str:
        """The stranger's page, with the three products on its buttons."""
        return f"{self.stranger}/index.html?products={','.join(product.id for product in self.products)}"


@pytest.fixture
def clinic() -> Iterator[Clinic]:
    """A clinic in memory, served on a port of its own; the stranger's page is served from another origin."""
    with opened() as world, serving(world.services) as client:
        names = ("Test strips", "Vitamin D <b>forte</b>", "Zinc")
        products = [world.product(name=name) for name in names]
        made = Clinic(world, client, products)
        with _stranger(made.address) as stranger:
            made.stranger = stranger
            yield made


class _Stranger(SimpleHTTPRequestHandler):
    def __init__(self, *arguments: object, address: str, **named: object) -> None:
        self._address = address
        super().__init__(*arguments, directory=str(STRANGER), **named)  # type: ignore[arg-type]  # passed on as given

    def do_GET(self) -> None:
        body = (
            (STRANGER / self.path.partition("?")[0].strip("/"))
            .read_bytes()
            .replace(HLC.encode(), self._address.encode())
        )
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(self.path.partition("?")[0]))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing is said."""


@contextmanager
def _stranger(address: str) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Stranger, address=address))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A window of its own; whatever the browser complains about fails the test."""
    context = browser.new_context(viewport={"width": 1024, "height": 768})
    window = context.new_page()
    complaints: list[str] = []
    window.on("console", lambda message: _note(message, complaints))
    window.on("pageerror", lambda error: complaints.append(str(error)))
    window.set_default_timeout(10_000)
    yield window
    context.close()
    assert [] == complaints


@pytest.fixture(params=["desktop", "phone", "dark"])
def window(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    """A wide window, a phone of 360 pixels, and one that is dark."""
    context = browser.new_context(
        viewport={"width": 360, "height": 740} if request.param == "phone" else {"width": 1280, "height": 800},
        color_scheme="dark" if request.param == "dark" else "light",
    )
    yield context.new_page()
    context.close()


def _note(message: ConsoleMessage, complaints: list[str]) -> None:
    refused = message.text.startswith("Failed to load resource: the server responded with a status of 4")
    if message.type in ("error", "warning") and not refused:
        complaints.append(message.text)
