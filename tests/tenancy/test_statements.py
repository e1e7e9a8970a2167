"""The look at every statement can fail: what it must refuse, it refuses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from support.statements import SEEN, Statements, verdict
from support.worlds import World

SCOPED = (
    "SELECT body FROM carts WHERE organization = ? AND id = ?",
    "SELECT body FROM carts WHERE organization = $1 AND id = ANY($2) ORDER BY id LIMIT $3 FOR UPDATE SKIP LOCKED",
    "SELECT count(*) FROM carts WHERE organization = ? AND id IN (SELECT value FROM json_each(?))",
    "INSERT INTO carts (organization, id, version) VALUES (?, ?, ?)",
    "INSERT INTO carts (organization, id) SELECT organization, id FROM json_to_recordset($1::json) AS new(id text)",
    "UPDATE carts SET version = $1 WHERE organization = $2 AND id = $3 AND version = $4",
    "UPDATE carts AS old SET id = new.id FROM json_to_recordset($1::json) AS new(id text) "
    "WHERE old.organization = new.organization AND old.id = new.id",
    "DELETE FROM carts WHERE organization = ? AND id = ? AND version = ?",
    "WITH w0 AS (UPDATE carts SET version = $1 WHERE organization = $2 AND id = $3 RETURNING 1), "
    "w1 AS (INSERT INTO moves (organization, id) VALUES ($4, $5)) SELECT 1 / ((SELECT count(*) FROM w0) = 1)::int",
)
UNSCOPED = (
    "SELECT body FROM carts",
    "SELECT body FROM carts WHERE id = ?",
    "SELECT body FROM carts WHERE organization <> ?",
    "UPDATE carts SET version = $1 WHERE id = $2",
    "DELETE FROM carts",
    "INSERT INTO carts (id, organization) VALUES (?, ?)",
    "SELECT body FROM deliveries JOIN carts ON true",
    "WITH w0 AS (UPDATE carts SET version = $1 WHERE id = $2 RETURNING 1), "
    "w1 AS (INSERT INTO moves (organization, id) VALUES ($4, $5)) SELECT 1",
)


@pytest.mark.parametrize("text", SCOPED)
def test_a_statement_with_its_organization_passes(text: str) -> None:
    """In the scope of that organization, and not in one of a table."""
    assert "scoped" == verdict(text)
    assert [] == looked(text, ["org_a"], "org_a").unscoped


@pytest.mark.parametrize("text", UNSCOPED)
@pytest.mark.parametrize("scope", ["org_a", "", "*deliveries", "*carts"])
def test_a_statement_without_its_organization_fails(text: str, scope: str) -> None:
    """Whatever scope it runs in."""
    assert 1 == len(looked(text, ["org_a"], scope).unscoped)


def test_a_question_for_another_organization_than_that_of_its_scope_fails() -> None:
    """The organization among the values is the one that was entered, or that of the rows of no clinic."""
    text = SCOPED[0]
    assert [] == looked(text, ["platform", "x"], "org_a").unscoped
    for values, scope in ((["org_b", "x"], "org_a"), ([], "org_a"), (["org_a"], "")):
        assert 1 == len(looked(text, values, scope).unscoped)


def test_a_shared_table_is_reached_in_its_own_scope_only() -> None:
    """The relay's, not the directory's, and not without."""
    text = "SELECT count(*) FROM deliveries WHERE state = ?"
    assert [] == looked(text, ["pending"], "*deliveries").unscoped
    for scope in ("*organizations", "org_a", ""):
        assert 1 == len(looked(text, ["pending"], scope).unscoped)


def test_the_statements_of_a_purchase_are_looked_at(world: World) -> None:
    """On SQLite and PostgreSQL; rows in memory need no statements."""
    before = SEEN.total
    world.subscribe()

    assert (SEEN.total - before > 15) == (world.url != "memory:")


def looked(text: str, values: Sequence[Any], scope: str) -> Statements:
    """One statement, judged."""
    seen = Statements()
    seen.look(text, values, scope)
    return seen
