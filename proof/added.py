"""What tenancy adds to a request: the same requests with what the database keeps organizations apart by, and without.

On PostgreSQL the owner of the tables lifts the forced row policies and the triggers, and sets them again; on SQLite the
triggers. Service, rows and connections stay the same, blocks with and without take turns in an order that is drawn, and
in each block it is looked whether the database does refuse with them, and does not without.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from random import Random
from statistics import median, quantiles

import sqlalchemy as sa
from attrs import frozen

from hlc_adapters.settings import SERVICE_ROLE
from hlc_adapters.sql.guards import guards
from hlc_adapters.sql.statement import Reach, Statement, require_scope
from hlc_adapters.sql.tables import make_metadata
from hlc_adapters.storage.shapes.all import ALL
from hlc_core.cart.api import ChangeQuantity
from hlc_core.kernel.commands import Envelope
from hlc_core.organizations.api import GetOrganization
from hlc_core.subscriptions.api import GetSubscription, ListSubscriptions
from support.postgres import connected
from support.tenants import STRANGER, STRANGERS_SYSTEM, open_stranger, trade
from support.worlds import ORGANIZATION, PUBLIC, SYSTEM, World, opened

HELD, PAGE = 30, 25
"""Subscriptions of our clinic, and how many are on a page."""

BLOCK, WARM = 40, 12
"""Requests of a kind in a block, and how many go before it uncounted: PostgreSQL plans anew for five of them."""

TOLD = "settings of two clinics in turns, beside those of one"
"""What is added when a connection has to be told the organization anew."""

_FILE = "sqlite:///"
_STAYS = "_organization_stays"
_MICROSECONDS = 1e6


@frozen(kw_only=True)
class Added:
    """What one kind of request takes without, and how much more with: of each pair of blocks, in microseconds."""

    request: str
    without: tuple[float, ...]
    more: tuple[float, ...]

    @property
    def base(self) -> float:
        """Microseconds without."""
        return median(self.without)

    @property
    def added(self) -> float:
        """Microseconds more with."""
        return median(self.more)

    @property
    def percent(self) -> float:
        """The same in hundredths of the request."""
        return 100 * self.added / self.base

    @property
    def spread(self) -> tuple[float, float]:
        """Between which the middle half of the pairs lies."""
        if len(self.more) < 2:
            return self.added, self.added
        low, _, high = quantiles(self.more, n=4, method="inclusive")
        return low, high


@frozen(kw_only=True)
class Compared:
    """All of one database: requests counted, what was added to each kind, and where the two did not differ."""

    requests: int
    added: tuple[Added, ...]
    wrong: tuple[str, ...]


# with and without


def lift(url: str) -> None:
    """Take away what the database keeps organizations apart by; only the owner of the tables can."""
    if url.startswith(_FILE):
        _in_file(url, [f"DROP TRIGGER IF EXISTS {name}{_STAYS}" for name in _tables()])
    else:
        _as_owner(url, "DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY, DISABLE TRIGGER {}" + _STAYS)


def restore(url: str) -> None:
    """Set it again, as migrations do."""
    if url.startswith(_FILE):
        made = (one for table in _tables().values() for one in guards(table, "sqlite"))
        _in_file(url, [one for one in made if one.split()[2].endswith(_STAYS)])
    else:
        _as_owner(url, "ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY, ENABLE TRIGGER {}" + _STAYS)


def keeps_apart(url: str) -> bool:
    """Whether the database itself refuses what the code above it must never ask, in the role of the service.

    On PostgreSQL a row of the other clinic is looked for by name; on SQLite a row of ours is to be given away.
    """
    if url.startswith(_FILE):
        with closing(sqlite3.connect(url.removeprefix(_FILE))) as connection:
            try:
                connection.execute("UPDATE carts SET organization = ? WHERE organization = ?", (STRANGER, ORGANIZATION))
            except sqlite3.IntegrityError:
                return True
            finally:
                connection.rollback()
            return False
    with connected(url) as connection:
        connection.execute(f"SET ROLE {SERVICE_ROLE}".encode())
        connection.execute("SELECT set_config('hlc.organization', %s, false)", (ORGANIZATION,))
        found = connection.execute("SELECT count(*) FROM products WHERE organization = %s", (STRANGER,)).fetchone()
        return found == (0,)


def _tables() -> Mapping[str, sa.Table]:
    return make_metadata(ALL).tables


def _in_file(url: str, statements: Sequence[str]) -> None:
    with closing(sqlite3.connect(url.removeprefix(_FILE), timeout=10)) as connection, connection:
        for statement in statements:
            connection.execute(statement)


def _as_owner(url: str, change: str) -> None:
    with connected(url) as connection, connection.transaction():
        for name in _tables():
            connection.execute(f"ALTER TABLE {name} {change.format(name)}".encode())


# the requests


def requests(world: World) -> dict[str, Callable[[], object]]:
    """The reading of one aggregate, a page of a list, and a write, each through the road that all requests take."""
    plan = world.plan()
    held = [world.subscribe(plan) for _ in range(HELD)]
    cart = world.cart(world.product())
    product = cart.lines[0].product
    turns = Random(0)

    def change() -> object:
        return world.execute(ChangeQuantity(cart=cart.id, product=product, quantity=turns.randint(1, 9)), PUBLIC)

    return {
        "one subscription": lambda: world.ask(GetSubscription(subscription=turns.choice(held).id)),
        f"a page of {PAGE} subscriptions": lambda: world.ask(ListSubscriptions(limit=PAGE)),
        "another quantity in a cart": change,
    }


def in_turns(world: World) -> Callable[[], object]:
    """Two clinics' requests on one connection, which has to be told the organization for each of them."""
    turn: list[Envelope] = [SYSTEM, STRANGERS_SYSTEM]

    def one() -> object:
        turn.reverse()
        return world.ask(GetOrganization(), turn[0])

    return one


