"""The composition root: the only place that knows which adapter stands behind which port."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Protocol, runtime_checkable

from dependency_injector import containers, providers

from hlc_adapters.clock import SystemClock
from hlc_adapters.credentials.passwords import Argon2Passwords
from hlc_adapters.credentials.secrets import KeyedSecrets, keyed_secrets
from hlc_adapters.credentials.tokens import JwtTokens
from hlc_adapters.encryption.hashes import Keyring, PlatformHashes
from hlc_adapters.encryption.opening import cipher_of, ring_of
from hlc_adapters.encryption.ring import KeyRing
from hlc_adapters.encryption.rotation import Rotation
from hlc_adapters.gateways.registry import GatewayRegistry, GuardedGateway
from hlc_adapters.gateways.simulator import FileLedger, HttpSimulatorGateway, MemoryLedger, SimulatorGateway
from hlc_adapters.gateways.stripe.inbox import StripeWakes
from hlc_adapters.ids import RandomIds
from hlc_adapters.mail.embedded import ConsoleMail, FileMail, MemoryMail
from hlc_adapters.mail.servers import StoredServers
from hlc_adapters.mail.smtp import SmtpMail, server_of
from hlc_adapters.memory.rows import MemoryBackend
from hlc_adapters.parallel import Serial, Threads
from hlc_adapters.partners.inbox import Inbox
from hlc_adapters.pharmacies.configured import default_of, pharmacies_of
from hlc_adapters.pharmacies.registry import GuardedPharmacy, PharmacyRegistry
from hlc_adapters.rounds import Rounds, assigned_clinics
from hlc_adapters.services import Services
from hlc_adapters.settings import MEMORY, Settings
from hlc_adapters.signatures import audit_signer
from hlc_adapters.sql.backend import open_database
from hlc_adapters.storage.deliveries import StoredDeliveries
from hlc_adapters.storage.directory import StoredDirectory
from hlc_adapters.storage.session import Backend
from hlc_adapters.storage.units import Probe, StoredUnits, no_probe
from hlc_adapters.till import Till
from hlc_core.application import Application
from hlc_core.billing.api import Join
from hlc_core.identity.api import Passwords, Porter
from hlc_core.kernel.commands import Envelope
from hlc_core.kernel.ids import Ids
from hlc_core.kernel.time import Clock
from hlc_core.notifications.api import SECURITY_EVENTS, TEMPLATES, Mailer, PatientMessages, SecurityMessages
from hlc_core.partners.api import MessageReceived, MessageSource
from hlc_core.payments.api import Driver, Gateway, PaymentAttempt, collect
from hlc_core.payments.ports import Parallel
from hlc_core.people.api import why_refused
from hlc_core.prescriptions.api import Courier, Pharmacy
from hlc_core.registry import QUESTIONS, REACTIONS, USE_CASES
from hlc_core.relay import Delivery, Effect


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
    pharmacies: Sequence[Pharmacy] | None = None,
    passwords: Passwords | None = None,
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
    if pharmacies is not None:
        container.bare_pharmacies.override(providers.Object(tuple(pharmacies)))
    if mailer is not None:
        container.mailer.override(providers.Object(mailer))
    if passwords is not None:
        container.passwords.override(providers.Object(passwords))
    services: Services = container.services()
    return services


def _backend(settings: Settings, ring: KeyRing) -> Backend:
    if settings.database_url == MEMORY:
        return MemoryBackend()
    cipher = cipher_of(settings, ring)
    return open_database(settings.database_url, settings.threads, cipher, settings.database_role)


def _gateways(settings: Settings, clock: Clock) -> tuple[Gateway, ...]:
    ledger = FileLedger(settings.simulator_ledger) if settings.simulator_ledger else MemoryLedger()
    simulator: Gateway = SimulatorGateway(clock=clock, ledger=ledger, public_url=f"{settings.base_url}/simulator")
    if settings.simulator_url:
        simulator = HttpSimulatorGateway(settings.simulator_url)
    if not settings.stripe_api_key:
        return (simulator,)
    from hlc_adapters.gateways.stripe.client import (  # noqa: PLC0415  # its SDK is slow to import, and few need it
        StripeGateway,
    )

    stripe = StripeGateway(
        settings.stripe_api_key,
        base_url=settings.stripe_base_url or None,
        return_url=f"{settings.base_url}/checkout/return",
    )
    return (simulator, stripe)


def _registry(gateways: Sequence[Gateway], units: StoredUnits, probe: Probe) -> GatewayRegistry:
    return GatewayRegistry({g.name: GuardedGateway(g, lambda: units.inside, probe) for g in gateways})


def _pharmacy_registry(
    pharmacies: Sequence[Pharmacy], settings: Settings, units: StoredUnits, probe: Probe
) -> PharmacyRegistry:
    guarded = {one.name: GuardedPharmacy(one, lambda: units.inside, probe) for one in pharmacies}
    return PharmacyRegistry(guarded, default_of(settings, pharmacies))


def _units(
    backend: Backend,
    clock: Clock,
    ids: Ids,
    settings: Settings,
    gateways: Sequence[Gateway],
    pharmacies: Sequence[Pharmacy],
    secrets: KeyedSecrets,
    probe: Probe,
    ring: KeyRing,
) -> StoredUnits:
    return StoredUnits(
        backend=backend,
        clock=clock,
        ids=ids,
        keyring=Keyring(ring, settings.fingerprint_key),
        gateways=GatewayRegistry({gateway.name: gateway for gateway in gateways}),
        consumed=frozenset({*TEMPLATES, *SECURITY_EVENTS, MessageReceived.name}),
        proofs=secrets,
        probe=probe,
        signer=audit_signer(settings.audit_key, settings.fingerprint_key),
        pharmacies=PharmacyRegistry({one.name: one for one in pharmacies}, default_of(settings, pharmacies)),
    )


def _parallel(settings: Settings, gateways: Sequence[Gateway]) -> Parallel:
    remote = any(not isinstance(gateway, SimulatorGateway) for gateway in gateways)
    return Threads(settings.gateway_workers) if remote or settings.gateway_threads else Serial()


def _secrets(settings: Settings) -> KeyedSecrets:
    return keyed_secrets(settings.auth_key)


def _porter(
    application: Application,
    directory: StoredDirectory,
    passwords: Passwords,
    secrets: KeyedSecrets,
    fingerprints: PlatformHashes,
    clock: Clock,
    ids: Ids,
) -> Porter:
    return Porter(
        road=application,
        clinics=lambda: tuple(one.id for one in directory.all()),
        passwords=passwords,
        secrets=secrets,
        tokens=JwtTokens(secrets.key_of("access")),
        fingerprints=fingerprints,
        clock=clock,
        ids=ids,
    )


def _mailer(settings: Settings, backend: Backend) -> Mailer:
    """A file or memory where one is asked for or no server is set; else the clinics' servers and our own."""
    ours = server_of(settings.smtp_url, settings.mail_from)
    chosen: Mailer = SmtpMail(StoredServers(backend, ours))
    if settings.mail_file:
        chosen = FileMail(Path(settings.mail_file))
    elif ours is None and (settings.database_url == MEMORY or settings.mail_console):
        chosen = MemoryMail()
    return ConsoleMail(sys.stderr.write, chosen) if settings.mail_console else chosen


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
    pharmacies: PharmacyRegistry,
    porter: Porter,
    secrets: KeyedSecrets,
    rotation: Rotation,
) -> Services:
    courier = Courier(road=application, pharmacies=pharmacies)
    till = Till(driver=driver, patience=settings.patience)
    inbox = Inbox(application=application, outside={MessageSource.STRIPE: StripeWakes(till=till, directory=directory)})
    messages = _probed(PatientMessages(application, mailer, settings.base_url, clock), deliveries.probe)
    security = SecurityMessages(application, mailer, secrets, settings.base_url)
    about_sign_ins = _probed(security, deliveries.probe)
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
        porter=porter,
        deliveries=deliveries,
        rotation=rotation,
        effects={
            **dict.fromkeys(TEMPLATES, (messages,)),
            MessageReceived.name: (_probed(inbox.deliver, deliveries.probe),),
            **dict.fromkeys(SECURITY_EVENTS, (about_sign_ins,)),
        },
        inbox=inbox,
        rounds=Rounds(application=application, clinics=assigned_clinics(application)),
        courier=courier,
        pharmacies=pharmacies,
        start_collecting=start,
        close=close,
    )


