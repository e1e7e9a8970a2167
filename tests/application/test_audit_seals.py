"""Sealing, verifying, filtering and exporting the recorded past. On memory, SQLite and PostgreSQL."""

from __future__ import annotations

import csv
import io
import json
import threading
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from hlc_adapters.auditing import ExportForm, Verified, export, verify
from hlc_adapters.sql.engine import make_engine
from hlc_adapters.storage.shapes.platform import AUDIT_ENTRIES, AUDIT_SEALS
from hlc_adapters.worker import Worker
from hlc_core.access.permissions import AUDIT_IMPERSONATED
from hlc_core.audit.api import (
    Breach,
    CheckSeals,
    GetCheckpoint,
    ListAllAuditEntries,
    ListAuditEntries,
    Outcome,
    SealAudit,
    read_checkpoint,
)
from hlc_core.catalog.api import AddProduct, Offer, ProductKind
from hlc_core.jobs.api import JobName
from hlc_core.kernel.commands import Actor, ActorKind, Envelope, system
from hlc_core.kernel.errors import Denied, HlcError, Invalid
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import PLATFORM, ActorId
from hlc_core.organizations.api import LookAcross
from support.postgres import Postgres
from support.refusals import refused
from support.worlds import ORGANIZATION, START, SYSTEM, World, opened, prepare, usd

KEY = {"audit_key": "present"}


def sealed(world: World, size: int = 3) -> int:
    """Seal all that can be; answers how many seals."""
    count = 0
    while world.execute(SealAudit(limit=size)) is not None:
        count += 1
    return count


def verified(world: World, checkpoint: str | None = None) -> Verified:
    """What verifying finds."""
    return verify(world.services.application, SYSTEM, checkpoint)


def listed(world: World, envelope: Envelope = SYSTEM, **wanted: Any) -> list[str]:
    """The commands of the entries that are found."""
    return [entry.command for entry in world.ask(ListAuditEntries(**wanted), envelope).items]


def person(name: str, *more: str, on_behalf_of: str | None = None) -> Envelope:
    """Somebody who may manage the catalog and look at the record."""
    keys = frozenset({"crm.catalog.manage", "admin.audit_logs.view", *more})
    actor = Actor(kind=ActorKind.STAFF, id=ActorId(name), organization=ORGANIZATION, permissions=keys)
    return Envelope(actor=evolve(actor, on_behalf_of=None if on_behalf_of is None else ActorId(on_behalf_of)))


