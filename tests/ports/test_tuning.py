"""What was tuned for speed keeps its word: the collector comes back, ids differ, text stays what it was."""

from __future__ import annotations

import gc
import os
from typing import Any

import psycopg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import make_url

from hlc_adapters.ids import RandomIds
from hlc_adapters.sql.text import Dialect
from hlc_adapters.tuning import calm, calm_collector


def test_the_collector_is_as_it_was_after_the_work() -> None:
    """Inside it looks seldom; afterwards nothing is left of that."""
    before = gc.get_threshold(), gc.get_freeze_count()
    with calm_collector():
        assert gc.get_threshold() > before[0]
        assert gc.get_freeze_count() > before[1]
    assert (gc.get_threshold(), gc.get_freeze_count()) == before


def test_a_process_that_is_calm_stays_calm() -> None:
    """A billing run inside the service does not wake the collector when it ends."""
    before = gc.get_threshold()
    try:
        calm()
        kept = gc.get_threshold(), gc.get_freeze_count()
        with calm_collector():
            pass
        assert (gc.get_threshold(), gc.get_freeze_count()) == kept
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


def test_ids_differ_and_sort_as_they_were_made() -> None:
    """Across more than one block of entropy."""
    ids = RandomIds()
    made = [ids.new("pat") for _ in range(2_000)]
    assert len({one[-20:] for one in made}) == len(made)
    assert made == sorted(made)


def test_a_forked_process_draws_other_ids() -> None:
    """Entropy that lies ready is not shared with a child."""
    ids = RandomIds()
    ids.new("pat")
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(write, ids.new("pat")[-20:].encode())
        os._exit(0)
    os.waitpid(child, 0)
    os.close(write)
    with os.fdopen(read) as told:
        assert told.read() != ids.new("pat")[-20:]


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])), max_size=5))
def test_a_list_of_text_reaches_postgresql_as_it_is(postgres_url: str, values: list[str]) -> None:
    """Quotes, backslashes, commas, braces, NULL as a word, nothing at all: an array literal hides none of them."""
    plain = make_url(postgres_url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain) as connection:
        cursor: Any = psycopg.RawCursor(connection)
        found = cursor.execute("SELECT $1::text[]", (Dialect(sqlite=False).value(tuple(values)),)).fetchone()
    assert found == (values,)
