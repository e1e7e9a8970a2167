"""Bodies under keys: what is in the file, what a moved or changed body is, and keys that come and go."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from attrs import define, field, frozen
from hypothesis import given
from hypothesis import strategies as st

from hlc_adapters.clock import VirtualClock
from hlc_adapters.encryption.cipher import KeyedCipher
from hlc_adapters.encryption.hashes import Hashes, PlatformHashes
from hlc_adapters.encryption.master import KeyNotHere, master_keys, new_master_key, parsed
from hlc_adapters.encryption.opening import NoEncryptionKey, ring_of
from hlc_adapters.encryption.ring import KeyRing
from hlc_adapters.memory.rows import MemoryBackend
from hlc_adapters.settings import Settings
from hlc_adapters.sql.engine import make_engine
from hlc_adapters.sql.rows import SqlBackend
from hlc_adapters.sql.tables import make_metadata, table_names
from hlc_adapters.storage.cipher import ClearCipher, SealBroken
from hlc_adapters.storage.session import Body, Session
from hlc_adapters.storage.shape import Shape, text
from hlc_adapters.storage.shapes.all import ALL
from hlc_adapters.storage.shapes.encryption import ENCRYPTION_KEYS
from hlc_core.encryption.api import KeyPurpose
from hlc_core.kernel.errors import Invalid
from ports.storage_shapes import NOW
from support.postgres import Postgres
from support.refusals import refused

CANARY = "Quetzalcoatl Zanzibar"
MASTER, OTHER = "0a" * 32, "0b" * 32


@frozen(kw_only=True, slots=False)
class Secret:
    """A row with something to hide."""

    id: str
    organization: str
    secret: str
    shelf: str = "a"
    version: int = 1


SECRETS: Shape[Secret] = Shape("secrets", Secret, (text("shelf"),), sealed=True)
OTHERS: Shape[Secret] = Shape("others", Secret, (text("shelf"),), sealed=True)


@define
class Vault:
    """A database with sealed tables, opened under some master keys."""

    url: str
    masters: tuple[str, ...] = (MASTER,)
    clear: bool = False
    clock: VirtualClock = field(factory=lambda: VirtualClock(NOW))
    backend: SqlBackend = field(init=False)
    ring: KeyRing = field(init=False)

    def __attrs_post_init__(self) -> None:
        engine, shapes = make_engine(self.url), (*ALL, SECRETS, OTHERS)
        make_metadata(shapes).create_all(engine)
        self.ring = KeyRing(master_keys(self.masters), self.clock)
        self.backend = SqlBackend(engine, shapes, ClearCipher() if self.clear else KeyedCipher(self.ring))

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A transaction that is kept."""
        session = self.backend.begin(write=True)
        try:
            yield session
            session.commit()
        except BaseException:
            session.rollback()
            raise

    def put(self, *rows: Secret, shape: Shape[Secret] = SECRETS) -> None:
        """Have these rows stored."""
        with self.writing() as session:
            session.insert(shape, rows)

    def all(self, organization: str = "org_a", shape: Shape[Secret] = SECRETS) -> list[Secret]:
        """The rows, opened."""
        session = self.backend.begin(write=False)
        try:
            return session.select(shape, organization)
        finally:
            session.rollback()

    def raw(self, organization: str = "org_a", shape: Shape[Any] = SECRETS) -> list[Body]:
        """The rows as they are stored."""
        session = self.backend.begin(write=False)
        try:
            return session.bodies(shape, organization, limit=1000)
        finally:
            session.rollback()

    def plant(self, id: str, body: str, organization: str = "org_a", shape: Shape[Any] = SECRETS) -> None:
        """Write a body past the cipher."""
        with self.writing() as session:
            assert 1 == session.put_bodies(shape, organization, [Body(id, 1, body)])


def secret(id: str = "a", organization: str = "org_a", text: str = CANARY) -> Secret:
    """A row."""
    return Secret(id=id, organization=organization, secret=text)


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[Vault]:
    """One in a file."""
    made = Vault(f"sqlite:///{tmp_path / 'vault.sqlite'}")
    yield made
    made.backend.close()


@pytest.fixture(params=["sqlite", "postgres"])
def each_vault(request: pytest.FixtureRequest, tmp_path: Path, postgres: Postgres) -> Iterator[Vault]:
    """One on each database."""
    if request.param == "sqlite":
        made = Vault(f"sqlite:///{tmp_path / 'vault.sqlite'}")
        yield made
        made.backend.close()
        return
    with postgres.fresh() as url:
        made = Vault(url)
        yield made
        made.backend.close()


def test_what_is_put_in_comes_out(each_vault: Vault) -> None:
    """In the transaction that makes the first keys, in later ones, and in a process that begins anew."""
    each_vault.put(secret("a"), secret("b", text="Ωμέγα 漢字"))
    each_vault.put(secret("c", "org_b"))

    assert [CANARY, "Ωμέγα 漢字"] == [one.secret for one in each_vault.all()]
    again = Vault(each_vault.url)
    assert [CANARY] == [one.secret for one in again.all("org_b")]
    again.backend.close()