def test_what_has_settled_is_sealed_once_and_in_order(world: World) -> None:
    """What is two minutes old, in batches, each going on where the last one ended; the rest waits."""
    world.subscribe()
    settled = len(world.rows(AUDIT_ENTRIES))
    assert 0 == sealed(world), "nothing is old enough"
    world.advance(minutes=2)
    world.product(1)

    assert -(-settled // 3) == sealed(world)
    seals = world.rows(AUDIT_SEALS)
    assert list(range(1, len(seals) + 1)) == [seal.number for seal in seals]
    assert [seal.hash for seal in seals[:-1]] == [seal.previous for seal in seals[1:]]
    found = verified(world)
    assert (True, settled, len(seals), 1) == (found.sound, found.entries, found.seals, found.waiting)


def test_the_worker_seals_and_tells_the_checkpoint(memory_world: World) -> None:
    """The log is a place that the keepers of the database do not keep."""
    memory_world.product()
    memory_world.advance(minutes=3)
    told: list[str] = []
    worker = Worker(memory_world.services, told.append)
    worker.run_jobs(memory_world.services.directory.all()[0], frozenset({JobName.SEALING}))

    (line,) = told
    checkpoint = read_checkpoint(line.rpartition("checkpoint ")[2])
    assert memory_world.ask(GetCheckpoint()) == checkpoint
    assert verified(memory_world, str(checkpoint)).sound


def test_what_belongs_to_no_clinic_is_sealed_with_a_clinics(memory_world: World) -> None:
    """A chain of its own: passwords, and who looked at all clinics."""
    nowhere = system(PLATFORM, "cli")
    memory_world.execute(LookAcross(), nowhere)
    memory_world.advance(minutes=3)
    told: list[str] = []
    Worker(memory_world.services, told.append).run_jobs(
        memory_world.services.directory.all()[0], frozenset({JobName.SEALING})
    )

    assert ["platform", "clinic"] == [line.partition(":")[0] for line in told]
    found = verify(memory_world.services.application, nowhere)
    assert (True, 1, 0) == (found.sound, found.entries, found.waiting)


def test_many_seals_are_verified_in_parts(memory_world: World) -> None:
    """More than are looked at by one question."""
    for price in range(1, 60):
        memory_world.product(price)
    memory_world.advance(minutes=2)
    assert sealed(memory_world, 1) >= 59

    assert memory_world.ask(CheckSeals()).upto is not None
    found = verified(memory_world)
    assert (True, found.seals) == (found.sound, found.entries)


# touched behind HLC's back


def touched(world: World, *statements: str) -> Verified:
    """What verifying finds after the owner of the tables lifted the triggers and changed rows."""
    lifted = "DROP TRIGGER {table}_no_{verb}" + ("" if world.url.startswith("sqlite") else " ON {table}")
    engine = make_engine(world.url)
    with engine.begin() as connection:
        for table in ("audit_entries", "audit_seals"):
            for verb in ("update", "delete"):
                connection.exec_driver_sql(lifted.format(table=table, verb=verb))
        for statement in statements:
            connection.execute(sa.text(statement))
    engine.dispose()
    return verified(world)


@pytest.fixture(params=["sqlite", "postgres"])
def kept(request: pytest.FixtureRequest, tmp_path: Any) -> Any:
    """A clinic on a real database with signed seals over some entries."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'hlc.sqlite'}"
        prepare(url)
        with opened(url, settings=KEY) as world:
            yield filled(world)
        return
    server: Postgres = request.getfixturevalue("postgres")
    with server.fresh(prepare) as url, opened(url, settings=KEY) as world:
        yield filled(world)


def filled(world: World) -> World:
    """Nine products, sealed by threes."""
    for price in range(1, 10):
        world.product(price)
    world.advance(minutes=2)
    sealed(world)
    assert verified(world).sound
    return world


def test_every_kind_of_touching_is_found(kept: World) -> None:
    """An edit, a deletion, an insertion, a reordering, in turn: each adds its breach to those before."""
    ids = [entry.id for entry in kept.rows(AUDIT_ENTRIES)]
    found = touched(kept, f"UPDATE audit_entries SET actor = 'nobody' WHERE id = '{ids[1]}'")  # our ids
    assert [(Breach.EDITED, ids[1])] == [(one.breach, one.entry) for one in found.broken]
    engine = make_engine(kept.url)
    columns = ", ".join(name for name in ("organization", "version", *(c.name for c in AUDIT_ENTRIES.columns)))
    with engine.begin() as connection:
        connection.exec_driver_sql(f"DELETE FROM audit_entries WHERE id = '{ids[4]}'")  # our ids
        connection.exec_driver_sql(
            f"INSERT INTO audit_entries (id, {columns}) "  # our ids
            f"SELECT '{ids[5]}0', {columns} FROM audit_entries WHERE id = '{ids[5]}'"
        )
        for old, new in ((ids[7], "evt_x"), (ids[8], ids[7]), ("evt_x", ids[8])):
            connection.exec_driver_sql(f"UPDATE audit_entries SET id = '{new}' WHERE id = '{old}'")  # our ids
    engine.dispose()
    found = verified(kept)

    assert not found.sound
    assert {
        (Breach.EDITED, ids[1]), (Breach.DELETED, ids[4]), (Breach.INSERTED, f"{ids[5]}0"),
        (Breach.REORDERED, ids[7]), (Breach.REORDERED, ids[8]),
    } == {(one.breach, one.entry) for one in found.broken}  # fmt: skip


def test_a_chain_made_anew_has_no_signature(kept: World) -> None:
    """Whoever rewrites entries and all seals with our own code, but without the key, is found out."""
    touched(kept, "UPDATE audit_entries SET actor = 'nobody'", "DELETE FROM audit_seals")
    with opened_again(kept, audit_key="forged") as other:
        sealed(other)
        assert verified(other).sound, "with that key, it is"

    assert {Breach.SIGNATURE_WRONG} == {one.breach for one in verified(kept).broken}


def test_a_new_key_knows_what_the_old_one_signed(kept: World) -> None:
    """The new one stands before it."""
    with opened_again(kept, audit_key="new,present") as other:
        assert verified(other).sound
    with opened_again(kept, audit_key="new") as other:
        assert not verified(other).sound


def test_a_checkpoint_shows_that_the_end_was_cut_off(kept: World) -> None:
    """The last entries and their seals taken away leave a sound chain, but not to who kept its end."""
    checkpoint = str(kept.ask(GetCheckpoint()))
    assert verified(kept, checkpoint).sound
    last = kept.rows(AUDIT_SEALS)[-1]
    found = touched(
        kept,
        f"DELETE FROM audit_entries WHERE id >= '{last.first}'",  # our ids
        f"DELETE FROM audit_seals WHERE number = {last.number}",  # our ids
    )
    assert found.sound

    assert [Breach.CHECKPOINT_MISSING] == [one.breach for one in verified(kept, checkpoint).broken]


def opened_again(world: World, **more: str) -> Any:
    """Another process over the same rows, with other settings."""
    return _Again(world, more)


class _Again:
    def __init__(self, world: World, more: dict[str, str]) -> None:
        self._world, self._more, self._before = world, more, world.settings

    def __enter__(self) -> World:
        self._world.settings = {**self._before, **self._more}
        self._world.restart()
        return self._world

    def __exit__(self, *_: object) -> None:
        self._world.settings = self._before
        self._world.restart()


def test_what_is_no_checkpoint_is_refused(memory_world: World) -> None:
    """With the words of where it comes from."""
    for text in ("", "1", "x:" + "0" * 64 + ":", "1:abc:", "9" * 20 + ":" + "0" * 64):
        with refused(Invalid) as told:
            verified(memory_world, text)
        assert "hlc audit checkpoint" in told.faults[0].message


# finding


def test_entries_are_found_by_who_what_when_and_on_which(world: World) -> None:
    """All conditions together."""
    product = world.product()
    world.advance(hours=1)
    world.subscribe()
    noon = START + timedelta(minutes=30)

    assert ["AddProduct"] == listed(world, subject=product.id)
    assert {"AddProduct"} == set(listed(world, command="AddProduct"))
    assert [] == listed(world, command="AddProduct", subject="prod_other")
    assert "SubmitCheckout" not in listed(world, until=noon)
    assert {"AddProduct"} == set(listed(world, since=noon, command="AddProduct"))
    assert [] == listed(world, outcome=Outcome.DENIED)
    assert {"SubmitCheckout", "CreateCart"} <= set(listed(world, actor=ActorId("public")))
    with pytest.raises(Denied):
        world.execute(SealAudit(), person("mallory"))
    assert ["SealAudit"] == listed(world, outcome=Outcome.DENIED, actor=ActorId("mallory"))


def test_impersonation_is_shown_to_super_admins_only(world: World) -> None:
    """Views of the clinic leave those entries out; asking for them needs a key that no role of a clinic holds."""

    wish = AddProduct(offer=Offer(name="Consultation", price=usd(1), kind=ProductKind.ONE_TIME))
    world.execute(wish, person("usr_root", on_behalf_of="usr_owner"))

    assert [] == listed(world, person("usr_owner"), actor=ActorId("usr_root"))
    with refused(Denied):
        world.ask(ListAllAuditEntries(), person("usr_owner"))
    root = person("usr_root", AUDIT_IMPERSONATED)
    found = world.ask(ListAllAuditEntries(actor=ActorId("usr_root")), root).items
    assert [("AddProduct", "usr_owner")] == [(entry.command, entry.on_behalf_of) for entry in found]
    only = world.ask(ListAllAuditEntries(impersonated=True), root).items
    everything = world.ask(ListAllAuditEntries(), root).items
    assert list(found) == list(only)
    assert len(everything) > len(only)


# taking it along


@pytest.mark.parametrize("nasty", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", '=HYPERLINK("http://x")', "＝1"])
def test_no_cell_of_an_export_is_a_formula(memory_world: World, nasty: str) -> None:
    """Whatever a cause or an id is like, a spreadsheet shows it as text."""
    session = memory_world.services.backend.begin(write=True)
    (some, *_) = memory_world.rows(AUDIT_ENTRIES)
    session.insert(AUDIT_ENTRIES, [evolve(some, id=f"{some.id}x", cause=nasty)])
    session.commit()
    text = "".join(export(memory_world.services.application, SYSTEM, ListAuditEntries(), ExportForm.CSV))

    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert f"'{nasty}" in [row["cause"] for row in rows]
    assert [] == [cell for row in rows for cell in row.values() if cell[:1] in ("=", "+", "-", "@", "\t", "\r", "＝")]


def test_an_export_holds_every_entry_that_was_asked_for(memory_world: World) -> None:
    """Page after page, as JSON lines or as a table."""
    for price in range(1, 260):
        memory_world.product(price)
    wanted = ListAuditEntries(command="AddProduct")
    lines = "".join(export(memory_world.services.application, SYSTEM, wanted, ExportForm.JSONL)).splitlines()
    table = "".join(export(memory_world.services.application, SYSTEM, wanted, ExportForm.CSV)).splitlines()

    assert 259 == len(lines) == len(table) - 1
    assert {"AddProduct"} == {json.loads(line)["command"] for line in lines}


def test_two_seal_at_once_and_one_chain_comes_of_it(kept: World) -> None:
    """The number is the id: the second is run again and finds nothing left to do."""
    for price in range(20, 40):
        kept.product(price)
    kept.advance(minutes=2)

    faults: list[BaseException] = []

    def work() -> None:
        try:
            sealed(kept, 4)
        except HlcError as fault:
            faults.append(fault)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    found = verified(kept)
    assert (True, 0) == (found.sound, found.waiting)
