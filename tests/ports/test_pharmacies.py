"""The contract of the pharmacy port, kept by every adapter; and what the webhook makes of a bad network."""

from __future__ import annotations

import json
import socket
import stat
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlc_adapters.clock import VirtualClock
from hlc_adapters.pharmacies.documents import as_json, as_pdf
from hlc_adapters.pharmacies.files import FilePharmacy, MemoryPharmacy
from hlc_adapters.pharmacies.partner import PartnerServer
from hlc_adapters.pharmacies.registry import CalledInsideTransaction, GuardedPharmacy
from hlc_adapters.pharmacies.signing import sign, verify
from hlc_adapters.pharmacies.webhook import WebhookPharmacy
from hlc_core.kernel.errors import Invalid
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import DispatchId
from hlc_core.partners.api import NotFromPartner
from hlc_core.patients.api import Address
from hlc_core.prescriptions.api import Pharmacy, PharmacyResult, Script

SECRET = "a-shared-secret-of-24-chars"
CLOCK = VirtualClock(datetime(2026, 1, 15, 17, tzinfo=UTC))
R = PharmacyResult
SCRIPT = Script(
    dispatch=DispatchId("dsp_1"),
    number="RX-7K3M-9QXD",
    fill=0,
    refills_left=3,
    written_on=date(2026, 1, 15),
    expires_on=date(2027, 1, 15),
    organization="clinic",
    clinic="Lakeside Telehealth",
    patient_name="Grace Hopper",
    patient_email="grace@example.com",
    patient_phone="+1 212 555 0100",
    address=Address(address1="1 Main St", city="Albany", postal_code="12207", province_code="NY"),
    patient_state="NY",
    prescriber="Dr. Ada Rivera",
    licence_number="L-1",
    licence_state="NY",
    drug="Semaglutide weekly",
    compound="semaglutide 2.5 mg/mL",
    strength="2.5 mg/mL",
    form="vial",
    code="",
    controlled=False,
    quantity=2,
    unit="mL",
    days_supply=28,
    directions="Inject 0.25 mg once a week.",
    order_number="R-1",
)


@pytest.fixture(params=["files", "memory", "webhook"])
def pharmacy(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Pharmacy]:
    """Every adapter, one after the other."""
    if request.param == "files":
        yield FilePharmacy(tmp_path / "out")
    elif request.param == "memory":
        yield MemoryPharmacy()
    else:
        partner = PartnerServer(secret=SECRET, clock=CLOCK)
        partner.open()
        try:
            yield WebhookPharmacy(name="partner", url=partner.url, secret=SECRET, clock=CLOCK, deadline=5.0)
        finally:
            partner.close()


def test_what_was_handed_over_can_be_asked_about(pharmacy: Pharmacy) -> None:
    """Before: not there. After: there, also under the next process."""
    before = pharmacy.look_up(SCRIPT.dispatch)
    sent = pharmacy.send(SCRIPT)
    after = pharmacy.look_up(SCRIPT.dispatch)

    assert R.NOT_FOUND is before.result
    assert sent.result in (R.SENT, R.ACKNOWLEDGED)
    assert sent.result is after.result
    assert bool(sent.reference)


def test_handing_over_twice_is_as_once(pharmacy: Pharmacy) -> None:
    """The same dispatch, the same answer; another dispatch is another."""
    first, again = pharmacy.send(SCRIPT), pharmacy.send(SCRIPT)

    assert first == again
    assert R.NOT_FOUND is pharmacy.look_up(DispatchId("dsp_2")).result


