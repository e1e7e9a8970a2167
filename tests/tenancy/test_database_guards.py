"""What each database does by itself to keep organizations apart, whatever the code above it asks."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa

from hlc_adapters.settings import SERVICE_ROLE
from hlc_adapters.sql import text
from hlc_adapters.sql.backend import open_database
from hlc_adapters.sql.confinement import LOGIN, UNSAFE, Unconfined
from hlc_adapters.sql.drivers import PostgresDriver, connect
from hlc_adapters.sql.engine import make_engine
from hlc_adapters.sql.guards import SHAPE
from hlc_adapters.sql.migrate import differences, migrate
from hlc_adapters.sql.statement import Reach, Statement, Unscoped
from hlc_adapters.sql.tables import make_metadata
from hlc_adapters.storage.cipher import ClearCipher
from hlc_adapters.storage.session import NotShared, Session, Write
from hlc_adapters.storage.shape import Op, Shape
from hlc_adapters.storage.shapes.all import ALL
from hlc_adapters.storage.shapes.catalog import PRODUCTS
from hlc_adapters.storage.shapes.platform import AUDIT_ENTRIES, MOVES
from hlc_adapters.storage.shapes.subscriptions import SUBSCRIPTIONS
from hlc_core.kernel.errors import HlcError, Invalid, Unavailable
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import OrganizationId, PatientId, SubscriptionId
from support.postgres import Postgres
from support.refusals import refused
from support.worlds import ORGANIZATION, START, World, opened, prepare

METADATA = make_metadata(ALL)


def plain(url: str) -> str:
    """The URL as the driver itself reads it."""
    return sa.make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


@pytest.fixture
def clinic(postgres: Postgres) -> Iterator[World]:
    """A clinic on PostgreSQL, with a product."""
    with postgres.fresh(prepare) as url, opened(url) as world:
        world.product()
        yield world


@contextmanager
def as_service(world: World, organization: str = "", across: str = "") -> Iterator[psycopg.Connection[Any]]:
    """A connection in the role of the service that was told this organization, as a stranger in the code might."""
    with psycopg.connect(plain(world.url), autocommit=True) as connection:
        connection.execute(f"SET ROLE {SERVICE_ROLE}".encode())
        connection.execute("SELECT set_config('hlc.organization', %s, false)", (organization,))
        connection.execute("SELECT set_config('hlc.across', %s, false)", (across,))
        yield connection


def counted(connection: psycopg.Connection[Any], table: str) -> int:
    """How many rows of a table are seen, by a statement that forgot the organization."""
    found = connection.execute(f"SELECT count(*) FROM {table}".encode()).fetchone()
    assert found is not None
    return int(found[0])


# PostgreSQL: policies


def test_every_table_has_a_forced_policy(clinic: World) -> None:
    """Enabled and forced, with a policy for reading and writing; none is left out, not even the counters."""
    with psycopg.connect(plain(clinic.url)) as connection:
        found = connection.execute(
            "SELECT c.relname, c.relrowsecurity, c.relforcerowsecurity, count(p.polname), bool_and(p.polcmd = '*') "
            "FROM pg_class c LEFT JOIN pg_policy p ON p.polrelid = c.oid WHERE c.relkind = 'r' "
            "AND c.relnamespace = 'public'::regnamespace GROUP BY 1, 2, 3"
        ).fetchall()

    assert set(METADATA.tables) | {"schema_migrations"} == {row[0] for row in found}
    for name, enabled, forced, policies, all_verbs in found:
        if name != "schema_migrations":
            assert (True, True, 1, True) == (enabled, forced, policies, all_verbs), name


def test_a_statement_that_forgets_the_organization_sees_one_at_most(clinic: World) -> None:
    """Its own when it was told one; none when it was told none, or another."""
    with as_service(clinic, ORGANIZATION) as own:
        assert 1 == counted(own, "products")
    for stranger in ("", "org_other", "*", "platform"):
        with as_service(clinic, stranger) as other:
            assert 0 == sum(counted(other, table) for table in METADATA.tables), stranger


def test_a_named_scope_opens_one_table_and_no_other(clinic: World) -> None:
    """The directory sees organizations, the relay stored events; neither sees a product."""
    shared = {shape.name for shape in ALL if shape.shared}
    assert {"organizations", "deliveries"} <= shared
    for name in METADATA.tables:
        with as_service(clinic, across=name) as connection:
            seen = {table for table in METADATA.tables if counted(connection, table)}
        assert seen <= ({name} if name in shared else set()), name
    with as_service(clinic, across="organizations") as connection:
        assert 1 == counted(connection, "organizations")


def test_nothing_is_written_for_another_organization(clinic: World) -> None:
    """Neither added, nor moved, nor changed, nor taken away."""
    with as_service(clinic, "org_other") as other:
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
            other.execute("INSERT INTO products (organization, id, version, body) VALUES ('org_clinic', 'x', 1, '{}')")
        assert 0 == other.execute("UPDATE products SET version = 9").rowcount
        assert 0 == other.execute("DELETE FROM products").rowcount
    with as_service(clinic, ORGANIZATION) as own:
        with pytest.raises(psycopg.Error):
            own.execute("UPDATE products SET organization = 'org_other'")
        assert 1 == counted(own, "products")


def test_the_service_can_not_lift_the_policies(clinic: World) -> None:
    """It owns nothing: it can neither switch them off, nor drop a trigger, nor change the tables."""
    with as_service(clinic, ORGANIZATION) as own:
        for statement in (
            "ALTER TABLE products DISABLE ROW LEVEL SECURITY",
            "DROP POLICY products_scope ON products",
            "DROP TRIGGER audit_entries_no_delete ON audit_entries",
            "DROP TABLE products",
            "TRUNCATE products",
            "UPDATE schema_migrations SET number = 2",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                own.execute(statement.encode())


# PostgreSQL: the setting of the connection


def test_no_unit_inherits_the_scope_of_another(clinic: World) -> None:
    """On one connection: after a commit, after a rollback of a transaction that changed it, after a fault."""
    backend = open_database(clinic.url, 1, ClearCipher())

    def seen(session: Session, organization: str) -> int:
        return len(session.select(PRODUCTS, organization))

    for end in ("rollback", "commit"):
        for organization, expected in ((ORGANIZATION, 1), ("org_other", 0), (ORGANIZATION, 1)):
            session = backend.begin(write=True)
            assert expected == seen(session, organization)
            getattr(session, end)()
    session = backend.begin(write=True)
    session.take_numbers("org_other", "x", 1)  # a transaction is open
    assert 1 == seen(session, ORGANIZATION), "the scope is told inside of it"
    session.rollback()  # and with it the server forgets
    session = backend.begin(write=False)
    assert 1 == seen(session, ORGANIZATION)
    session.rollback()
    assert 1 == len(backend._idle), "all of this went over one connection"
    backend.close()


def test_a_policy_is_no_way_to_find_rows(clinic: World) -> None:
    """The planner knows nothing of what it lets through: as the condition of an index it would be taken for a good one
    on a table without statistics, and each row of a bulk update would read all of an organization's.
    """
    engine = make_engine(clinic.url, role=SERVICE_ROLE)
    driver = connect(engine)
    driver.begin(write=False)
    driver.enter(ORGANIZATION)
    one = text.select(PRODUCTS, text.Dialect(False), (("id", Op.EQ),), (), limited=False, scoped=True, locked=False)
    many = text.update_many(PRODUCTS)
    for statement, values in ((one, (ORGANIZATION, "x")), (many, ("[]",))):
        asked = Statement(f"EXPLAIN {statement.text}", statement.reach, statement.table)
        plan = [line for (line,) in driver.rows(asked, values)]
        used = [line for line in plan if "Index Cond" in line]
        assert used or statement is many, plan
        assert not [line for line in used if "current_setting" in line or "InitPlan" in line], plan
        assert [line for line in plan if "Filter: CASE" in line], plan
        assert not [line for line in plan if "Seq Scan" in line], plan
    driver.release()
    engine.dispose()


def test_the_setting_is_sent_only_when_it_changes(clinic: World) -> None:
    """A clinic's requests, one after the other on a connection, cost no statement more."""
    engine = make_engine(clinic.url, role=SERVICE_ROLE)
    driver = connect(engine)
    assert isinstance(driver, PostgresDriver)
    read = Statement("SELECT count(*) FROM products WHERE organization = $1", Reach.ORGANIZATION, "products")
    told = Statement("SELECT current_setting('hlc.organization')", Reach.NOTHING)
    for organization in ("org_a", "org_a", "org_b", "org_a"):
        driver.begin(write=False)
        driver.enter(organization)
        driver.rows(read, (organization,))
        assert [(organization,)] == driver.rows(told, ())
    driver.release()
    engine.dispose()


