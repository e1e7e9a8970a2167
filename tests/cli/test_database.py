"""`hlc db`, and what every command says of a database that cannot be used."""

from __future__ import annotations

import sqlite3

from cli.clinic import Hlc


def test_a_database_is_made_and_brought_up_to_date(nowhere: Hlc) -> None:
    """The first migration makes the file; the second finds nothing to do; the check is content."""
    first, second, check = nowhere("db", "migrate"), nowhere("db", "migrate"), nowhere("db", "check")

    assert (0, 0, 0) == (first.code, second.code, check.code)
    assert "Applied 0001 start." in first.out
    assert "Up to date.\n" == second.out
    assert "Migrated" in check.out


def test_no_database_is_made_that_nobody_named(nowhere: Hlc) -> None:
    """Without a name the remedy is told, and nothing is written; one that lies in the folder is taken, and told."""
    process = nowhere.start("db", "migrate", HLC_DATABASE_URL=None)
    out, told = process.communicate(timeout=60)
    other = nowhere.start("orders", "list", HLC_DATABASE_URL=None)
    other.communicate(timeout=60)

    assert (2, 2, "") == (process.returncode, other.returncode, out)
    assert "No database is named." in told
    assert "HLC_DATABASE_URL: sqlite:///FILE or postgresql://" in told
    assert [] == list(nowhere.folder.iterdir())

    assert 0 == nowhere("db", "migrate").code
    here = nowhere.start("db", "check", HLC_DATABASE_URL=None)
    _, told = here.communicate(timeout=60)
    assert 0 == here.returncode
    assert "The database hlc.sqlite in this folder (no HLC_DATABASE_URL is set)." in told


def test_it_is_told_which_database_is_meant(nowhere: Hlc) -> None:
    """Beside the output, and never with its password."""
    said = nowhere("db", "migrate")
    away = nowhere("db", "check", "--database", "postgresql://me:secret@127.0.0.1:9/clinic?password=secret")

    assert f"Database: {nowhere.url}" in said.err.replace("\n", "")
    assert 6 == away.code
    assert "postgresql://me:***@127.0.0.1:9/clinic\n" in away.err
    assert "secret" not in away.out + away.err


def test_folders_on_the_way_to_the_file_are_made(nowhere: Hlc) -> None:
    """A path into a folder that is not there is no reason to refuse."""
    url = f"sqlite:///{nowhere.folder}/a/b/hlc.sqlite"

    assert 0 == nowhere("db", "migrate", "--database", url).code
    assert (nowhere.folder / "a/b/hlc.sqlite").exists()


def test_looking_makes_no_database(nowhere: Hlc) -> None:
    """A file that is not there is named, with the remedy, and is not made by looking."""
    said = nowhere("orders", "list")

    assert 6 == said.code
    assert "There is no database file" in said.words
    assert "hlc db migrate" in said.words
    assert not nowhere.database.exists()


def test_a_missing_migration_is_named(nowhere: Hlc) -> None:
    """An empty database is refused with the command that mends it, by every command and by the check."""
    nowhere.database.touch()

    for words in (("orders", "list"), ("billing", "run"), ("worker",), ("db", "check")):
        said = nowhere(*words)
        assert 6 == said.code, words
        assert "0001 start" in said.words, words
        assert "run `hlc db migrate`" in said.words, words


def test_a_damaged_schema_is_named(hlc: Hlc) -> None:
    """A table that somebody dropped is found by the check."""
    with sqlite3.connect(hlc.database) as connection:
        connection.execute("DROP TABLE jobs")

    said = hlc("db", "check")

    assert 6 == said.code
    assert "table jobs is missing" in said.words


def test_a_file_that_is_no_database_is_refused(nowhere: Hlc) -> None:
    """Something else under that name is not opened, and not overwritten."""
    nowhere.database.write_text("a shopping list, long enough to be looked at")

    for words in (("orders", "list"), ("db", "migrate")):
        said = nowhere(*words)
        assert 6 == said.code
        assert "no SQLite database" in said.words
    assert nowhere.database.read_text().startswith("a shopping list")