def compared(url: str, pairs: int, seed: int, over: Callable[[], bool] = lambda: False) -> Compared:
    """So many pairs of blocks over that database, which is empty but for its tables."""
    with opened(url) as world:
        open_stranger(world)
        trade(world)
        guarded, telling = requests(world), {"same": lambda: world.ask(GetOrganization()), "turns": in_turns(world)}
        found: dict[str, list[tuple[float, float]]] = {name: [] for name in (*guarded, TOLD)}
        wrong: list[str] = []
        random = Random(seed)
        for number in range(pairs):
            if number and over():
                break
            times: dict[bool, dict[str, float]] = {}
            for with_them in random.sample((True, False), 2):
                times[with_them], refused = _block(url, guarded, with_them)
                if refused is not with_them:
                    wrong.append(f"pair {number}: {'not refused with' if with_them else 'refused without'} the guards")
            for name in guarded:
                found[name].append((times[False][name], times[True][name]))
            told = _timed(telling)
            found[TOLD].append((told["same"], told["turns"]))
    added = tuple(_added(name, tuple(pairs)) for name, pairs in found.items())
    return Compared(requests=2 * BLOCK * sum(len(one.more) for one in added), added=added, wrong=tuple(wrong))


def _block(url: str, asked: Mapping[str, Callable[[], object]], with_them: bool) -> tuple[dict[str, float], bool]:
    """Microseconds of each request with the guards of the database or without, and whether it refused then."""
    if with_them:
        return _timed(asked), keeps_apart(url)
    lift(url)
    try:
        return _timed(asked), keeps_apart(url)
    finally:
        restore(url)


def _timed(asked: Mapping[str, Callable[[], object]]) -> dict[str, float]:
    """Microseconds of each, the median of a block."""
    return {name: median(_times(run)) for name, run in asked.items()}


def _times(run: Callable[[], object]) -> Iterator[float]:
    for number in range(WARM + BLOCK):
        began = time.perf_counter()
        run()
        if number >= WARM:
            yield _MICROSECONDS * (time.perf_counter() - began)


def _added(name: str, pairs: Sequence[tuple[float, float]]) -> Added:
    return Added(request=name, without=tuple(one for one, _ in pairs), more=tuple(more - one for one, more in pairs))


# in the process


def guard_microseconds(rounds: int = 20_000) -> float:
    """What the guard in the process takes for a statement; it is never off, so it is measured by itself."""
    statement, found = Statement("SELECT 1", Reach.ORGANIZATION, "carts"), []
    for _ in range(5):
        began = time.process_time()
        for _ in range(rounds):
            require_scope(statement, ORGANIZATION)
        found.append(_MICROSECONDS * (time.process_time() - began) / rounds)
    return median(found)