# PostgreSQL: the role


def test_start_up_refuses_a_role_that_sees_everything(postgres: Postgres) -> None:
    """A superuser, one with BYPASSRLS, the owner of the tables: each with the remedy. A plain member may work."""
    with postgres.fresh() as url, psycopg.connect(plain(url), autocommit=True) as admin:
        roles = {name: f"{name}_{sa.make_url(url).database}" for name in ("owner", "bypass", "member")}
        for name, role in roles.items():
            admin.execute(f"CREATE ROLE {role} LOGIN {'BYPASSRLS' if name == 'bypass' else ''}".encode())
        try:
            admin.execute(f"GRANT CREATE ON SCHEMA public TO {roles['owner']}".encode())
            engine = make_engine(_as(url, roles["owner"]))
            migrate(engine, START, LOGIN, roles["member"])
            migrate(engine, START, LOGIN, roles["bypass"])
            engine.dispose()
            for role, why in (("", "superuser"), (roles["owner"], "owns"), (roles["bypass"], "bypasses")):
                backend = open_database(_as(url, role), 1, ClearCipher(), LOGIN)
                with refused(Unconfined) as told:
                    backend.begin(write=False)
                assert why in told.detail
                assert "HLC_DATABASE_ROLE" == told.faults[0].field
                backend.close()
            for role, word in ((roles["member"], LOGIN), (roles["owner"], UNSAFE)):
                backend = open_database(_as(url, role), 1, ClearCipher(), word)
                backend.begin(write=False).rollback()
                backend.close()
        finally:
            for role in roles.values():
                admin.execute(f"DROP OWNED BY {role}".encode())
                admin.execute(f"DROP ROLE {role}".encode())


