"""`hlc demo` and `hlc serve`: a clinic to try, ports that are taken, starting again, stopping."""

from __future__ import annotations

import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cli.clinic import Hlc
from hlc_adapters.composition import build
from hlc_adapters.demo import logins
from hlc_adapters.demo.care import STATES
from hlc_adapters.demo.clinic import Demo, open_demo
from hlc_adapters.services import Services
from hlc_adapters.settings import Settings
from hlc_core.audit.api import ListAuditEntries
from hlc_core.billing.api import ListHeldRenewals
from hlc_core.catalog.api import ListProducts
from hlc_core.identity.api import SignIn, Step, sign_in
from hlc_core.kernel.commands import Envelope, system
from hlc_core.orders.api import ListOrders, OrderState
from hlc_core.partners.api import ListMessages, MessageSource, MessageState
from hlc_core.people.api import ListUsers
from hlc_core.prescriptions.api import HeldBack
from hlc_core.recovery.api import ListRecoveries, RecoveryState
from hlc_core.review.api import ListLicences
from hlc_core.subscriptions.api import ListSubscriptions, State
from support.service import serving


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def taken_port() -> Iterator[int]:
    """A port at which somebody else listens."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield int(other.getsockname()[1])


def answer(url: str, seconds: float = 90.0) -> int:
    """The status that the address answers with, as soon as somebody listens there."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5) as response:
                return int(response.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """A demo clinic, made once."""
    seen: list[tuple[int, int]] = []
    made = open_demo(
        tmp_path_factory.mktemp("demo"), Settings(), False, lambda done, planned: seen.append((done, planned))
    )
    assert (365, 365) == seen[-1]
    return made


@pytest.fixture
def opened(demo: Demo) -> Iterator[tuple[Services, Envelope]]:
    """The demo's installation, and who looks at it."""
    services = build(demo.settings)
    yield services, system(services.directory.chosen("lakeside").id)
    services.close()


def test_the_year_was_real_business(opened: tuple[Services, Envelope]) -> None:
    """Hundreds of orders and subscriptions in every stage, renewals that failed and recovered or did not."""
    services, envelope = opened
    ask = services.application.ask

    assert len(ask(ListProducts(limit=200), envelope).items) >= 30
    for state in (OrderState.COMPLETED, OrderState.AWAITING_REQUIREMENTS, OrderState.SHIPPED, OrderState.REFUNDED):
        assert ask(ListOrders(state=state), envelope).items, state
    for standing in (State.ACTIVE, State.PAUSED, State.CANCELLED, State.COMPLETED, State.TRIALING):
        assert ask(ListSubscriptions(states=(standing,)), envelope).items, standing
    for status in (RecoveryState.RESOLVED, RecoveryState.FAILED_FINAL):
        assert ask(ListRecoveries(states=(status,)), envelope).items, status
    assert ask(ListRecoveries(), envelope).items
    assert ask(ListOrders(limit=200), envelope).next is not None
    assert len(ask(ListSubscriptions(limit=200), envelope).items) > 150


def test_care_holds_a_renewal_back_and_a_pharmacy_tells(opened: tuple[Services, Envelope]) -> None:
    """One renewal is due and not charged, for a reason; one fill is acknowledged, one delivered, one given back."""
    services, envelope = opened
    ask = services.application.ask

    (held,) = ask(ListHeldRenewals(), envelope).items
    told = ask(ListMessages(source=MessageSource.PHARMACY, limit=20), envelope).items
    assert (HeldBack.ON_HOLD, HeldBack.ON_HOLD) == (held.held.why, held.today)
    assert {MessageState.PROCESSED} == {one.message.state for one in told}
    assert {"acknowledged", "packed", "shipped", "delivered", "rejected"} == {one.message.kind for one in told}


def test_the_year_is_over_and_sound(opened: tuple[Services, Envelope]) -> None:
    """Nothing lies in the future, and everything that must be true of the books is."""
    services, envelope = opened

    newest = services.application.ask(ListAuditEntries(limit=1), envelope).items[0]
    assert newest.at < datetime.now(UTC)
    assert () == services.check_invariants(envelope, days=400)


def test_the_links_lead_to_products_that_are_sold(demo: Demo, opened: tuple[Services, Envelope]) -> None:
    """A buy link for each sort, cards, documentation, a key."""
    links = dict(demo.links(opened[0]))

    assert links["buy a monthly plan"].startswith("http://127.0.0.1:3200/buy/prod_")
    assert links["operator's key for the API"].startswith("hlc_staff_")
    assert "http://127.0.0.1:3200/docs" == links["API documentation"]
    assert (demo.folder / "hlc.env").stat().st_mode & 0o077 == 0


def test_the_people_that_it_prints_can_sign_in_and_do_their_work(opened: tuple[Services, Envelope]) -> None:
    """With the printed passwords; the clinician is licensed; and the doctor finds nothing wrong with a sign-in."""
    services, envelope = opened
    printed = dict(logins.shown(services, envelope.actor.organization, services.settings.auth_key))
    assert 7 == len(printed)

    for line in printed.values():
        email, password = line.split()
        assert Step.SIGNED_IN is sign_in(SignIn(email=email, password=password), services.porter).step, email

    licences = services.application.ask(ListLicences(), envelope).items
    clinician = next(
        one
        for one in services.application.ask(ListUsers(limit=50), envelope).items
        if one.user.email == logins.CLINICIAN
    )
    assert set(STATES) == {
        one.licence.state for one in licences if one.licence.clinician == str(clinician.user.id) and one.valid
    }
    assert () == services.check_invariants(envelope, days=400)


def test_its_people_can_sign_in_and_its_patients_answer(demo: Demo, opened: tuple[Services, Envelope]) -> None:
    """What is printed works: each person's password, each link to questions."""
    links = [*demo.links(opened[0])]
    people = [value.split() for name, value in links if name.startswith("sign in as")]
    questions = [value for name, value in links if "/consultation/start/" in value]

    with serving(opened[0]) as client:
        entered = [
            client.post("/api/v1/auth/login", {"email": email, "password": password}).status
            for email, password in people
        ]
        read = [client.get(link[link.index("/consultation") :]).status for link in questions]

    assert [200] * 7 == entered
    assert [200] * 3 == read


def test_started_again_it_is_the_same_clinic(demo: Demo) -> None:
    """Nothing is made anew; `fresh` makes another one."""
    before = demo.settings

    again = open_demo(demo.folder.parent, Settings(port=4000), False, lambda done, planned: None)

    assert before.api_keys == again.settings.api_keys
    assert "http://127.0.0.1:4000" == again.settings.base_url


def test_a_demo_is_made_after_a_kill_serves_goes_on_and_starts_over(nowhere: Hlc) -> None:
    """The whole command: killed while it is made, made anew, served, stopped by Ctrl-C, found again by the other
    commands, replaced by another one. What the killed start left behind is no clinic, and the next start removes it.
    """
    left = _killed_half_way(nowhere)
    theirs = nowhere.folder / ".hlc" / "making-cakes"
    theirs.mkdir()
    assert [True] == [name.startswith("making-") for name in left]
    assert not (nowhere.folder / ".hlc" / "demo").exists()
    port = free_port()
    process = nowhere.start("demo", "--port", str(port), HLC_DATABASE_URL=None)
    try:
        assert 200 == answer(f"http://127.0.0.1:{port}/healthz", 90)
        second = nowhere.start("demo", "--port", str(port), HLC_DATABASE_URL=None)
        refused = second.communicate(timeout=90)[1]
        assert (6, True) == (second.returncode, "--port or HLC_PORT" in refused)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=90)
    finally:
        process.kill()

    assert 0 == process.returncode, err
    assert "Lakeside Telehealth is ready" in out
    assert f"http://127.0.0.1:{port}/buy/prod_" in out
    assert "Traceback" not in err
    listed = nowhere.start("orders", "list", "--limit", "3", HLC_DATABASE_URL=None)
    assert "R-" in listed.communicate(timeout=90)[0]
    key = _key(nowhere)
    again = nowhere.start("demo", "--prepare-only", HLC_DATABASE_URL=None)
    assert key in again.communicate(timeout=90)[0]
    fresh = nowhere.start("demo", "--prepare-only", "--fresh", HLC_DATABASE_URL=None)
    assert key not in fresh.communicate(timeout=90)[0]
    assert {"demo", "making-cakes"} == {path.name for path in (nowhere.folder / ".hlc").iterdir() if path.is_dir()}


