"""Replacing keys while the service runs: interrupted, resumed, verified; on SQLite and PostgreSQL."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from hlc_adapters.encryption.master import KeyNotHere
from hlc_adapters.encryption.rotation import Rotation, organizations_with_keys
from hlc_adapters.sql.rows import SqlBackend
from hlc_adapters.storage.cipher import SealBroken, head, number_of
from hlc_adapters.storage.session import Session
from hlc_adapters.storage.shapes.all import ALL
from hlc_adapters.storage.shapes.encryption import ENCRYPTION_KEYS
from hlc_adapters.storage.shapes.patients import PATIENTS
from hlc_core.encryption.api import (
    DestroySpentKeys,
    EncryptionKey,
    HashesOfLogins,
    KeyPurpose,
    KeyState,
    ListEncryptionKeys,
    ReportKeys,
    RotateKeys,
    WrapKeys,
)
from hlc_core.kernel.commands import system
from hlc_core.kernel.errors import Denied
from hlc_core.kernel.ids import PLATFORM
from hlc_core.patients.api import (
    Contact,
    EmailTaken,
    ListPatients,
    MedicalHistory,
    Particulars,
    Patient,
    RegisterPatient,
    SearchPatients,
)
from support.postgres import Postgres
from support.refusals import refused
from support.worlds import ORGANIZATION, PUBLIC, SYSTEM, Crash, World, opened, prepare

BOTH = (KeyPurpose.BODY, KeyPurpose.INDEX)


@pytest.fixture(params=["sqlite", "postgres"])
def clinic(request: pytest.FixtureRequest, tmp_path: Path, postgres: Postgres) -> Iterator[World]:
    """A clinic with seven patients, a purchase, and its keys."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'hlc.sqlite'}"
        prepare(url)
        with opened(url) as world:
            yield filled(world)
    else:
        with postgres.fresh(prepare) as url, opened(url) as world:
            yield filled(world)


def filled(world: World) -> World:
    """With somebody in it."""
    for place in range(7):
        register(world, place)
    world.buy(world.product())
    return world


def register(world: World, place: int, email: str = "") -> Patient:
    """A patient with a history."""
    contact = Contact(email=email or f"p{place}@example.com", name=f"Patient Number{place}")
    person = Particulars(contact=contact, history=MedicalHistory(conditions=("canary",)))
    return world.execute(RegisterPatient(person=person))


def keys(world: World) -> dict[str, str]:
    """Every key and its state."""
    return {key.id: str(key.state) for key in world.ask(ListEncryptionKeys())}


def numbers(world: World) -> set[int]:
    """The body keys that rows are under."""
    return {tally.number for tally in world.ask(ReportKeys()).tallies}


def names(world: World) -> list[str]:
    """All patients, read anew."""
    world.restart()
    return sorted(one.contact.name for one in world.ask(ListPatients()).items)


def test_every_row_is_sealed_anew_and_the_old_key_destroyed(clinic: World) -> None:
    """An hour after it was replaced, not before; everything reads as it did."""
    before = names(clinic)
    (made,) = clinic.execute(RotateKeys())
    assert ({1}, "body-0002", True) == (numbers(clinic), made.id, made.whole)
    told: list[tuple[int, int]] = []
    turn = clinic.services.rotation.run(ORGANIZATION, lambda done, planned: told.append((done, planned)))
    assert ({2}, 0) == (numbers(clinic), turn.left)
    assert turn.rows == told[-1][0] == told[-1][1] > 8
    assert () == clinic.execute(DestroySpentKeys())
    assert "retiring" == keys(clinic)["body-0001"]
    clinic.advance(minutes=61)
    assert ["body-0001"] == [key.id for key in clinic.execute(DestroySpentKeys())]

    assert before == names(clinic)
    assert {"body-0001": "destroyed", "body-0002": "active", "index-0001": "active"} == keys(clinic)
    (gone,) = [key for key in clinic.rows(ENCRYPTION_KEYS) if key.state is KeyState.DESTROYED]
    assert "" == gone.wrapped
    assert () == clinic.services.check_invariants(SYSTEM, settle_seconds=0, full=True)


def test_it_goes_on_where_it_was_interrupted(clinic: World) -> None:
    """Killed before or after each of its commits; nothing is lost or done twice, and rows read all the time."""
    before = names(clinic)
    clinic.execute(RotateKeys())
    total, kills = clinic.services.rotation.left(ORGANIZATION), 0
    for after in (False, True) * 40:
        backend = clinic.services.backend
        assert isinstance(backend, SqlBackend)
        dying = Rotation(Dying(backend, after), clinic.services.rotation.ring, batch=1)
        try:
            dying.run(ORGANIZATION)
            break
        except Crash:
            kills += 1
        assert before == names(clinic)
    clinic.services.rotation.run(ORGANIZATION)

    assert kills >= total
    assert {2} == numbers(clinic)
    assert before == names(clinic)