def test_an_owner_who_is_no_superuser_makes_the_role_and_lends_it(postgres: Postgres) -> None:
    """Two logins: one that owns and migrates, one of the service, which takes the role on."""
    with postgres.fresh() as url, psycopg.connect(plain(url), autocommit=True) as admin:
        database = sa.make_url(url).database
        owner, login, role = f"own_{database}", f"app_{database}", f"role_{database}"
        admin.execute(f"CREATE ROLE {owner} LOGIN CREATEROLE".encode())
        admin.execute(f"CREATE ROLE {login} LOGIN".encode())
        try:
            admin.execute(f"GRANT CREATE ON SCHEMA public TO {owner}".encode())
            engine = make_engine(_as(url, owner))
            migrate(engine, START, role, login)
            migrate(engine, START, role, login)
            engine.dispose()
            for who in (login, owner):
                backend = open_database(_as(url, who), 1, ClearCipher(), role)
                session = backend.begin(write=False)
                assert [] == session.select(PRODUCTS, "org_a")
                session.rollback()
                backend.close()
        finally:
            for one in (owner, login, role):
                admin.execute(f"DROP OWNED BY {one}".encode())
            for one in (role, login, owner):
                admin.execute(f"DROP ROLE {one}".encode())


def _as(url: str, login: str) -> str:
    made = sa.make_url(url) if not login else sa.make_url(url).set(username=login)
    return made.render_as_string(hide_password=False)