class Container(containers.DeclarativeContainer):
    """Singletons, built when `services` is asked for; nothing of it is passed around."""

    settings: providers.Provider[Settings] = providers.Dependency(instance_of=Settings)
    clock: providers.Provider[Clock] = providers.Dependency()
    ids: providers.Provider[Ids] = providers.Dependency()
    probe: providers.Provider[Probe] = providers.Dependency()
    ring: providers.Provider[KeyRing] = providers.Singleton(ring_of, settings, clock)
    backend: providers.Provider[Backend] = providers.Singleton(_backend, settings, ring)
    bare_gateways: providers.Provider[tuple[Gateway, ...]] = providers.Singleton(_gateways, settings, clock)
    bare_pharmacies: providers.Provider[tuple[Pharmacy, ...]] = providers.Singleton(pharmacies_of, settings, clock)
    secrets: providers.Provider[KeyedSecrets] = providers.Singleton(_secrets, settings)
    passwords: providers.Provider[Passwords] = providers.Singleton(Argon2Passwords)
    units = providers.Singleton(
        _units, backend, clock, ids, settings, bare_gateways, bare_pharmacies, secrets, probe, ring
    )
    pharmacies = providers.Singleton(_pharmacy_registry, bare_pharmacies, settings, units, probe)
    gateways = providers.Singleton(_registry, bare_gateways, units, probe)
    application = providers.Singleton(
        Application,
        units,
        providers.Object(USE_CASES),
        providers.Object(QUESTIONS),
        providers.Object(REACTIONS),
        providers.Object(why_refused),
    )
    parallel: providers.Provider[Parallel] = providers.Singleton(_parallel, settings, bare_gateways)
    driver = providers.Singleton(Driver, application=application, gateways=gateways, clock=clock, parallel=parallel)
    mailer: providers.Provider[Mailer] = providers.Singleton(_mailer, settings, backend)
    deliveries = providers.Singleton(StoredDeliveries, backend, probe)
    directory = providers.Singleton(StoredDirectory, backend)
    hashes = providers.Singleton(PlatformHashes, ring, backend)
    porter = providers.Singleton(_porter, application, directory, passwords, secrets, hashes, clock, ids)
    rotation = providers.Singleton(Rotation, backend, ring)
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
        pharmacies,
        porter,
        secrets,
        rotation,
    )
