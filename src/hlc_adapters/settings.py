"""Settings of one installation, read from the environment once and checked at start."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from ipaddress import ip_network
from urllib.parse import urlsplit

from attrs import field, frozen

from hlc_core.kernel.errors import Fault, Invalid

MEMORY = "memory:"
SHORTEST_AUTH_KEY = 32
SERVICE_ROLE = "hlc_service"
"""The role of the service that migrations make on PostgreSQL."""
DEFAULT_DATABASE = "sqlite:///hlc.sqlite"


@frozen(kw_only=True)
class PharmacyWebhook:
    """A partner pharmacy: its word, where fills are sent, the shared secret, whether it may take controlled drugs."""

    name: str
    url: str
    secret: str = field(repr=False)
    certified: bool = False


@frozen(kw_only=True)
class Settings:
    """What an installation can choose. Secrets do not appear in its text form.

    `database_url`: `sqlite:///FILE`, `postgresql://…`, or `memory:` (gone at exit). `simulator_ledger`: the file of the
    simulator's own books, empty for books in memory. `gateway_workers`: calls to a gateway at once;
    `gateway_threads` makes them in threads even where the gateway is in this process; `billing_ahead`: batches of a
    billing run whose charges may be under way at once. `threads`: requests at once, in each of `processes`.
    `patience`: seconds that a request waits for a payment which another one is driving.
    `wellmedr_clinic`: slug or id of the clinic that Wellmedr's messages are for.
    `pharmacy` takes what names no other (`files`, or a partner's name); `pharmacy_folder` is where `files` writes.
    `auth_key`: from it codes, links and tokens are derived; a served database needs one that is kept.
    `plain_cookies`: cookies over http, for a browser on this machine. `smtp_url`: `smtp://`, `smtps://` or
    `smtp+starttls://`, with name and password; clinics may have servers of their own. `mail_from`: the sender.
    `mail_console`: mails are written to standard error, too, instead of a server where none is set.
    `encryption_key`: the master key, before those that it replaces, parted by commas; `encryption` "off" stores bodies
    in the clear, "upgrade" seals from now on and still reads what was stored so. `fingerprint_key`: of installations
    older than key rings.
    `database_role`: the role that the service takes on in PostgreSQL, or `login`, or `unsafe`; `owner_url`: as whom
    migrations log in, where that is another than the service (see the guide on databases).
    `audit_key`: signs the seals of the audit trail; a new one is put before the old ones, with a comma.
    `rate_account`, `rate_address`, `rate_network`: requests a minute in each process, 0 for no limit;
    `trusted_proxies`: how many reverse proxies in front tell the caller's address in `proxy_header`; `proxy_networks`:
    from where alone they connect, parted by commas. `connections`: how many one address may hold open.
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
    wellmedr_intake_secret: str = field(default="", repr=False)
    wellmedr_invoice_secret: str = field(default="", repr=False)
    wellmedr_clinic: str = ""
    careportals_secret: str = field(default="", repr=False)
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
    audit_key: str = field(default="", repr=False)
    encryption_key: str = field(default="", repr=False)
    encryption: str = "on"
    link_key: str = field(default="", repr=False)
    api_keys: tuple[str, ...] = field(default=(), repr=False)
    auth_key: str = field(default="", repr=False)
    plain_cookies: bool = False
    smtp_url: str = field(default="", repr=False)
    mail_from: str = ""
    mail_file: str = ""
    mail_console: bool = False
    organization: str = ""
    rate_account: int = 300
    rate_address: int = 1200
    rate_network: int = 6000
    trusted_proxies: int = 0
    proxy_networks: str = ""
    proxy_header: str = "X-Forwarded-For"
    connections: int = 500
    pharmacy: str = ""
    pharmacy_folder: str = ""
    pharmacy_webhooks: tuple[PharmacyWebhook, ...] = field(default=(), repr=False)


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
    "HLC_AUDIT_KEY": "audit_key",
    "ENCRYPTION_KEY": "encryption_key",
    "HLC_ENCRYPTION_KEY": "encryption_key",
    "HLC_LINK_KEY": "link_key",
    "HLC_AUTH_KEY": "auth_key",
    "HLC_SMTP_URL": "smtp_url",
    "HLC_SMTP_FROM": "mail_from",
    "HLC_MAIL_FILE": "mail_file",
    "HLC_ORGANIZATION": "organization",
    "HLC_CAREPORTALS_WEBHOOK_SECRET": "careportals_secret",
    "WELLMEDR_INTAKE_WEBHOOK_SECRET": "wellmedr_intake_secret",
    "WELLMEDR_INVOICE_WEBHOOK_SECRET": "wellmedr_invoice_secret",
    "WELLMEDR_CLINIC_ID": "wellmedr_clinic",
    "HLC_PHARMACY": "pharmacy",
    "HLC_PHARMACY_FOLDER": "pharmacy_folder",
}
_SECRETS = (
    "HLC_CAREPORTALS_WEBHOOK_SECRET",
    "WELLMEDR_INTAKE_WEBHOOK_SECRET",
    "WELLMEDR_INVOICE_WEBHOOK_SECRET",
)
SHORTEST_SECRET = 16
_NUMBERS = {
    "HLC_PORT": ("port", 1, 65_535),
    "HLC_THREADS": ("threads", 1, 64),
    "HLC_PROCESSES": ("processes", 1, 64),
    "HLC_GATEWAY_WORKERS": ("gateway_workers", 1, 1024),
    "HLC_RATE_ACCOUNT": ("rate_account", 0, 1_000_000),
    "HLC_RATE_ADDRESS": ("rate_address", 0, 1_000_000),
    "HLC_RATE_NETWORK": ("rate_network", 0, 1_000_000),
    "HLC_TRUSTED_PROXIES": ("trusted_proxies", 0, 10),
    "HLC_CONNECTIONS": ("connections", 0, 1_000_000),
}
_SWITCHES = {"HLC_PLAIN_COOKIES": "plain_cookies", "HLC_MAIL_CONSOLE": "mail_console"}
_OTHERS = (
    "HLC_PROXY_NETWORKS",
    "HLC_PROXY_HEADER",
    "HLC_API_KEYS",
    "HLC_ENCRYPTION",
    "HLC_PHARMACY_WEBHOOKS",
    "HLC_TEST_POSTGRES_URL",
)
_KNOWN = frozenset({*_TEXT, *_NUMBERS, *_SWITCHES, *_OTHERS})