def _killed_half_way(hlc: Hlc) -> set[str]:
    """Answers what it left behind."""
    process = hlc.start("demo", "--prepare-only", HLC_DATABASE_URL=None)
    deadline = time.monotonic() + 60
    while not [*(hlc.folder / ".hlc").glob("making-*/gateway.sqlite")] and time.monotonic() < deadline:
        time.sleep(0.01)
    process.kill()
    process.communicate()
    return {path.name for path in (hlc.folder / ".hlc").iterdir() if path.is_dir()}


def _key(hlc: Hlc) -> str:
    lines = (hlc.folder / ".hlc/demo/hlc.env").read_text().splitlines()
    return next(line for line in lines if line.startswith("HLC_API_KEYS=")).rpartition(":")[2]


def test_a_busy_port_is_refused_before_anything_is_made(nowhere: Hlc) -> None:
    """With the remedy; no clinic is left behind."""
    with taken_port() as port:
        said = nowhere("demo", "--folder", str(nowhere.folder / "here"), "--port", str(port))

    assert 6 == said.code
    assert "--port or HLC_PORT" in said.words
    assert not (nowhere.folder / "here").exists()


def test_a_folder_that_cannot_be_written_is_refused(nowhere: Hlc) -> None:
    """A file stands where the folder should be."""
    blocked = nowhere.folder / "blocked"
    blocked.write_text("a file")

    said = nowhere("demo", "--prepare-only", "--folder", str(blocked))

    assert 6 == said.code
    assert "--folder" in said.words