def test_the_default_writes_a_print_and_a_document_for_their_owner_only(tmp_path: Path) -> None:
    """Two files, whole, unreadable for others; the JSON says everything that the print says."""
    folder = tmp_path / "out"
    FilePharmacy(folder).send(SCRIPT)
    document = json.loads((folder / "dsp_1.json").read_text())

    assert {"dsp_1.pdf", "dsp_1.json"} == {path.name for path in folder.iterdir()}
    assert {0o600} == {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    assert 0o700 == stat.S_IMODE(folder.stat().st_mode)
    assert "Inject 0.25 mg once a week." == document["prescription"]["directions"]
    assert (folder / "dsp_1.pdf").read_bytes().startswith(b"%PDF-")


def test_a_folder_that_cannot_be_written_has_sent_nothing(tmp_path: Path) -> None:
    """It is said, not raised."""
    (tmp_path / "out").write_text("in the way")

    assert R.NOT_SENT is FilePharmacy(tmp_path / "out").send(SCRIPT).result


@given(st.text(max_size=300), st.text(max_size=60))
def test_any_name_and_any_directions_can_be_printed(directions: str, name: str) -> None:
    """And the same fill gives the same page."""
    script = evolve(SCRIPT, directions=directions, patient_name=name)

    assert as_pdf(script) == as_pdf(script)
    assert directions == json.loads(as_json(script))["prescription"]["directions"]


def test_a_dispatch_id_never_leaves_the_folder(tmp_path: Path) -> None:
    """Nothing but our own ids names files."""
    answer = FilePharmacy(tmp_path / "out").send(evolve(SCRIPT, dispatch=DispatchId("dsp_/../../x")))

    assert R.REFUSED is answer.result
    assert [] == list(tmp_path.iterdir())


Answer = Callable[[BaseHTTPRequestHandler], None]


class Rogue:
    """A server that answers as the test says, or not at all."""

    def __init__(self, answer: Answer) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                answer(self)

            def do_GET(self) -> None:
                answer(self)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/rx"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


def replied(status: int, body: bytes = b"{}", **headers: str) -> Answer:
    """That status and body."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        for name, value in headers.items():
            request.send_header(name, value)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    return answer


def hang_up(request: BaseHTTPRequestHandler) -> None:
    """The connection breaks before an answer."""
    request.connection.shutdown(socket.SHUT_RDWR)


def drip(request: BaseHTTPRequestHandler) -> None:
    """An answer that never ends, a byte at a time."""
    request.send_response(200)
    request.end_headers()
    waiting = threading.Event()
    try:
        for _ in range(200):
            request.wfile.write(b" ")
            request.wfile.flush()
            waiting.wait(0.05)
    except OSError:
        return


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (replied(202, b'{"status":"accepted","reference":"p-1"}'), R.SENT),
        (replied(200, b'{"status":"acknowledged"}'), R.ACKNOWLEDGED),
        (replied(200, b'{"status":"rejected","reason":"No such drug."}'), R.REFUSED),
        (replied(422, b'{"status":"rejected"}'), R.REFUSED),
        (replied(401), R.REFUSED),
        (replied(409, b'{"reference":"p-1"}'), R.SENT),
        (replied(200, b"<html>fine</html>"), R.NO_ANSWER),
        (replied(200, b'{"status":"who knows"}'), R.NO_ANSWER),
        (replied(200, b"[" * 60_000), R.NO_ANSWER),
        (replied(200, b" " * 100_000 + b'{"status":"accepted"}'), R.NO_ANSWER),
        (replied(301, b"", Location="http://127.0.0.1:1/elsewhere"), R.NO_ANSWER),
        (replied(429), R.NO_ANSWER),
        (replied(500), R.NO_ANSWER),
        (hang_up, R.NO_ANSWER),
        (drip, R.NO_ANSWER),
    ],
)
def test_only_definite_answers_of_a_partner_count(answer: Answer, expected: PharmacyResult) -> None:
    """Everything else leaves the outcome in doubt, and nothing is ever raised or followed elsewhere."""
    rogue = Rogue(answer)
    try:
        partner = WebhookPharmacy(name="p", url=rogue.url, secret=SECRET, clock=CLOCK, deadline=1.0)
        found = partner.send(SCRIPT)
    finally:
        rogue.close()

    assert expected is found.result


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (replied(404, b'{"status":"not_found"}'), R.NOT_FOUND),
        (replied(404, b"<html>404</html>"), R.NO_ANSWER),
        (replied(200, b'{"status":"accepted"}'), R.SENT),
        (replied(503), R.NO_ANSWER),
        (hang_up, R.NO_ANSWER),
    ],
)
def test_absence_counts_only_when_the_partner_says_it(answer: Answer, expected: PharmacyResult) -> None:
    """A proxy's 404 is no proof that the fill is not there."""
    rogue = Rogue(answer)
    try:
        partner = WebhookPharmacy(name="p", url=rogue.url, secret=SECRET, clock=CLOCK, deadline=1.0)
        found = partner.look_up(SCRIPT.dispatch)
    finally:
        rogue.close()

    assert expected is found.result


def test_a_partner_that_cannot_be_reached_has_certainly_nothing() -> None:
    """Nobody listens; asking about an earlier request stays in doubt all the same."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    partner = WebhookPharmacy(name="p", url=f"http://127.0.0.1:{port}/rx", secret=SECRET, clock=CLOCK)

    assert R.NOT_SENT is partner.send(SCRIPT).result
    assert R.NO_ANSWER is partner.look_up(SCRIPT.dispatch).result


@pytest.mark.parametrize(
    ("url", "secret"),
    [
        ("http://pharmacy.example/rx", SECRET),
        ("ftp://pharmacy.example/rx", SECRET),
        ("https://user:pw@pharmacy.example/rx", SECRET),
        ("https://pharmacy.example/rx?key=1", SECRET),
        ("https://pharmacy.example/rx", "short"),
    ],
)
def test_a_partner_is_reached_over_https_with_a_real_secret(url: str, secret: str) -> None:
    """Refused when the service starts."""
    with pytest.raises(Invalid):
        WebhookPharmacy(name="p", url=url, secret=secret, clock=CLOCK)


def test_a_wrong_secret_is_refused_by_the_partner() -> None:
    """A definite no, which a person has to look at."""
    partner = PartnerServer(secret=SECRET, clock=CLOCK)
    partner.open()
    try:
        found = WebhookPharmacy(name="p", url=partner.url, secret="x" * 24, clock=CLOCK).send(SCRIPT)
    finally:
        partner.close()

    assert (R.REFUSED, "http_401") == (found.result, found.code)
    assert {} == partner.fills


@given(st.binary(max_size=200), st.text(max_size=80), st.integers(-400, 400))
def test_only_the_right_signature_of_the_last_minutes_is_genuine(body: bytes, forged: str, off: int) -> None:
    """Any other header, body or time is not."""
    now = 1_768_496_400
    genuine = sign(SECRET, body, now + off)
    if abs(off) <= 300:
        verify(SECRET, body, genuine, now)
    else:
        with pytest.raises(NotFromPartner):
            verify(SECRET, body, genuine, now)
    for header in (forged, genuine[:-1], None, sign("another secret of 24 char", body, now)):
        with pytest.raises(NotFromPartner):
            verify(SECRET, body, header, now)
    with pytest.raises(NotFromPartner):
        verify(SECRET, body + b"!", genuine, now)


def test_no_pharmacy_is_called_inside_a_transaction_and_none_raises() -> None:
    """The guard around every adapter."""

    class Broken(MemoryPharmacy):
        def look_up(self, dispatch: DispatchId) -> Any:
            raise RuntimeError(dispatch)

    guarded = GuardedPharmacy(Broken(), lambda: False, lambda _point: None)
    inside = GuardedPharmacy(MemoryPharmacy(), lambda: True, lambda _point: None)
    with pytest.raises(CalledInsideTransaction):
        inside.send(SCRIPT)

    assert (R.NO_ANSWER, "RuntimeError") == (
        guarded.look_up(SCRIPT.dispatch).result, guarded.look_up(SCRIPT.dispatch).code,
    )  # fmt: skip


def test_nothing_personal_is_in_the_text_form_of_a_fill() -> None:
    """Not the name, address, drug or directions."""
    shown = repr(SCRIPT)

    assert not any(word in shown for word in ("Grace", "Main St", "Semaglutide", "Inject", "555"))