def test_nothing_of_it_is_in_the_file(vault: Vault) -> None:
    """Not in the database, its log or its shared memory; and the check sees what is stored in the clear."""
    vault.put(*(secret(f"s{n}") for n in range(50)))
    folder = Path(vault.url.removeprefix("sqlite:///")).parent
    files = [*folder.iterdir()]
    assert len(files) > 1
    assert [] == [file.name for file in files if b"Quetzal" in file.read_bytes()]

    clear = Vault(f"sqlite:///{folder / 'clear.sqlite'}", clear=True)
    clear.put(secret())
    assert any(b"Quetzal" in file.read_bytes() for file in folder.iterdir())
    clear.backend.close()


def test_nothing_of_it_is_in_a_dump_of_postgresql(postgres: Postgres) -> None:
    """What COPY gives of every table, which is what a dump holds."""
    with postgres.fresh() as url:
        vault = Vault(url)
        vault.put(secret())
        with psycopg.connect(url.replace("+psycopg", "")) as connection:
            dump = b"".join(_copied(connection, name) for name in table_names(vault.backend.shapes))
        vault.backend.close()

    assert b"hlc1.0001." in dump
    assert b"Quetzal" not in dump


def _copied(connection: psycopg.Connection[Any], table: str) -> bytes:
    with connection.cursor().copy(f"COPY {table} TO STDOUT") as parts:
        return b"".join(bytes(part) for part in parts)


def test_the_same_text_is_never_sealed_the_same_way(vault: Vault) -> None:
    """Each body has a nonce of its own."""
    vault.put(secret("a"), secret("b"))
    with vault.writing() as session:
        session.update(SECRETS, [Secret(id="a", organization="org_a", secret=CANARY, version=2)])
    sealed = [body.text for body in vault.raw()]

    assert 2 == len({text[10:26] for text in sealed})


@pytest.mark.parametrize("target", [("b", "org_a", SECRETS), ("a", "org_b", SECRETS), ("a", "org_a", OTHERS)])
def test_a_body_moved_to_another_place_is_refused(vault: Vault, target: tuple[str, str, Shape[Secret]]) -> None:
    """Another row, another organization, another table."""
    for shape in (SECRETS, OTHERS):
        vault.put(secret("a"), secret("b"), shape=shape)
        vault.put(secret("a", "org_b"), secret("b", "org_b"), shape=shape)
    id, organization, shape = target
    vault.plant(id, vault.raw()[0].text, organization, shape)

    with refused(SealBroken) as told:
        vault.all(organization, shape)
    assert CANARY not in str(told.detail) + repr(told.faults)


def test_a_changed_body_is_refused_wherever_it_was_changed(vault: Vault) -> None:
    """Every letter of it, in its head, nonce, text and tag; cut short; something else."""
    vault.put(secret(text="x"))
    body = vault.raw()[0].text
    for place in range(len(body)):
        other = "A" if body[place] != "A" else "B"
        vault.plant("a", body[:place] + other + body[place + 1 :])
        with refused(SealBroken):
            vault.all()
    for spoilt in (body[:-4], body[:12], "", "hlc1.0001.", "null", body + "AAAA"):
        vault.plant("a", spoilt)
        with refused(SealBroken):
            vault.all()
    vault.plant("a", body)

    assert ["x"] == [one.secret for one in vault.all()]


def test_a_body_in_the_clear_is_refused_where_none_ever_was(vault: Vault) -> None:
    """Somebody who can write to the database cannot put a row of their own words there."""
    vault.put(secret())
    vault.plant("a", '{"id":"a","organization":"org_a","secret":"forged"}')

    with refused(SealBroken):
        vault.all()


def test_bodies_in_the_clear_of_an_older_database_are_read(tmp_path: Path) -> None:
    """Until a rotation has sealed them; new ones are sealed at once. (The orders of a clinic were there before.)"""
    url = f"sqlite:///{tmp_path / 'older.sqlite'}"
    older = Vault(url, clear=True)
    older.put(secret("a"))
    with older.writing() as session:
        session.insert(_any_sealed(), [Secret(id="x", organization="org_a", secret="")])
    older.backend.close()
    vault = Vault(url)
    vault.put(secret("b"))

    assert [CANARY, CANARY] == [one.secret for one in vault.all()]
    assert ["{", "h"] == [body.text[0] for body in vault.raw()]
    vault.backend.close()


def _any_sealed() -> Shape[Any]:
    found = next(shape for shape in ALL if shape.name == "submissions")
    return Shape("submissions", Secret, (), sealed=True) if found.sealed else found


def test_keys_that_are_rolled_back_seal_nothing_of_others(vault: Vault) -> None:
    """The first keys belong to the transaction that makes them until it is kept."""
    session = vault.backend.begin(write=True)
    session.insert(SECRETS, [secret("lost")])
    session.rollback()
    vault.put(secret("kept"))
    again = Vault(vault.url)

    assert [CANARY] == [one.secret for one in again.all()]
    again.backend.close()