def test_a_role_that_is_not_there_is_told_with_its_remedy(postgres_url: str) -> None:
    """Before the first migration; and a name that can be none is refused before anything is said to the server."""
    backend = open_database(postgres_url, 1, ClearCipher(), "hlc_nobody")
    with refused(Unavailable) as told:
        backend.begin(write=False)
    assert "run `hlc db migrate`" in told.faults[0].message
    backend.close()
    backend = open_database(postgres_url, 1, ClearCipher(), 'x"; DROP TABLE products')
    with refused(Invalid):
        backend.begin(write=False)
    backend.close()


def test_tables_without_policies_are_refused(clinic: World) -> None:
    """Somebody lifted them: the service does not start over such a database, and the check names what is missing."""
    with psycopg.connect(plain(clinic.url), autocommit=True) as admin:
        admin.execute("ALTER TABLE orders NO FORCE ROW LEVEL SECURITY")
        admin.execute("DROP POLICY carts_scope ON carts")
    backend = open_database(clinic.url, 1, ClearCipher())
    with refused(Unconfined):
        backend.begin(write=False)
    assert ("guard carts_scope is missing",) == differences(backend.engine, METADATA)
    backend.close()


# SQLite and PostgreSQL: triggers


@pytest.fixture(params=["sqlite", "postgres"])
def stored(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """A clinic with a subscription on a real database."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'hlc.sqlite'}"
        prepare(url)
        with opened(url) as world:
            world.subscribe()
            yield world
        return
    with request.getfixturevalue("postgres").fresh(prepare) as url, opened(url) as world:
        world.subscribe()
        yield world


def test_a_row_never_changes_its_organization(stored: World) -> None:
    """In no table, not even by the owner of the tables."""
    engine = make_engine(stored.url)
    tried = 0
    for name in METADATA.tables:
        with engine.connect() as connection:
            if connection.exec_driver_sql(f"SELECT count(*) FROM {name}").scalar_one() == 0:
                continue
        tried += 1
        with pytest.raises(sa.exc.IntegrityError, match="stays as it is"), engine.begin() as connection:
            connection.exec_driver_sql(f"UPDATE {name} SET organization = 'org_other'")
    engine.dispose()

    assert tried >= 10


@pytest.mark.parametrize("shape", [AUDIT_ENTRIES, MOVES], ids=lambda shape: shape.name)
def test_the_recorded_past_is_only_added_to(stored: World, shape: Shape[Any]) -> None:
    """A change or removal is refused by the database itself."""
    engine = make_engine(stored.url)
    for statement in (f"UPDATE {shape.name} SET actor = 'nobody'", f"DELETE FROM {shape.name}"):
        with pytest.raises(sa.exc.IntegrityError, match="stays as it is"), engine.begin() as connection:
            connection.exec_driver_sql(statement)
    engine.dispose()


def test_the_check_names_a_trigger_that_is_gone(tmp_path: Path) -> None:
    """`hlc db check` reads what is there."""
    url = f"sqlite:///{tmp_path / 'hlc.sqlite'}"
    prepare(url)
    with sqlite3.connect(tmp_path / "hlc.sqlite") as file:
        file.execute("DROP TRIGGER moves_no_delete")
    engine = make_engine(url)

    assert ("guard moves_no_delete is missing",) == differences(engine, METADATA)
    engine.dispose()


# the statement guard


def test_a_statement_without_a_scope_is_not_run(stored: World) -> None:
    """Nothing was entered; another scope than its own was; a statement across organizations has no name for it."""
    driver = connect(stored.services.backend.engine)  # type: ignore[attr-defined]  # both are SqlBackend
    mark = "?" if stored.url.startswith("sqlite") else "$1"
    across = Statement("SELECT count(*) FROM products", Reach.ACROSS, "products")
    scoped = Statement(f"SELECT count(*) FROM products WHERE organization = {mark}", Reach.ORGANIZATION, "products")
    driver.begin(write=False)
    try:
        for scope, statement in (
            (None, scoped), (None, across), (ORGANIZATION, across), ("*deliveries", across), ("*deliveries", scoped),
        ):  # fmt: skip
            if scope is not None:
                driver.enter(scope)
            with pytest.raises(Unscoped):
                driver.rows(statement, ())
        driver.enter(ORGANIZATION)
        assert [(1,)] == [tuple(row) for row in driver.rows(scoped, (ORGANIZATION,))]
    finally:
        driver.rollback()
        driver.release()


def test_only_shared_tables_are_read_across(world: World) -> None:
    """On every backend: a table without a cross-organization scope has none, and a missing organization is an error."""
    for shape in ALL:
        session = world.services.backend.begin(write=False)
        try:
            if shape.shared:
                session.select(shape, None)
                session.count(shape, None)
                continue
            for ask in (session.select, session.count):
                with pytest.raises(NotShared):
                    ask(shape, None)
            with pytest.raises(NotShared):
                session.fetch(shape, None, ["x"])
        finally:
            session.rollback()


def test_one_transaction_writes_for_one_organization(stored: World) -> None:
    """Rows of two in one statement are a mistake in the code."""
    session = stored.services.backend.begin(write=True)
    try:
        (one,) = session.select(PRODUCTS, ORGANIZATION)[:1]
        foreign = evolve(one, organization=OrganizationId("org_other"))
        with pytest.raises(ValueError, match="one organization"):
            session.insert(PRODUCTS, [one, foreign])
    finally:
        session.rollback()


def test_every_table_is_keyed_by_organization_first() -> None:
    """Primary keys and unique rules begin with it; but for the words by which an organization itself is found."""
    for table in METADATA.tables.values():
        assert "organization" == next(iter(table.primary_key.columns)).name, table.name
        shape: Shape[Any] | None = table.info.get(SHAPE)
        everywhere = {f"{table.name}_{rule.name}" for rule in (shape.uniques if shape else ()) if rule.everywhere}
        for index in table.indexes:
            first = index.expressions[0]
            assert index.name in everywhere or "organization" == getattr(first, "name", ""), index.name


def test_what_the_policies_refuse_is_a_named_refusal(clinic: World) -> None:
    """A mistake in the code above ends in a refusal without values, not in the driver's text."""
    backend = open_database(clinic.url, 1, ClearCipher())
    driver = connect(backend.engine)
    driver.begin(write=True)
    driver.enter("org_other")
    insert = "INSERT INTO products (organization, id, version, body) VALUES ($1, 'canary', 1, 'canary')"
    with pytest.raises(HlcError) as told:
        driver.change(Statement(insert, Reach.ORGANIZATION, "products"), (ORGANIZATION,))
    driver.rollback()
    driver.release()
    backend.close()

    assert isinstance(told.value, Unavailable)
    assert "canary" not in str(told.value) + repr(told.value.__context__ and told.value.__cause__)


def test_a_row_refers_to_rows_of_its_own_organization_only(stored: World) -> None:
    """What another organization has is not there; it is refused on commit, and the connection goes on."""
    backend = stored.services.backend
    session = backend.begin(write=False)
    (held, *_) = session.select(SUBSCRIPTIONS, ORGANIZATION)
    session.rollback()
    foreign = evolve(held, id=SubscriptionId("sub_other"), organization=OrganizationId("org_other"), number="R-OTHER")
    absent = evolve(held, patient=PatientId("pat_nope"), version=held.version + 1)
    for insert, update in (([foreign], []), ([], [absent])):
        session = backend.begin(write=True)
        with refused(Invalid):
            session.write([Write(SUBSCRIPTIONS, update, insert)], last=True)
            session.commit()
        session.rollback()
    session = backend.begin(write=True)
    assert [held] == session.select(SUBSCRIPTIONS, ORGANIZATION)
    session.commit()


def test_what_is_referred_to_is_keyed_by_its_organization() -> None:
    """Every declared reference is a foreign key over the organization and the id, looked at on commit."""
    declared = {(shape.name, column, parent) for shape in ALL for column, parent in shape.refers}
    made = {
        (table.name, key.column_keys[1], key.elements[1].target_fullname.removesuffix(".id"))
        for table in METADATA.tables.values()
        for key in table.foreign_key_constraints
        if key.column_keys[0] == "organization" and key.deferrable and key.initially == "DEFERRED"
    }

    assert declared == made
    assert len(declared) >= 13
