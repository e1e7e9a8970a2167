"""`hlc demo`, `hlc serve`, `hlc worker`: the long-running commands."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from importlib.metadata import entry_points
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

from hlc_adapters.demo.clinic import Demo, open_demo
from hlc_adapters.services import Services
from hlc_adapters.settings import Settings, require_auth_key
from hlc_adapters.tuning import calm_collector
from hlc_adapters.worker import Worker
from hlc_cli.desk import desk_of, require_file
from hlc_cli.output import Output
from hlc_core.kernel.errors import Fault, Invalid, Unavailable
from hlc_core.kernel.evolve import evolve

SERVICE_GROUP = "hlc.service"
"""Where a package says how the HTTP service is run: until a signal, with what `Worker.running` opens inside."""

Port = Annotated[int | None, typer.Option("--port", min=1, max=65_535, help="Where to listen; else HLC_PORT or 3200.")]
Host = Annotated[str | None, typer.Option("--host", help="The address to listen at; else HLC_HOST or 127.0.0.1.")]
Inside = Callable[[], AbstractContextManager[None]]
Serve = Callable[[Services, Inside | None], None]


class PortTaken(Unavailable):
    """Another program listens at that address."""


def serve(
    context: typer.Context,
    port: Port = None,
    host: Host = None,
    worker: Annotated[bool, typer.Option("--worker/--no-worker", help="Run the worker inside.")] = True,
) -> None:
    """Run the HTTP service, with its worker inside, until Ctrl-C or SIGTERM."""
    desk = desk_of(context)
    settings = _placed(desk.settings(), host, port)
    run = _service()
    require_auth_key(settings)
    require_free(settings.host, settings.port)
    require_file(settings.database_url)
    services = desk.opened(settings)
    try:
        desk.require_database(services)
        desk.out.note(f"Serving at {settings.base_url}; Ctrl-C ends it.")
        _serve(services, run, desk.out.note if worker else None)
    finally:
        services.close()


def worker(context: typer.Context) -> None:
    """Run only the worker: resolver, carts, billing, reconciliation, relay. As many as you like, on one database."""
    desk = desk_of(context)
    require_auth_key(desk.services.settings)
    working = Worker(desk.services, desk.out.note)

    def end(_number: int, _frame: FrameType | None) -> None:
        working.stop()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    desk.out.note("The worker runs; Ctrl-C ends it.")
    with calm_collector():
        working.run()
    desk.out.note("The worker has ended.")


def demo(
    context: typer.Context,
    fresh: Annotated[bool, typer.Option("--fresh", help="Forget the clinic and make a new one.")] = False,
    folder: Annotated[Path, typer.Option("--folder", help="Where the clinic is kept.")] = Path(".hlc"),
    port: Port = None,
    prepare_only: Annotated[bool, typer.Option("--prepare-only", help="Make the clinic, but serve nothing.")] = False,
) -> None:
    """A clinic to try everything with: a catalog, a year of business, the service and its worker. Nothing leaves
    this machine; the cards are the simulator's. Started again, it goes on where it was.
    """
    desk = desk_of(context)
    started = time.monotonic()
    settings = evolve(desk.bare_settings(), port=port) if port else desk.bare_settings()
    run = None if prepare_only else _service()
    if run is not None:
        require_free(settings.host, settings.port)
    with desk.out.progress("A year of business") as progress:
        clinic = open_demo(folder, settings, fresh, progress)
    services = desk.opened(clinic.settings)
    try:
        page = _page(clinic, services)
        seconds = time.monotonic() - started
        if run is None:
            _tell(desk.out, page, seconds, serves=False)
            return
        _when_listening(clinic.settings, lambda: _tell(desk.out, page, seconds, serves=True))
        _serve(services, run, desk.out.note)
    finally:
        services.close()


def require_free(host: str, port: int) -> None:
    """Refuses: PortTaken, naming the remedy."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            raise PortTaken(
                f"{host}:{port} is taken by another program, or not ours to take.",
                Fault("port", "choose another one with --port or HLC_PORT"),
            ) from None


def _service() -> Serve:
    found = next(iter(entry_points(group=SERVICE_GROUP)), None)
    if found is None:
        raise Unavailable("No HTTP service is installed.", Fault(SERVICE_GROUP, "install HLC anew"))
    run: Serve = found.load()
    return run


def _serve(services: Services, run: Serve, tell: Callable[[str], None] | None) -> None:
    run(services, None if tell is None else Worker(services, tell).running)


def _placed(settings: Settings, host: str | None, port: int | None) -> Settings:
    """The settings with the address of the command line; a base URL of its own stays."""
    before = f"http://{settings.host}:{settings.port}"
    placed = evolve(settings, host=host or settings.host, port=port or settings.port)
    if settings.base_url in (before, Settings().base_url):
        placed = evolve(placed, base_url=f"http://{placed.host}:{placed.port}")
    if placed.database_url == "memory:":
        raise Invalid("This database keeps nothing.", Fault("HLC_DATABASE_URL", "sqlite:///FILE or postgresql://…"))
    return placed


def _when_listening(settings: Settings, do: Callable[[], None]) -> None:
    def wait() -> None:
        for _ in range(600):
            try:
                socket.create_connection((settings.host, settings.port), timeout=1).close()
            except OSError:
                time.sleep(0.05)
                continue
            do()
            return

    threading.Thread(target=wait, name="hlc-greeting", daemon=True).start()


Page = list[tuple[str, str]]


def _page(clinic: Demo, services: Services) -> Page:
    hlc = _called()
    return [*clinic.links(services), ("the command line, in this folder", f"{hlc} billing plan, {hlc} orders list, …")]


def _called() -> str:
    """What the command line is called by here: its path, where it is not found by its name."""
    command = Path(sys.argv[0])
    return os.path.relpath(command) if command.name == "hlc" and shutil.which("hlc") != str(command) else "hlc"


def _tell(out: Output, page: Page, seconds: float, serves: bool) -> None:
    if out.json:
        out.data({"links": [{"name": name, "link": link} for name, link in page], "seconds": round(seconds, 1)})
        return
    out.say(f"\nLakeside Telehealth is ready after {seconds:.1f} s. Try:\n")
    width = max(len(name) for name, _ in page)
    for name, link in page:
        out.say(f"  {name:<{width}}  {link}")
    hlc = _called()
    then = (
        f"Ctrl-C ends it; `{hlc} demo` goes on where it was" if serves else f"Nothing is served yet: `{hlc} demo` does"
    )
    out.say(f"\n{then}; `{hlc} demo --fresh` starts over.")