def _weak(environment: Mapping[str, str]) -> list[Fault]:
    """Secrets that anybody could guess; several may be given, parted by commas, while one is rotated."""
    found = []
    for variable in _SECRETS:
        parts = [part.strip() for part in environment.get(variable, "").split(",")]
        if variable in environment and any(len(part) < SHORTEST_SECRET or not part.isascii() for part in parts):
            found.append(Fault(variable, f"at least {SHORTEST_SECRET} ASCII characters, or not set at all"))
    return found


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
    faults += _weak(environment)
    values["encryption"] = _encryption(environment.get("HLC_ENCRYPTION", ""), faults)
    if environment.get("HLC_API_KEYS"):
        values["api_keys"] = tuple(key.strip() for key in environment["HLC_API_KEYS"].split(",") if key.strip())
    for variable, name in _SWITCHES.items():
        if environment.get(variable):
            values[name] = environment[variable].lower() in {"1", "true", "yes", "on"}
    values["pharmacy_webhooks"] = tuple(_partners(environment.get("HLC_PHARMACY_WEBHOOKS", ""), faults))
    faults += _cookie_faults(values)
    values |= _proxies(environment, faults)
    values["stripe_disabled"] = environment.get("STRIPE_DISABLED", "").lower() in {"1", "true", "yes", "on"}
    for variable in environment:
        if variable.startswith("HLC_") and variable not in _KNOWN:
            faults.append(Fault(variable, "no such setting; see the guide on configuration"))
    if faults:
        raise Invalid("Some settings cannot be used.", *faults)
    return Settings(**values)  # type: ignore[arg-type]  # names and types are those of the tables above


_PROXY_HEADERS = {"x-forwarded-for": "X-Forwarded-For", "forwarded": "Forwarded"}


def _proxies(environment: Mapping[str, str], faults: list[Fault]) -> dict[str, str]:
    networks = environment.get("HLC_PROXY_NETWORKS", "")
    header = environment.get("HLC_PROXY_HEADER", "") or "X-Forwarded-For"
    try:
        for part in networks.split(","):
            if part.strip():
                ip_network(part.strip())
    except ValueError:
        faults.append(Fault("HLC_PROXY_NETWORKS", "addresses or networks parted by commas, such as 10.0.0.0/8"))
    if header.lower() not in _PROXY_HEADERS:
        faults.append(Fault("HLC_PROXY_HEADER", "X-Forwarded-For or Forwarded, whichever the proxies write"))
    return {"proxy_networks": networks, "proxy_header": _PROXY_HEADERS.get(header.lower(), "")}


def _encryption(text: str, faults: list[Fault]) -> str:
    chosen = text.strip().lower() or "on"
    if chosen not in {"on", "off", "upgrade"}:
        remedy = "`on`; `off`: personal data in the clear; `upgrade`: from off to on, see the guide"
        faults.append(Fault("HLC_ENCRYPTION", remedy))
    return chosen


_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


def _partners(text: str, faults: list[Fault]) -> Iterator[PharmacyWebhook]:
    """`name|url|secret` or `name|url|secret|certified`, parted by commas."""
    for part in (part.strip() for part in text.split(",")):
        fields = part.split("|")
        if not part:
            continue
        if len(fields) not in (3, 4) or not _NAME.fullmatch(fields[0]) or fields[3:] not in ([], ["certified"]):
            faults.append(Fault("HLC_PHARMACY_WEBHOOKS", "name|url|secret, or name|url|secret|certified"))
            continue
        yield PharmacyWebhook(name=fields[0], url=fields[1], secret=fields[2], certified=bool(fields[3:]))


def require_auth_key(settings: Settings) -> None:
    """Refuses: Invalid (no key that is kept: links, codes and sessions would end with the process)."""
    if settings.database_url != MEMORY and len(settings.auth_key) < SHORTEST_AUTH_KEY:
        remedy = f"{SHORTEST_AUTH_KEY} letters or more, kept secret; `hlc keys auth` makes one"
        raise Invalid("Sign-ins need a key of their own.", Fault("HLC_AUTH_KEY", remedy))


def _cookie_faults(values: Mapping[str, object]) -> Iterator[Fault]:
    host = urlsplit(str(values.get("base_url", "http://127.0.0.1"))).hostname or ""
    if values.get("plain_cookies") and host not in ("127.0.0.1", "localhost", "::1"):
        yield Fault("HLC_PLAIN_COOKIES", "only where HLC_BASE_URL is this machine; elsewhere use https")
