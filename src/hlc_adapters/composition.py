"""The composition root: the only place that knows which adapter stands behind which port."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Protocol, runtime_checkable

from dependency_injector import containers, providers

from hlc_adapters.clock import SystemClock
from hlc_adapters.fingerprints import KeyedFingerprints
from hlc_adapters.gateways.registry import GatewayRegistry, GuardedGateway
from hlc_adapters.gateways.simulator import FileLedger, HttpSimulatorGateway, MemoryLedger, SimulatorGateway
from hlc_adapters.gateways.stripe.client import StripeGateway
from hlc_adapters.gateways.stripe.inbox import STRIPE_WEBHOOK, StripeWakes
from hlc_adapters.ids import RandomIds
from hlc_adapters.mail.embedded import FileMail, MemoryMail
from hlc_adapters.memory.rows import MemoryBackend
from hlc_adapters.parallel import Serial, Threads
from hlc_adapters.services import Services
from hlc_adapters.settings import Settings
from hlc_adapters.sql.backend import open_database
from hlc_adapters.storage.cipher import ClearCipher
from hlc_adapters.storage.deliveries import StoredDeliveries
from hlc_adapters.storage.directory import StoredDirectory
from hlc_adapters.storage.session import Backend
from hlc_adapters.storage.units import Probe, StoredUnits, no_probe
from hlc_adapters.till import Till
from hlc_core.application import Application
from hlc_core.billing.api import Join
from hlc_core.kernel.commands import Envelope
from hlc_core.kernel.ids import Ids
from hlc_core.kernel.time import Clock
from hlc_core.notifications.api import TEMPLATES, Mailer, PatientMessages
from hlc_core.payments.api import Driver, Gateway, PaymentAttempt, collect
from hlc_core.payments.ports import Parallel
from hlc_core.registry import QUESTIONS, REACTIONS, USE_CASES
from hlc_core.relay import Delivery, Effect

MEMORY = "memory:"


@runtime_checkable
class Closes(Protocol):
    """A part that holds threads or connections."""

    def close(self) -> None:
        """Let go of them."""
        ...


def build(
    settings: Settings,
    *,
    clock: Clock | None = None,
    ids: Ids | None = None,
    backend: Backend | None = None,
    gateways: Sequence[Gateway] | None = None,
    mailer: Mailer | None = None,
    probe: Probe = no_probe,
) -> Services:
    """The installation that the settings describe; what is given replaces what they would choose.

    Refuses: Invalid (settings), Unavailable (database).
    """
    container = Container(
        settings=providers.Object(settings),
        clock=providers.Object(clock or SystemClock()),
        ids=providers.Object(ids or RandomIds()),
        probe=providers.Object(probe),
    )
    if backend is not None:
        container.backend.override(providers.Object(backend))
    if gateways is not None:
        container.bare_gateways.override(providers.Object(tuple(gateways)))
    if mailer is not None:
        container.mailer.override(providers.Object(mailer))
    services: Services = container.services()
    return services


def _backend(settings: Settings) -> Backend:
    if settings.database_url == MEMORY:
        return MemoryBackend()
    return open_database(settings.database_url, settings.threads, ClearCipher(), settings.database_role)


def _gateways(settings: Settings, clock: Clock) -> tuple[Gateway, ...]:
    ledger = FileLedger(settings.simulator_ledger) if settings.simulator_ledger else MemoryLedger()
    simulator: Gateway = SimulatorGateway(clock=clock, ledger=ledger, public_url=f"{settings.base_url}/simulator")
    if settings.simulator_url:
        simulator = HttpSimulatorGateway(settings.simulator_url)
    if not settings.stripe_api_key:
        return (simulator,)
    stripe = StripeGateway(
        settings.stripe_api_key,
        base_url=settings.stripe_base_url or None,
        return_url=f"{settings.base_url}/checkout/return",
    )
    return (simulator, stripe)


def _registry(gateways: Sequence[Gateway], units: StoredUnits, probe: Probe) -> GatewayRegistry:
    return GatewayRegistry({g.name: GuardedGateway(g, lambda: units.inside, probe) for g in gateways})


def _units(
    backend: Backend, clock: Clock, ids: Ids, settings: Settings, gateways: Sequence[Gateway], probe: Probe
) -> StoredUnits:
    return StoredUnits(
        backend=backend,
        clock=clock,
        ids=ids,
        fingerprints=KeyedFingerprints(settings.fingerprint_key),
        gateways=GatewayRegistry({gateway.name: gateway for gateway in gateways}),
        consumed=frozenset(TEMPLATES),
        probe=probe,
    )


def _parallel(settings: Settings, gateways: Sequence[Gateway]) -> Parallel:
    remote = any(not isinstance(gateway, SimulatorGateway) for gateway in gateways)
    return Threads(settings.gateway_workers) if remote or settings.gateway_threads else Serial()


def _mailer(settings: Settings) -> Mailer:
    return FileMail(Path(settings.mail_file)) if settings.mail_file else MemoryMail()


def _probed(effect: Effect, probe: Probe) -> Effect:
    """The effect; the probe hears `delivery.before` and `delivery.after` around it."""

    def deliver(delivery: Delivery) -> None:
        probe("delivery.before")
        effect(delivery)
        probe("delivery.after")

    return deliver


def _services(
    settings: Settings,
    clock: Clock,
    ids: Ids,
    backend: Backend,
    units: StoredUnits,
    gateways: GatewayRegistry,
    application: Application,
    driver: Driver,
    mailer: Mailer,
    deliveries: StoredDeliveries,
    directory: StoredDirectory,
) -> Services:
    till = Till(driver=driver, patience=settings.patience)
    messages = _probed(PatientMessages(application, mailer, settings.base_url), deliveries.probe)
    ahead = ThreadPoolExecutor(max(1, settings.billing_ahead), thread_name_prefix="collect")

    def start(attempts: Sequence[PaymentAttempt], envelope: Envelope) -> Join:
        if isinstance(backend, MemoryBackend):
            ended = collect(attempts, driver, envelope)
            return lambda: ended
        return ahead.submit(collect, attempts, driver, envelope).result

    def close() -> None:
        ahead.shutdown(wait=True)
        for part in (driver.parallel, backend):
            if isinstance(part, Closes):
                part.close()

    return Services(
        settings=settings,
        clock=clock,
        ids=ids,
        backend=backend,
        units=units,
        gateways=gateways,
        application=application,
        driver=driver,
        till=till,
        directory=directory,
        deliveries=deliveries,
        effects={
            **dict.fromkeys(TEMPLATES, (messages,)),
            STRIPE_WEBHOOK: (StripeWakes(till=till, directory=directory),),
        },
        start_collecting=start,
        close=close,
    )


class Container(containers.DeclarativeContainer):
    """Singletons, built when `services` is asked for; nothing of it is passed around."""

    settings: providers.Provider[Settings] = providers.Dependency(instance_of=Settings)
    clock: providers.Provider[Clock] = providers.Dependency()
    ids: providers.Provider[Ids] = providers.Dependency()
    probe: providers.Provider[Probe] = providers.Dependency()
    backend: providers.Provider[Backend] = providers.Singleton(_backend, settings)
    bare_gateways: providers.Provider[tuple[Gateway, ...]] = providers.Singleton(_gateways, settings, clock)
    units = providers.Singleton(_units, backend, clock, ids, settings, bare_gateways, probe)
    gateways = providers.Singleton(_registry, bare_gateways, units, probe)
    application = providers.Singleton(
        Application,
        units,
        providers.Object(USE_CASES),
        providers.Object(QUESTIONS),
        providers.Object(REACTIONS),
    )
    parallel: providers.Provider[Parallel] = providers.Singleton(_parallel, settings, bare_gateways)
    driver = providers.Singleton(Driver, application=application, gateways=gateways, clock=clock, parallel=parallel)
    mailer: providers.Provider[Mailer] = providers.Singleton(_mailer, settings)
    deliveries = providers.Singleton(StoredDeliveries, backend, probe)
    directory = providers.Singleton(StoredDirectory, backend)
    services = providers.Singleton(
        _services,
        settings,
        clock,
        ids,
        backend,
        units,
        gateways,
        application,
        driver,
        mailer,
        deliveries,
        directory,
    )
