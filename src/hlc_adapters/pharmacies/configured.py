"""The pharmacies that the settings name."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from hlc_adapters.pharmacies.files import FILES, FilePharmacy, MemoryPharmacy
from hlc_adapters.pharmacies.webhook import WebhookPharmacy
from hlc_adapters.settings import PharmacyWebhook, Settings
from hlc_core.kernel.time import Clock
from hlc_core.prescriptions.ports import Pharmacy

_SQLITE = "sqlite:///"


def pharmacies_of(settings: Settings, clock: Clock) -> tuple[Pharmacy, ...]:
    """The one that writes files first, then the partners. Refuses: Invalid (an address, a secret)."""
    partners = (_partner(each, clock) for each in settings.pharmacy_webhooks)
    return (_files(settings), *partners)


def _partner(webhook: PharmacyWebhook, clock: Clock) -> Pharmacy:
    return WebhookPharmacy(
        name=webhook.name, url=webhook.url, secret=webhook.secret, clock=clock, certified=webhook.certified
    )


def _files(settings: Settings) -> Pharmacy:
    """Into the folder named; else beside the SQLite file, or into `hlc-pharmacy`; of a clinic in memory: nowhere."""
    if settings.pharmacy_folder:
        return FilePharmacy(Path(settings.pharmacy_folder))
    if settings.database_url.startswith(_SQLITE):
        return FilePharmacy(Path(f"{settings.database_url[len(_SQLITE) :]}-pharmacy"))
    return MemoryPharmacy() if settings.database_url == "memory:" else FilePharmacy(Path("hlc-pharmacy"))


def default_of(settings: Settings, found: Sequence[Pharmacy]) -> str:
    """The name of the one that takes what names no other."""
    return settings.pharmacy or (found[0].name if found else FILES)