def test_the_service_runs_with_its_worker_inside(hlc: Hlc) -> None:
    """It answers, the worker bills what is due, and SIGTERM ends both."""
    port = free_port()
    process = hlc.start("serve", "--port", str(port))
    try:
        assert 200 == answer(f"http://127.0.0.1:{port}/readyz")
        deadline = time.monotonic() + 60
        while "2 charges" not in hlc("jobs", "list").out and time.monotonic() < deadline:
            time.sleep(0.1)
        assert "2 charges" in hlc("jobs", "list").out
        process.send_signal(signal.SIGTERM)
        said = _ended(process)
    finally:
        process.kill()

    assert 0 == process.returncode, said
    assert "Traceback" not in said


def test_the_service_runs_without_a_worker(hlc: Hlc) -> None:
    """Then no job runs."""
    port = free_port()
    process = hlc.start("serve", "--no-worker", HLC_PORT=str(port))
    try:
        assert 200 == answer(f"http://127.0.0.1:{port}/healthz")
        process.send_signal(signal.SIGTERM)
        _ended(process)
    finally:
        process.kill()

    assert "No job yet" in hlc("jobs", "list").out


def test_serving_refuses_what_it_cannot_serve(hlc: Hlc, nowhere: Hlc) -> None:
    """A busy port, a database that is not there, one that is not migrated, one that keeps nothing."""
    with taken_port() as port:
        assert "taken by another program" in hlc("serve", "--port", str(port)).words
    port = str(free_port())
    assert "There is no database file" in nowhere("serve", "--port", port).words
    assert (2, True) == _shown(nowhere, port, "memory:", "keeps nothing")
    Path(nowhere.database).touch()
    assert "0001 start" in nowhere("serve", "--port", port).words


def _shown(hlc: Hlc, port: str, url: str, words: str) -> tuple[int, bool]:
    said = hlc("serve", "--port", port, "--database", url)
    return said.code, words in said.words


def _ended(process: subprocess.Popen[str]) -> str:
    return process.communicate(timeout=90)[1]
