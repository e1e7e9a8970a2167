"""Settings of one installation, read from the environment once and checked at start."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen

from hlc_core.kernel.errors import Fault, Invalid

SERVICE_ROLE = "hlc_service"
"""The role of the service that migrations make on PostgreSQL."""
DEFAULT_DATABASE = "sqlite:///hlc.sqlite"


@frozen(kw_only=True)
class Settings:
    """What an installation can choose. Secrets do not appear in its text form.

    `database_url`: `sqlite:///FILE`, `postgresql://…`, or `memory:` (gone at exit). `simulator_ledger`: the file of the
    simulator's own books, empty for books in memory. `gateway_workers`: calls to a gateway at once;
    `gateway_threads` makes them in threads even where the gateway is in this process; `billing_ahead`: batches of a
    billing run whose charges may be under way at once. `threads`: requests at once, in each of `processes`.
    `patience`: seconds that a request waits for a payment which another one is driving.
    `database_role`: the role that the service takes on in PostgreSQL, or `login`, or `unsafe`; `owner_url`: as whom
    migrations log in, where that is another than the service (see the guide on databases).
    `api_keys`: who may use the API, each `kind:organization:secret[:actor id]` (see the guide on HTTP).
    """

    database_url: str = field(default=DEFAULT_DATABASE, repr=False)
    database_role: str = SERVICE_ROLE
    owner_url: str = field(default="", repr=False)
    stripe_api_key: str = field(default="", repr=False)
    stripe_webhook_secret: str = field(default="", repr=False)
    stripe_base_url: str = ""
    stripe_publishable_key: str = ""
    stripe_js_url: str = "https://js.stripe.com/v3/"
    stripe_disabled: bool = False
    simulator_ledger: str = ""
    simulator_url: str = ""
    base_url: str = "http://127.0.0.1:3200"
    host: str = "127.0.0.1"
    port: int = 3200
    threads: int = 4
    processes: int = 1
    patience: float = 5.0
    gateway_workers: int = 64
    gateway_threads: bool = False
    billing_ahead: int = 1
    fingerprint_key: str = field(default="", repr=False)
    link_key: str = field(default="", repr=False)
    api_keys: tuple[str, ...] = field(default=(), repr=False)
    mail_file: str = ""
    organization: str = ""


_TEXT = {
    "HLC_DATABASE_ROLE": "database_role",
    "HLC_DATABASE_OWNER_URL": "owner_url",
    "HLC_DATABASE_URL": "database_url",
    "HLC_STRIPE_API_KEY": "stripe_api_key",
    "HLC_STRIPE_WEBHOOK_SECRET": "stripe_webhook_secret",
    "HLC_STRIPE_BASE_URL": "stripe_base_url",
    "HLC_STRIPE_PUBLISHABLE_KEY": "stripe_publishable_key",
    "HLC_STRIPE_JS_URL": "stripe_js_url",
    "HLC_SIMULATOR_LEDGER": "simulator_ledger",
    "HLC_SIMULATOR_URL": "simulator_url",
    "HLC_BASE_URL": "base_url",
    "HLC_HOST": "host",
    "HLC_FINGERPRINT_KEY": "fingerprint_key",
    "HLC_LINK_KEY": "link_key",
    "HLC_MAIL_FILE": "mail_file",
    "HLC_ORGANIZATION": "organization",
}
_NUMBERS = {
    "HLC_PORT": ("port", 1, 65_535),
    "HLC_THREADS": ("threads", 1, 64),
    "HLC_PROCESSES": ("processes", 1, 64),
    "HLC_GATEWAY_WORKERS": ("gateway_workers", 1, 1024),
}
_KNOWN = frozenset({*_TEXT, *_NUMBERS, "HLC_API_KEYS", "HLC_TEST_POSTGRES_URL"})


def read_settings(environment: Mapping[str, str]) -> Settings:
    """The settings in the environment variables. Refuses: Invalid, naming every variable at fault at once."""
    values: dict[str, object] = {}
    faults: list[Fault] = []
    for variable, name in _TEXT.items():
        if environment.get(variable):
            values[name] = environment[variable]
    for variable, (name, least, most) in _NUMBERS.items():
        text = environment.get(variable, "")
        if text and not (text.isascii() and text.isdigit() and len(text) < 10 and least <= int(text) <= most):
            faults.append(Fault(variable, f"a whole number from {least} to {most}"))
        elif text:
            values[name] = int(text)
    if environment.get("HLC_API_KEYS"):
        values["api_keys"] = tuple(key.strip() for key in environment["HLC_API_KEYS"].split(",") if key.strip())
    values["stripe_disabled"] = environment.get("STRIPE_DISABLED", "").lower() in {"1", "true", "yes", "on"}
    for variable in environment:
        if variable.startswith("HLC_") and variable not in _KNOWN:
            faults.append(Fault(variable, "no such setting; see the guide on configuration"))
    if faults:
        raise Invalid("Some settings cannot be used.", *faults)
    return Settings(**values)  # type: ignore[arg-type]  # names and types are those of the tables above