class Dying:
    """A backend whose second writing transaction kills the process, before or after its commit."""

    def __init__(self, backend: SqlBackend, after: bool) -> None:
        self.backend, self.after, self.commits = backend, after, 0

    def begin(self, write: bool) -> Any:
        """A transaction."""
        session = self.backend.begin(write)
        if write:
            commit = session.commit

            def dies() -> None:
                self.commits += 1
                if self.commits == 2 and not self.after:
                    raise Crash("before")
                commit()
                if self.commits == 2:
                    raise Crash("after")

            return _Wrapped(session, dies)
        return session


class _Wrapped:
    def __init__(self, session: Session, commit: Any) -> None:
        self._session, self.commit = session, commit

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)


def test_the_service_goes_on_meanwhile(clinic: World) -> None:
    """What others write under the old key during the rotation is found by the next turn; the old key waits for it."""
    with opened_beside(clinic) as beside:
        assert 7 < len(beside.ask(ListPatients()).items)  # it has the old keys in its hands
        clinic.execute(RotateKeys())
        clinic.services.rotation.run(ORGANIZATION)
        register(beside, 50)
        assert {1, 2} == numbers(clinic)
        clinic.advance(hours=2)
        assert () == clinic.execute(DestroySpentKeys())
        assert 0 < clinic.services.rotation.run(ORGANIZATION).rows

    assert {2} == numbers(clinic)
    assert 1 == len(clinic.execute(DestroySpentKeys()))
    assert "Patient Number50" in names(clinic)


def opened_beside(world: World) -> Any:
    """A second process over the same database."""
    from contextlib import contextmanager

    from hlc_adapters import composition
    from hlc_adapters.settings import Settings
    from support.worlds import MASTER

    @contextmanager
    def beside() -> Iterator[Any]:
        settings = Settings(database_url=world.url, encryption_key=MASTER, database_role="unsafe")
        services = composition.build(settings, clock=world.clock, gateways=[world.bank], mailer=world.mail)

        class Beside:
            execute = staticmethod(lambda command: services.application.execute(command, SYSTEM))
            ask = staticmethod(lambda query: services.application.ask(query, SYSTEM))

        try:
            yield Beside
        finally:
            services.close()

    return beside()


def test_hashes_move_to_a_new_key_and_everybody_is_found_all_the_time(clinic: World) -> None:
    """By address and name, before, while and after patients are indexed anew; no second account slips in."""
    before = {one.email_key for one in clinic.rows(PATIENTS)}

    def found() -> None:
        for text in ("p3@example.com", "number3 patient"):
            assert "Patient Number3" == clinic.ask(SearchPatients(text=text))[0].patient.contact.name
        with refused(EmailTaken):
            register(clinic, 99, "P3@example.com")

    found()
    clinic.execute(RotateKeys(purposes=BOTH))
    found()
    clinic.services.index_patients(SYSTEM, rounds=1)
    found()
    clinic.services.index_patients(SYSTEM)
    clinic.services.rotation.run(ORGANIZATION)
    clinic.advance(hours=2)
    clinic.execute(DestroySpentKeys())
    found()

    assert set() == before & {one.email_key for one in clinic.rows(PATIENTS)}
    assert {"index-0001": "destroyed", "index-0002": "active"} == {
        id: state for id, state in keys(clinic).items() if id.startswith("index")
    }


def test_a_new_master_key_wraps_the_old_keys(clinic: World) -> None:
    """With the old one behind it; after that the old one may go, and without either nothing is had."""
    first, second = "7f" * 32, "80" * 32
    clinic.settings["encryption_key"] = f"{second},{first}"
    clinic.restart()
    assert 2 == clinic.execute(WrapKeys())
    assert 0 == clinic.execute(WrapKeys())
    clinic.settings["encryption_key"] = second

    assert 8 == len(names(clinic))


