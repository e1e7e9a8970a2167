"""Two clinics in one installation: what belongs to the other looks exactly as what does not exist, on every route.

And noninterference: whatever the other clinic does changes no answer of ours.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping
from typing import Any

from attrs import field, frozen

from hlc_core.billing.api import RunWish
from hlc_core.kernel.errors import HlcError
from hlc_http.app import PERMISSIONS, ROUTES, make_app
from hlc_http.openapi import document
from hlc_http.table import Route
from support.service import STAFF, SYSTEM, Client, Told
from support.tenants import CANARY, STRANGERS_SYSTEM, Known, everything_of, trade
from support.worlds import ORGANIZATION, World

ABSENT = "zz0000000000000000absent"
_PART = re.compile(r"\{(\w+)\}")
_VARYING = frozenset({"x-request-id", "date", "content-length"})


@frozen(kw_only=True)
class Compared:
    """How many pairs of answers were compared, and where the foreign one could be told from the absent one."""

    pairs: int
    differences: tuple[str, ...] = ()
    leaks: tuple[str, ...] = ()
    statuses: frozenset[int] = field(factory=frozenset)


def every_route(world: World, client: Client, patient_key: str, known: Known, own: Mapping[str, str]) -> Compared:
    """Every route with a variable part, as visitor, patient, staff and system: foreign beside absent.

    Who is told the id that they asked for learns nothing; any other word of the other clinic is a leak.
    `own` are ids of our own rows by the parts' names, for the other parts of paths that have several.
    """
    routes: tuple[Route, ...] = make_app(world.services)[ROUTES]
    told = document(routes, PERMISSIONS, "http://here")
    pairs, differences, leaks, statuses = 0, [], [], set()
    with client.on_one_line() as asking:
        for route in routes:
            body = _body(told, route)
            for foreign, absent in _paths(route, known, own):
                for role, key in (("visitor", None), ("patient", patient_key), ("staff", STAFF), ("system", SYSTEM)):
                    one, other = _ask(asking, key, route, foreign, body), _ask(asking, key, route, absent, body)
                    pairs += 1
                    statuses.add(one.status)
                    where = f"{role}: {route.method} {foreign}"
                    if _seen(one, foreign) != _seen(other, absent):
                        differences.append(f"{where}: {one.status} {one.body[:200]!r}, absent: {other.status}")
                    if CANARY in _seen(one, foreign)[1].lower():
                        leaks.append(f"{where}: {one.body[:300]!r}")
    return Compared(pairs=pairs, differences=tuple(differences), leaks=tuple(leaks), statuses=frozenset(statuses))


def _paths(route: Route, known: Known, own: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    parts = _PART.findall(route.path)
    for part in parts:
        rest = {other: own.get(other.removesuffix("_id"), f"x_{ABSENT}") for other in parts if other != part}
        for id in known.of(part):
            yield _filled(route, {**rest, part: id}), _filled(route, {**rest, part: f"{id.partition('_')[0]}_{ABSENT}"})


def _filled(route: Route, parts: Mapping[str, str]) -> str:
    return _PART.sub(lambda found: parts[found[1]], route.path)


def _ask(client: Client, key: str | None, route: Route, path: str, body: Any) -> Told:
    asked = client if key is None else client.as_(key)
    raw = None
    if body is None and route.method != "GET":
        raw = b""
    return asked.ask(route.method, path, body, raw=raw)


def _seen(told: Told, path: str) -> tuple[int, str, dict[str, str]]:
    """What can be seen of an answer, but for the id that was asked for, and what differs between any two answers."""
    ids = [part for part in path.split("/") if "_" in part]
    headers = {name: value for name, value in told.headers.items() if name not in _VARYING}
    return (
        told.status,
        _plain(told.body.decode("utf-8", "replace"), ids),
        {name: _plain(value, ids) for name, value in headers.items()},
    )


def _plain(text: str, ids: list[str]) -> str:
    for id in ids:
        text = text.replace(id, "ID")
    return text


def _body(told: Mapping[str, Any], route: Route) -> Any:
    """The example that the document gives of a body."""
    for path, operations in told["paths"].items():
        operation = operations.get(route.method.lower())
        if operation is not None and _PART.sub("*", path) == _PART.sub("*", route.path):
            content = operation.get("requestBody", {}).get("content", {})
            return content.get("application/json", {}).get("example")
    return None


# noninterference


def undisturbed(world: World, chance: random.Random, steps: int) -> int:
    """Let the other clinic do so many things at random, failing ones among them; after each, ours is as it was.

    Answers how many steps were taken.
    """
    before = everything_of(world, ORGANIZATION)
    taken = 0
    for number in range(steps):
        try:
            _step(world, chance, 1000 + number)
        except HlcError:
            """It was refused: that must not be seen, either."""
        taken += 1
        if everything_of(world, ORGANIZATION) != before:
            raise AssertionError(f"Step {number} of the other clinic changed something of ours.")
    return taken


def _step(world: World, chance: random.Random, number: int) -> None:
    match chance.randrange(4):
        case 0:
            trade(world, chance.choice(("tok_success", "tok_declined", "tok_action")), number)
        case 1:
            world.services.resolve_due(STRANGERS_SYSTEM)
        case 2:
            world.services.relay()
        case _:
            world.services.run_billing(RunWish(as_of=world.today), STRANGERS_SYSTEM)