def test_an_address_that_is_none_is_refused(nowhere: Hlc) -> None:
    """Another kind of database, and no kind at all: both name what can be written."""
    for url in ("mysql://name@host/base", "what?", "sqlite://"):
        said = nowhere("orders", "list", "--database", url)
        assert 2 == said.code, url
        assert "HLC_DATABASE_URL: write sqlite:///" in said.words


def test_a_server_that_is_away_is_told_without_its_password(nowhere: Hlc) -> None:
    """Unavailable, a remedy, no secret, no traceback."""
    said = nowhere("orders", "list", "--database", "postgresql://hlc:hunter2@127.0.0.1:1/hlc")

    assert 6 == said.code
    assert "cannot be reached" in said.words
    assert "is the server running" in said.words
    assert "hunter2" not in said.words


def test_a_database_that_keeps_nothing_is_not_migrated(nowhere: Hlc) -> None:
    """Memory is gone with the command."""
    said = nowhere("db", "migrate", "--database", "memory:")

    assert 2 == said.code
    assert "keeps nothing" in said.words


def test_the_doctor_finds_the_clinic_sound(hlc: Hlc) -> None:
    """Everything that must be true is."""
    said = hlc("doctor")

    assert 0 == said.code
    assert "must be true of the books" in said.words


def test_the_doctor_names_a_state_that_no_move_led_to(hlc: Hlc) -> None:
    """A state that was written by hand is a conflict, by the doctor and by the check of machines."""
    with sqlite3.connect(hlc.database) as connection:
        body = "UPDATE subscriptions SET state = 'COMPLETED', body = json_set(body, '$.state', 'COMPLETED')"
        assert connection.execute(body).rowcount > 0

    assert 0 == hlc("machines", "list").code
    for words in (("doctor",), ("machines", "check")):
        said = hlc(*words)
        assert 5 == said.code, words
        assert "sub_" in said.words, words


def test_the_doctor_repairs_what_needs_no_person(hlc: Hlc) -> None:
    """A failed renewal whose case is lost: named as repairable, repaired, sound; for machines the same as JSON."""
    hlc("billing", "run")
    with sqlite3.connect(hlc.database) as connection:
        assert connection.execute("DELETE FROM recovery_cases").rowcount > 0
        guards = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'moves'"
        for (name,) in connection.execute(guards).fetchall():
            connection.execute(f'DROP TRIGGER "{name}"')  # as if the case had never been: its history is gone, too
        connection.execute("DELETE FROM moves WHERE machine = 'recovery'")

    told = hlc("doctor", "--json")
    said = hlc("doctor")
    mended = hlc("doctor", "--repair", "--json")

    (found,) = told.json["findings"]
    assert (5, 5, 0) == (told.code, said.code, mended.code)
    assert ("an_open_bill_is_collected", "retell") == (found["invariant"], found["repair"]["kind"])
    assert "hlc doctor --repair" in said.words
    assert ["repaired"] == [one["outcome"] for one in mended.json["findings"]]
    assert 1 == len(hlc("recovery", "list", "--json").json["items"])
    assert 0 == hlc("doctor").code


def test_the_doctor_leaves_to_a_person_what_needs_one(hlc: Hlc) -> None:
    """A subscription whose charges do not add up: told, with and without --repair."""
    with sqlite3.connect(hlc.database) as connection:
        body = "UPDATE subscriptions SET body = json_set(body, '$.charged.amount', 1)"
        assert connection.execute(body).rowcount > 0

    said = hlc("doctor", "--repair")

    assert 5 == said.code
    assert "Somebody has to act" in said.words


def test_it_runs_on_postgresql(nowhere: Hlc, postgres_url: str) -> None:
    """The same commands on the other database."""
    assert 0 == nowhere("db", "migrate", "--database", postgres_url).code
    assert 0 == nowhere("db", "check", "--database", postgres_url).code
    assert 0 == nowhere("org", "open", "north", "North", "--database", postgres_url).code
    assert "north" in nowhere("org", "list", "--database", postgres_url).out
