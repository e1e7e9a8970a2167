"""What partners tell, and the monitor of it: verified, stored once, then worked off; failures listed and replayed."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from hlc_adapters.partners.payloads import event_id_of, told_of
from hlc_adapters.partners.secrets import vouch
from hlc_adapters.pharmacies.signing import HEADER, verify
from hlc_adapters.services import Services
from hlc_adapters.settings import Settings
from hlc_core.kernel.commands import system
from hlc_core.kernel.errors import Fault, Missing, Unavailable
from hlc_core.kernel.ids import MessageId, PartnerRecordId
from hlc_core.kernel.paging import Page as Listed
from hlc_core.organizations.api import Organization
from hlc_core.partners.api import (
    CLINIC,
    GetMessage,
    GetPartnerRecord,
    InboundMessage,
    ListMessages,
    ListPartnerRecords,
    MessageCard,
    MessageSource,
    MessageState,
    MonitorInbox,
    NotFromPartner,
    OtherClinic,
    PartnerRecord,
    ReceiveMessage,
    RecordCard,
    RecordKind,
    ReplayMessage,
    SourceHealth,
    Told,
    event_of,
    from_pharmacy,
    read,
)
from hlc_http.call import Call
from hlc_http.desk_pages import monitor_shown
from hlc_http.pages import brand_of
from hlc_http.routes.paged import Paged
from hlc_http.table import Face, Nothing, Page, Reply, Routes, Takes, Who

INTAKE = "/api/webhooks/wellmedr-intake"
INVOICE = "/api/webhooks/wellmedr-invoice"
CAREPORTALS = "/api/webhooks/careportals"
PHARMACY = "/api/webhooks/pharmacy/{name}"
MONITOR = "/webhooks/monitor"


@frozen(kw_only=True)
class Taken:
    """The message is stored; `new`: it was not there already. `touched` are the ids that it made or changed."""

    message: MessageId
    new: bool
    state: MessageState
    outcome: str
    touched: tuple[str, ...]


@frozen(kw_only=True)
class MessagesQuery(Paged):
    """Of one source, of one state."""

    source: MessageSource | None = None
    state: MessageState | None = None


@frozen(kw_only=True)
class RecordsQuery(Paged):
    """Of one partner, of one kind."""

    partner: str | None = None
    kind: RecordKind | None = None


def partner_routes(services: Services) -> Routes:
    """The routes, with the secrets of the settings (several, parted by commas, while one is rotated)."""
    routes = Routes("webhooks in", who=Who.STAFF)
    settings = services.settings

    @routes.post(
        INTAKE,
        "An intake that was filled in at Wellmedr",
        answers=Taken,
        takes=Takes.BYTES,
        who=Who.ANYONE,
        face=Face.MACHINE,
        own_secret=True,
    )
    def wellmedr_intake(call: Call[bytes, Nothing]) -> Reply:
        """With the secret as `Authorization: Bearer …` or `X-Webhook-Secret`. Makes or updates the patient, stores the
        document, writes the SOAP note once checkout is complete; 201 the first time, 200 after that."""
        vouch(call.incoming.headers, _secrets(settings.wellmedr_intake_secret, "WELLMEDR_INTAKE_WEBHOOK_SECRET"))
        told = told_of(call.body)
        return _taken(call, MessageSource.WELLMEDR_INTAKE, "intake", told, _wellmedr_clinic(call, told, settings))

    @routes.post(
        INVOICE,
        "A payment that was made at Wellmedr",
        answers=Taken,
        takes=Takes.BYTES,
        who=Who.ANYONE,
        face=Face.MACHINE,
        own_secret=True,
    )
    def wellmedr_invoice(call: Call[bytes, Nothing]) -> Reply:
        """`customer_email` and `method_payment_id` (`pm_…`) are required. Makes a PAID invoice that waits for a
        prescriber, once for each payment method id. 404 while nobody is known by that address or name: the message is
        kept, and worked off when the intake has come."""
        secret = settings.wellmedr_invoice_secret or settings.wellmedr_intake_secret
        vouch(call.incoming.headers, _secrets(secret, "WELLMEDR_INTAKE_WEBHOOK_SECRET"))
        told = told_of(call.body)
        return _taken(call, MessageSource.WELLMEDR_INVOICE, "invoice", told, _wellmedr_clinic(call, told, settings))

    @routes.post(
        CAREPORTALS,
        "An event of CarePortals",
        answers=Taken,
        takes=Takes.BYTES,
        who=Who.ANYONE,
        face=Face.MACHINE,
        own_secret=True,
    )
    def careportals(call: Call[bytes, Nothing]) -> Reply:
        """`subscription.cancelled`, `subscription.paused`, `order.created` (short or full), `order.status_updated`,
        `prescription.created`: named in `X-Webhook-Event`, or in the body as `event`. Dotted keys or nested objects."""
        vouch(call.incoming.headers, _secrets(settings.careportals_secret, "HLC_CAREPORTALS_WEBHOOK_SECRET"))
        told = told_of(call.body)
        kind = event_of(told.fields, call.incoming.headers.get("x-webhook-event", ""))
        return _taken(call, MessageSource.CAREPORTALS, kind, told, _careportals_clinic(call, told))

    @routes.post(
        PHARMACY,
        "What a partner pharmacy tells of a fill",
        answers=Taken,
        takes=Takes.BYTES,
        who=Who.ANYONE,
        face=Face.MACHINE,
    )
    def pharmacy(call: Call[bytes, Nothing]) -> Reply:
        """Signed with the partner's secret (`HLC-Signature`, as we sign what we send). Each message once, by its `id`;
        in any order. 401: not genuine; 404: no such dispatch; 422: see the fields."""
        name = call.part("name")
        secret = next((one.secret for one in settings.pharmacy_webhooks if one.name == name), None)
        if secret is None:
            raise NotFromPartner("The message's signature does not match.")
        now = int(call.services.clock.now().timestamp())
        verify(secret, call.body, call.incoming.headers.get(HEADER.lower()), now)
        told = from_pharmacy(name, told_of(call.body))
        said = told.said
        clinic = _clinic(call, said.get("organization", ""), "organization")
        event_id = event_id_of(told, f"{name}:{said['id']}" if said.get("id") else "")
        return _taken(call, MessageSource.PHARMACY, said.get("status", "")[:80], told, clinic, event_id)

    @routes.get(
        "/api/v1/webhooks/monitor",
        "Successes and failures by source",
        answers=tuple[SourceHealth, ...],
        uses=MonitorInbox,
    )
    def monitor_webhooks(call: Call[Nothing, Nothing]) -> tuple[SourceHealth, ...]:
        return call.ask(MonitorInbox())

    @routes.get(
        "/api/v1/webhooks/messages",
        "Messages of other systems",
        query=MessagesQuery,
        answers=Listed[MessageCard],
        uses=ListMessages,
    )
    def list_messages(call: Call[Nothing, MessagesQuery]) -> Listed[MessageCard]:
        """Newest first, without their payload."""
        asked = call.query
        return call.ask(ListMessages(source=asked.source, state=asked.state, cursor=asked.cursor, limit=asked.limit))

    @routes.get(
        "/api/v1/webhooks/messages/{message_id}",
        "One message with its payload",
        answers=InboundMessage,
        uses=GetMessage,
    )
    def show_message(call: Call[Nothing, Nothing]) -> InboundMessage:
        """The payload is personal: who looked is recorded."""
        return call.ask(GetMessage(message=MessageId(call.part("message_id"))))

    @routes.post(
        "/api/v1/webhooks/messages/{message_id}/replay",
        "Try a message again from the start",
        answers=MessageCard,
        uses=ReplayMessage,
        idempotent=True,
        takes=Takes.JSON,
        body=Nothing,
    )
    def replay_message(call: Call[Nothing, Nothing]) -> MessageCard:
        """A worker takes it in a moment. One that was worked off is refused."""
        replayed = call.execute(ReplayMessage(message=MessageId(call.part("message_id"))))
        page = call.ask(ListMessages(source=replayed.source, state=replayed.state, limit=200))
        return next(card for card in page.items if card.message.id == replayed.id)

    @routes.get(
        "/api/v1/partner-records",
        "What partners have in their books",
        query=RecordsQuery,
        answers=Listed[RecordCard],
        uses=ListPartnerRecords,
    )
    def list_partner_records(call: Call[Nothing, RecordsQuery]) -> Listed[RecordCard]:
        """Newest first; `inStep` says whether their word and ours for an order agree."""
        asked = call.query
        return call.ask(
            ListPartnerRecords(partner=asked.partner, kind=asked.kind, cursor=asked.cursor, limit=asked.limit)
        )

    @routes.get(
        "/api/v1/partner-records/{record_id}",
        "One record with all that was told",
        answers=PartnerRecord,
        uses=GetPartnerRecord,
    )
    def show_partner_record(call: Call[Nothing, Nothing]) -> PartnerRecord:
        """Personal: who looked is recorded."""
        return call.ask(GetPartnerRecord(record=PartnerRecordId(call.part("record_id"))))

    @routes.get(MONITOR, "The monitor of webhooks", query=MessagesQuery, uses=MonitorInbox, face=Face.PAGE)
    def webhooks_monitor(call: Call[Nothing, MessagesQuery]) -> Page:
        """Successes and failures by source."""
        asked = call.query
        page = call.ask(ListMessages(source=asked.source, state=asked.state, cursor=asked.cursor, limit=asked.limit))
        shown = monitor_shown(call.ask(MonitorInbox()), page, asked.source, asked.state, call.organization)
        return Page(template="webhooks.html", shows={"brand": brand_of(call.organization), "queue": shown})

    return routes


def _taken(
    call: Call[bytes, Nothing],
    source: MessageSource,
    kind: str,
    told: Told,
    clinic: Organization,
    named: str | None = None,
) -> Reply:
    """Stored first, then worked off at once, so that the sender reads what became of it; a worker does it otherwise."""
    inbox, envelope = call.services.inbox, system(clinic.id, f"webhook:{source}")
    event_id = named or event_id_of(told, call.incoming.headers.get("x-webhook-id", ""), kind)
    kept = inbox.receive(ReceiveMessage(source=source, event_id=event_id, kind=kind, told=told), envelope)
    message = inbox.work_off(kept.message.id, envelope)
    taken = Taken(
        message=message.id,
        new=kept.new,
        state=message.state,
        outcome=message.outcome,
        touched=message.touched,
    )
    return Reply(value=taken, status=201 if kept.new else 200)


def _secrets(told: str, variable: str) -> Sequence[str]:
    """Refuses: Unavailable (none is set: nothing that cannot be verified is taken)."""
    secrets = [secret.strip() for secret in told.split(",") if secret.strip()]
    if not secrets:
        raise Unavailable("This webhook is not set up here.", Fault(variable, "the secret that the partner sends"))
    return secrets


def _wellmedr_clinic(call: Call[bytes, Nothing], told: Told, settings: Settings) -> Organization:
    """The clinic that the settings name, which no message may contradict; else the one that the message or host names.

    Refuses: OtherClinic, Missing.
    """
    named = read(told).first(CLINIC)
    if settings.wellmedr_clinic:
        clinic = _clinic(call, settings.wellmedr_clinic, "WELLMEDR_CLINIC_ID")
        if named and named not in (clinic.id, clinic.slug, settings.wellmedr_clinic):
            raise OtherClinic(
                "That message is for another clinic.", Fault("clinic_id", "the one of WELLMEDR_CLINIC_ID", theirs=True)
            )
        return clinic
    return _clinic(call, named, "clinic_id") if named else _meant(call)


def _careportals_clinic(call: Call[bytes, Nothing], told: Told) -> Organization:
    """The clinic that has the code in its settings, or that word as its slug or id; without a code the one of the
    host. Refuses: Missing."""
    code = told.said.get("organization", "").strip()
    if not code:
        return _meant(call)
    for one in call.services.directory.all():
        if code in (one.partners.careportals_code, one.slug, one.id):
            return one
    raise Missing("No clinic has that code here.", Fault("organization", "set partners.careportalsCode of the clinic"))


def _clinic(call: Call[bytes, Nothing], word: str, field: str) -> Organization:
    for one in call.services.directory.all():
        if word in (one.id, one.slug):
            return one
    raise Missing("There is no such clinic.", Fault(field, "the slug or id of a clinic", theirs=True))


def _meant(call: Call[bytes, Nothing]) -> Organization:
    host = call.incoming.host.partition(":")[0].lower()
    slug = call.incoming.headers.get("x-hlc-organization", "") or call.services.settings.organization
    found = None if slug else call.services.directory.by_host(host)
    return found or call.services.directory.chosen(slug)
