"""Running the service: one process or several on one port, until it is told to stop."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import secrets
import signal
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress

from hlc_adapters.composition import build
from hlc_adapters.services import Services
from hlc_adapters.settings import MEMORY, Settings, require_auth_key
from hlc_adapters.tuning import calm
from hlc_core.kernel.errors import Fault, Invalid
from hlc_core.kernel.evolve import evolve
from hlc_http.app import listening, make_app

Inside = Callable[[], AbstractContextManager[object]]
"""Opens what runs while the service does, such as `Worker.running`."""


def serve(services: Services, worker: Inside | None = None) -> None:
    """Serve at the host and port of the settings until SIGTERM or SIGINT, then let running requests end.

    `worker` is entered while the service runs; the caller closes the services. With `processes` above one, others like
    this process share the port. Refuses: PortTaken, Invalid (API keys; several processes over memory).
    """
    settings = services.settings
    if settings.processes > 1 and settings.database_url == MEMORY:
        raise Invalid("A database in memory serves one process.", Fault("HLC_PROCESSES", "1"))
    require_auth_key(settings)
    if not settings.link_key:
        services = evolve(services, settings=evolve(settings, link_key=secrets.token_hex(32)))
    several = settings.processes > 1
    with worker() if worker is not None else nullcontext(), _siblings(services.settings):
        _run(_until_told(services, several))


def _run(work: Coroutine[None, None, None]) -> None:
    with asyncio.Runner(loop_factory=_new_loop()) as runner:
        runner.run(work)


async def _until_told(services: Services, several: bool, parent: int | None = None) -> None:
    """Until a signal comes, or the process that made this one is gone."""
    settings, stop, loop = services.settings, asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with listening(make_app(services), settings.host, settings.port, reuse_port=several):
        calm()
        while not stop.is_set() and parent in (None, os.getppid()):
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), None if parent is None else 1.0)


def _new_loop() -> Callable[[], asyncio.AbstractEventLoop]:
    try:
        import uvloop  # noqa: PLC0415  # there is none for Windows
    except ImportError:
        return asyncio.new_event_loop
    return uvloop.new_event_loop


@contextmanager
def _siblings(settings: Settings) -> Iterator[None]:
    made = []
    spawn = multiprocessing.get_context("spawn")
    try:
        for number in range(1, settings.processes):
            sibling = spawn.Process(target=_sibling, args=(settings,), name=f"hlc-http-{number}", daemon=True)
            sibling.start()
            made.append(sibling)
        yield
    finally:
        for sibling in made:
            sibling.terminate()
        for sibling in made:
            sibling.join(30)


def _sibling(settings: Settings) -> None:
    services = build(settings)
    try:
        _run(_until_told(services, several=True, parent=os.getppid()))
    finally:
        services.close()