def test_a_key_made_elsewhere_is_found_at_once(vault: Vault) -> None:
    """A body whose head names a key that was not there a moment ago is opened."""
    vault.put(secret("a"))
    assert 1 == len(vault.all())
    other = Vault(vault.url)
    with other.writing() as session:
        session.insert(ENCRYPTION_KEYS, [_key(other.ring, 2)])
    other.ring.forget()
    other.put(secret("b"))

    assert ["hlc1.0001.", "hlc1.0002."] == [body.text[:10] for body in vault.raw()]
    assert [CANARY, CANARY] == [one.secret for one in vault.all()]
    other.backend.close()


def _key(ring: KeyRing, number: int) -> Any:
    from attrs import evolve

    return evolve(ring.new("org_a", KeyPurpose.BODY, number, whole=True), version=1)


def test_another_master_key_opens_nothing_and_says_which_is_missing(vault: Vault) -> None:
    """By the name that stands in the rows, and without the key; behind the current one it opens again."""
    vault.put(secret())
    stranger = Vault(vault.url, masters=(OTHER,))
    with refused(KeyNotHere) as told:
        stranger.all()
    assert "HLC_ENCRYPTION_KEY" == told.faults[0].field
    assert MASTER not in repr(told.faults)
    stranger.backend.close()
    both = Vault(vault.url, masters=(OTHER, MASTER))

    assert [CANARY] == [one.secret for one in both.all()]
    both.backend.close()


@pytest.mark.parametrize("text", ["", "short", "zz" * 32, "a" * 63, "ä" * 43, "0" * 65, "=" * 44])
def test_what_is_no_master_key_is_refused_without_being_repeated(text: str) -> None:
    """With how to make one."""
    with refused(Invalid) as told:
        parsed(text)

    assert "hlc keys new-encryption-key" in told.faults[0].message
    assert not text or text not in told.detail + told.faults[0].message


def test_a_new_master_key_is_one() -> None:
    """Of 32 bytes, another each time."""
    assert 32 == len(parsed(new_master_key()))
    assert new_master_key() != new_master_key()


def test_a_database_that_keeps_things_is_not_opened_without_a_key() -> None:
    """Unless that is wanted; what is kept only in memory needs none."""
    clock = VirtualClock(NOW)
    with refused(NoEncryptionKey) as told:
        ring_of(Settings(), clock)
    assert "hlc keys new-encryption-key" in told.faults[0].message
    ring_of(Settings(encryption="off"), clock)
    ring_of(Settings(database_url="memory:"), clock)


@given(first=st.text(max_size=40), second=st.text(max_size=40), name=st.sampled_from(["email", "phone"]))
def test_equal_texts_are_found_and_others_are_not(first: str, second: str, name: str) -> None:
    """Within one field of one organization; the same text in another field or organization has another hash."""
    first, second = (text.encode("utf-8", "replace").decode() for text in (first, second))
    backend, ring = MemoryBackend(), KeyRing(master_keys([MASTER]), VirtualClock(NOW))
    session = backend.begin(write=True)
    here, there = ring.keys("org_a", session), ring.keys("org_b", session)
    session.rollback()
    assert here is not None
    assert there is not None
    index, other = here.indexes[0], there.indexes[0]

    assert (first == second) is (index.hash(name, first) == index.hash(name, second))
    assert index.hash(name, first) != other.hash(name, first)
    assert index.hash(name, first) != index.hash("name", first)


def test_wrapped_keys_are_of_no_use_in_another_place(vault: Vault) -> None:
    """A wrapped key moved to another organization is not taken."""
    vault.put(secret())
    vault.put(secret("a", "org_b"))
    path = vault.url.removeprefix("sqlite:///")
    with closing(sqlite3.connect(path)) as raw:
        (wrapped,) = raw.execute(
            "SELECT wrapped FROM encryption_keys WHERE organization = 'org_a' AND purpose = 'body'"
        ).fetchone()
        raw.execute("UPDATE encryption_keys SET wrapped = ? WHERE organization = 'org_b'", (wrapped,))
        raw.commit()
    again = Vault(vault.url)
    with refused(KeyNotHere):
        again.all("org_b")
    again.backend.close()


def test_logins_have_the_same_hash_everywhere(vault: Vault) -> None:
    """In a transaction of any organization, outside of one, in another process; and another than in an organization."""
    outside = PlatformHashes(vault.ring, vault.backend).of("ada@example.com")
    again = Vault(vault.url)
    session = again.backend.begin(write=True)
    inside = [Hashes(again.ring, each, session) for each in ("org_a", "org_b")]

    assert {outside} == {one.of("ada@example.com") for one in inside}
    assert outside not in {one.key("email", "ada@example.com") for one in inside}
    assert outside == PlatformHashes(vault.ring, vault.backend).of("ada@example.com")
    session.rollback()
    again.backend.close()