def test_rows_in_the_clear_are_sealed_by_a_rotation(tmp_path: Path) -> None:
    """Of a database that was used without encryption; from then on a body in the clear is refused."""
    url = f"sqlite:///{tmp_path / 'hlc.sqlite'}"
    prepare(url)
    with opened(url, settings={"encryption": "off", "encryption_key": ""}) as world:
        filled(world)
        assert {0} == numbers(world)
        assert b"canary" in _bytes(tmp_path)
        world.settings.update(encryption="on", encryption_key="7f" * 32)
        world.restart()
        with refused(KeyNotHere):
            world.ask(ListPatients())
        world.settings.update(encryption="upgrade")
        world.restart()
        register(world, 70)
        world.execute(RotateKeys(purposes=BOTH))
        assert 0 < world.services.rotation.run(ORGANIZATION).rows
        world.services.index_patients(SYSTEM)
        world.advance(hours=2)
        assert 2 == len(world.execute(DestroySpentKeys()))
        assert {2} == numbers(world)
        world.settings.update(encryption="on")
        assert 9 == len(names(world))
        assert b"canary" not in _bytes(tmp_path)
        with closing(sqlite3.connect(tmp_path / "hlc.sqlite")) as raw:
            raw.execute("UPDATE patients SET body = '{}' WHERE id = (SELECT min(id) FROM patients)")
            raw.commit()
        world.restart()
        with refused(SealBroken):
            world.ask(ListPatients())


def _bytes(folder: Path) -> bytes:
    with closing(sqlite3.connect(folder / "hlc.sqlite")) as raw:
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        raw.execute("VACUUM")
    return b"".join(file.read_bytes() for file in folder.iterdir())


def test_the_doctor_finds_what_does_not_open(clinic: World) -> None:
    """A body moved to another row; and a key that was destroyed by hand under rows."""
    if not clinic.url.startswith("sqlite"):
        return
    with closing(sqlite3.connect(clinic.url.removeprefix("sqlite:///"))) as raw:
        raw.execute(
            "UPDATE patients SET body = (SELECT body FROM patients ORDER BY id DESC LIMIT 1)"
            " WHERE id = (SELECT min(id) FROM patients)"
        )
        raw.commit()
    found = clinic.services.check_invariants(SYSTEM, settle_seconds=0)
    assert ["every_body_opens"] == [one.invariant for one in found]
    with closing(sqlite3.connect(clinic.url.removeprefix("sqlite:///"))) as raw:
        raw.execute(
            "UPDATE encryption_keys SET state = 'destroyed' WHERE id = 'body-0001' AND organization = 'org_clinic'"
        )
        raw.commit()
    clinic.restart()
    keys_, tallies = clinic.services.rotation.counted(ORGANIZATION, full=True)
    from hlc_core.invariants.api import OF_SEALING, Sealing

    told = {one.invariant for rule in OF_SEALING for one in rule(Sealing(keys=keys_, tallies=tallies))}
    assert {"no_row_is_under_a_destroyed_key", "each_purpose_has_one_active_key"} == told


def test_the_report_says_what_the_hashes_tell(clinic: World) -> None:
    """Equality and how often the most frequent one comes; of pieces of names, too."""
    clinic.services.index_patients(SYSTEM)
    report = clinic.ask(ReportKeys())
    leaks = {f"{one.table}.{one.column}": one for one in report.leaks}

    emails, grams = leaks["patients.email_key"], leaks["patient_grams.gram"]
    assert (8, 8, 1) == (emails.rows, emails.distinct, emails.most_frequent)
    assert grams.rows > grams.distinct > 5
    assert 7 <= grams.most_frequent <= 8
    assert all(one.tells for one in report.leaks)
    assert report.under(1) > 8


def test_keys_are_for_those_who_may(clinic: World) -> None:
    """The public sees nothing of them; logins keep their hashes."""
    for ask in (ListEncryptionKeys(), ReportKeys()):
        with refused(Denied):
            clinic.ask(ask, PUBLIC)
    with refused(Denied):
        clinic.execute(RotateKeys(), PUBLIC)
    with refused(HashesOfLogins):
        clinic.execute(RotateKeys(purposes=BOTH), system(PLATFORM))
    assert (ORGANIZATION, PLATFORM) == organizations_with_keys(clinic.services.backend)


def test_a_head_names_its_key() -> None:
    """And anything else none."""
    for number in (1, 255, 0xFFFF):
        assert number == number_of(head(number))
    for other in ("", "{", "hlc1.00zz.", "hlc1.0001", "hlc2.0001.", "hlc1.+001.", "hlc1.0001.x"):
        assert 0 == number_of(other)


def test_keys_do_not_show_themselves(clinic: World) -> None:
    """Neither in text nor in the audit trail."""
    found: list[EncryptionKey] = clinic.rows(ENCRYPTION_KEYS)
    assert all(key.wrapped not in repr(key) for key in found)
    clinic.execute(RotateKeys())

    trail = " ".join(f"{one.asked} {one.written}" for one in clinic.rows(_shape("audit_entries")))
    assert not any(key.wrapped in trail for key in found)


def _shape(name: str) -> Any:
    return next(shape for shape in ALL if shape.name == name)
