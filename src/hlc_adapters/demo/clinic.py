"""Opening the demo clinic: made once, in a folder that appears whole or not at all, and found again after that."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from attrs import frozen

from hlc_adapters.clock import VirtualClock
from hlc_adapters.composition import build
from hlc_adapters.demo.care import CLINICIAN
from hlc_adapters.demo.copying import copy_rows
from hlc_adapters.demo.logins import make_logins, shown
from hlc_adapters.demo.making import finish, making_place, sweep
from hlc_adapters.demo.pharmacy import HARBOR
from hlc_adapters.demo.year import SLUG, Year
from hlc_adapters.encryption.master import new_master_key
from hlc_adapters.encryption.opening import cipher_of, ring_of
from hlc_adapters.gateways.simulator import FileLedger, SimulatorGateway
from hlc_adapters.mail.embedded import MemoryMail
from hlc_adapters.memory.rows import MemoryBackend
from hlc_adapters.pharmacies.files import MemoryPharmacy
from hlc_adapters.services import Services
from hlc_adapters.settings import MEMORY, Settings, read_settings
from hlc_adapters.sql.backend import open_database
from hlc_adapters.sql.migrate import migrate
from hlc_core.catalog.api import ListProducts, Product
from hlc_core.intake.api import IntakeState, LinkOfOrder, ListIntakes
from hlc_core.kernel.commands import system
from hlc_core.kernel.errors import Fault, Unavailable
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import ActorId, OrganizationId

Tell = Callable[[int, int], None]

SETTINGS_FILE = "hlc.env"
DATABASE, LEDGER, MAIL = "hlc.sqlite", "gateway.sqlite", "mail.jsonl"


@frozen(kw_only=True)
class Demo:
    """A demo clinic that is ready: where it is kept, and the settings that open it."""

    folder: Path
    settings: Settings

    def links(self, services: Services) -> Iterator[tuple[str, str]]:
        """What to try, and where."""
        base, key = self.settings.base_url, self.settings.api_keys[-1].split(":")[2]
        products = _products(services)
        plan = next(one for one in products if one.external_id == "wm-sema-1m")
        trial = next(one for one in products if one.offer.trial_days)
        once = next(one for one in products if not one.recurring)
        organization = services.directory.chosen(services.settings.organization).id
        yield from shown(services, organization, self.settings.auth_key)
        yield "the pages of patients", f"{base}/patient/login"
        yield "who is signed in", f"POST {base}/api/v1/auth/login, then GET {base}/api/v1/me (docs/guides/sign-in.md)"
        yield "what is sold", f"{base}/"
        yield "buy a monthly plan", f"{base}/buy/{plan.id}"
        yield "buy two things at once", f"{base}/buy/{once.id},{plan.id}"
        yield "buy a plan with a trial", f"{base}/buy/{trial.id}"
        yield "card that works", "4242 4242 4242 4242, any later month, any code"
        yield "card that is declined", "4000 0000 0000 9995"
        yield "card with 3-D Secure", "4000 0025 0000 3155"
        yield "card whose renewals fail, then work", "4000 0000 0000 0093"
        yield "card whose answer is lost", "4000 0000 0000 0101"
        yield from _questions(services, base)
        yield "API documentation", f"{base}/docs"
        yield "operator's key for the API", key
        if len(self.settings.api_keys) > 1:
            clinician = self.settings.api_keys[0].split(":")[2]
            yield "clinician's key for the API", clinician
            queue = f"{base}/api/provider/prescription-queue"
            yield "what waits for a prescriber", f"curl -H 'Authorization: Bearer {clinician}' {queue}"
            yield "the clinician's reviews", f"curl -H 'Authorization: Bearer {clinician}' {base}/api/v1/reviews"
        yield "secret of Wellmedr's webhooks", self.settings.wellmedr_intake_secret
        yield (
            "what a pharmacy told",
            f"curl -H 'Authorization: Bearer {key}' {base}/api/v1/webhooks/messages?source=pharmacy",
        )
        yield "a renewal that care holds back", f"curl -H 'Authorization: Bearer {key}' {base}/api/v1/billing/held"
        yield "the API as an operator", f"curl -H 'Authorization: Bearer {key}' {base}/api/v1/orders"


def open_demo(folder: Path, settings: Settings, fresh: bool, progress: Tell, now: datetime | None = None) -> Demo:
    """The clinic in the folder: found, or made. `fresh` throws away what is there first.

    Refuses: Unavailable (the folder cannot be written), Invalid (its settings were spoilt by hand).
    """
    home = folder.resolve() / "demo"
    try:
        sweep(home.parent)
        if fresh and home.exists():
            old = home.with_name(f"old-{secrets.token_hex(4)}")
            home.rename(old)
            shutil.rmtree(old)
        if not (home / SETTINGS_FILE).exists():
            _make(home, progress, now or datetime.now(UTC))
    except OSError as error:
        why = (error.strerror or "it cannot be written").lower()
        raise Unavailable(
            "The demo clinic cannot be made.", Fault("folder", f"{folder}: {why}; name another with --folder")
        ) from None
    lines = (home / SETTINGS_FILE).read_text(encoding="utf-8").splitlines()
    kept = read_settings(dict(line.split("=", 1) for line in lines if "=" in line))
    placed = evolve(
        kept,
        host=settings.host,
        port=settings.port,
        base_url=f"http://{settings.host}:{settings.port}",
        threads=settings.threads,
        stripe_api_key=settings.stripe_api_key,
        stripe_webhook_secret=settings.stripe_webhook_secret,
        stripe_base_url=settings.stripe_base_url,
    )
    return Demo(folder=home, settings=placed)


def _make(home: Path, progress: Tell, now: datetime) -> None:
    """Everything is made beside its place, and moved there at the end: a demo that was interrupted left nothing."""
    with making_place(home) as making:
        kept = _settings_of(home)
        _fill(making, kept, progress, now)
        lines = "".join(f"{name}={value}\n" for name, value in kept.items())
        secret = making / SETTINGS_FILE
        secret.touch(mode=0o600)
        secret.write_text(lines, encoding="utf-8")
        (home.parent / ".gitignore").write_text("*\n", encoding="utf-8")
        finish(making)
        _settle(making, home)


def _settle(making: Path, home: Path) -> None:
    try:
        making.rename(home)
    except OSError:
        if not (home / SETTINGS_FILE).exists():
            raise  # else another process was faster, and its clinic stands


def _settings_of(home: Path) -> Mapping[str, str]:
    return {
        "HLC_DATABASE_URL": f"sqlite:///{home / DATABASE}",
        "HLC_SIMULATOR_LEDGER": str(home / LEDGER),
        "HLC_MAIL_FILE": str(home / MAIL),
        "HLC_ORGANIZATION": SLUG,
        "HLC_ENCRYPTION_KEY": new_master_key(),
        "HLC_LINK_KEY": secrets.token_hex(32),
        "HLC_AUTH_KEY": secrets.token_hex(32),
        "HLC_AUDIT_KEY": secrets.token_hex(32),
        "HLC_PLAIN_COOKIES": "yes",
        "WELLMEDR_INTAKE_WEBHOOK_SECRET": secrets.token_urlsafe(32),
        "HLC_CAREPORTALS_WEBHOOK_SECRET": secrets.token_urlsafe(32),
        "HLC_PHARMACY_WEBHOOKS": f"{HARBOR}|https://pharmacy.example.com/fills|{secrets.token_urlsafe(32)}",
        "HLC_API_KEYS": f"staff:{SLUG}:hlc_staff_{secrets.token_urlsafe(32)}:{CLINICIAN},"
        f"staff:{SLUG}:hlc_staff_{secrets.token_urlsafe(32)}",
    }


def _fill(making: Path, kept: Mapping[str, str], progress: Tell, now: datetime) -> None:
    clock, ledger = VirtualClock(now), FileLedger(making / LEDGER)
    gateway = SimulatorGateway(clock=clock, ledger=ledger)
    memory = MemoryBackend()
    settings = Settings(
        database_url=MEMORY,
        encryption_key=kept["HLC_ENCRYPTION_KEY"],
        auth_key=kept["HLC_AUTH_KEY"],
        audit_key=kept["HLC_AUDIT_KEY"],
    )
    pharmacies = (MemoryPharmacy(), MemoryPharmacy(name=HARBOR))
    services = build(
        settings, clock=clock, backend=memory, gateways=(gateway,), mailer=MemoryMail(), pharmacies=pharmacies
    )
    organization = OrganizationId(services.ids.new("org"))
    try:
        year = Year(
            services=services, clock=clock, gateway=gateway, organization=organization, scratch=making / "progress"
        )
        year.live(now, progress)
        clinician = make_logins(services, organization, settings.auth_key)
        year.care.license(ActorId(clinician), now.date(), 61_000)
    finally:
        services.close()
        ledger.close()
    database = open_database(f"sqlite:///{making / DATABASE}", 2, cipher_of(settings, ring_of(settings, clock)))
    try:
        migrate(database.engine, now)
        copy_rows(memory, database, organization)
    finally:
        database.close()
    shutil.rmtree(making / "progress", ignore_errors=True)
    for rest in making.glob("*.sqlite-*"):
        os.unlink(rest)


def _products(services: Services) -> tuple[Product, ...]:
    organization = services.directory.chosen(services.settings.organization)
    return services.application.ask(ListProducts(limit=200), system(organization.id)).items


def _questions(services: Services, base: str) -> Iterator[tuple[str, str]]:
    """The newest intake of each sort that waits for its patient."""
    envelope = system(services.directory.chosen(services.settings.organization).id)
    for state, words in (
        (IntakeState.NOT_STARTED, "questions to answer"),
        (IntakeState.IN_PROGRESS, "questions to go on with"),
        (IntakeState.NEEDS_CORRECTION, "answers to correct"),
    ):
        for card in services.application.ask(ListIntakes(state=state, limit=1), envelope).items:
            path = services.application.ask(LinkOfOrder(order=card.order), envelope)
            if path is not None:
                yield words, f"{base}{path}"
