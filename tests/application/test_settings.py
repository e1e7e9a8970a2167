"""Settings from the environment: read once, all faults at once, secrets never shown."""

from __future__ import annotations

import pytest

from hlc_adapters.settings import DEFAULT_DATABASE, Settings, read_settings
from hlc_core.kernel.errors import Invalid
from support.refusals import refused


def test_nothing_set_is_a_local_installation() -> None:
    """SQLite, the simulator, this machine only; empty variables and those of others count as not set."""
    assert Settings() == read_settings({"PATH": "/bin", "HLC_PORT": "", "HLC_DATABASE_URL": ""})
    assert (DEFAULT_DATABASE, "127.0.0.1") == (Settings().database_url, Settings().host)


def test_what_is_set_is_used() -> None:
    """Text, numbers, lists, switches."""
    found = read_settings(
        {
            "HLC_DATABASE_URL": "postgresql://a/b", "HLC_PORT": "8080",
            "HLC_API_KEYS": " staff:org_a:x , ,public:org_a:y ",
            "STRIPE_DISABLED": "TRUE", "HLC_ORGANIZATION": "clinic",
        }
    )  # fmt: skip

    assert ("postgresql://a/b", 8080, ("staff:org_a:x", "public:org_a:y"), True, "clinic") == (
        found.database_url, found.port, found.api_keys, found.stripe_disabled, found.organization,
    )  # fmt: skip


@pytest.mark.parametrize("text", ["0", "65536", "-1", "80 80", "http", "8080.0", "٣", "1e3", "9" * 5000, "0x50"])
def test_a_number_that_cannot_be_used_is_named(text: str) -> None:
    """With what would do."""
    with refused(Invalid) as told:
        read_settings({"HLC_PORT": text})

    assert [("HLC_PORT", "a whole number from 1 to 65535")] == [(fault.field, fault.message) for fault in told.faults]


def test_all_faults_are_named_at_once() -> None:
    """A misspelt variable is one: silence would be the default in its place."""
    with refused(Invalid) as told:
        read_settings({"HLC_PORT": "x", "HLC_THREADS": "0", "HLC_DATABSE_URL": "sqlite:///a"})

    assert {"HLC_PORT", "HLC_THREADS", "HLC_DATABSE_URL"} == {fault.field for fault in told.faults}


def test_secrets_are_not_shown() -> None:
    """Not in the text form, which ends in logs and tracebacks."""
    secret = "canary-secret"
    shown = repr(
        Settings(
            database_url=f"postgresql://u:{secret}@h/d", stripe_api_key=secret, stripe_webhook_secret=secret,
            fingerprint_key=secret, link_key=secret, api_keys=(secret,),
        )
    )  # fmt: skip

    assert "canary" not in shown


@pytest.mark.parametrize("secret", ["", " ", "short", "0123456789abcdef,short"])
def test_a_partners_secret_that_anybody_could_guess_stops_the_start(secret: str) -> None:
    """Set and empty is worse than not set: it is refused, naming the variable."""
    with refused(Invalid) as told:
        read_settings({"WELLMEDR_INVOICE_WEBHOOK_SECRET": secret})

    assert ["WELLMEDR_INVOICE_WEBHOOK_SECRET"] == [fault.field for fault in told.faults]
