"""Filling carts: operations a second in process and over HTTP, and what each says to the database."""

from __future__ import annotations

from collections.abc import Iterator
from time import perf_counter

from bench import child
from bench.clinic import COUPON, PUBLIC, Clinic, found, opened
from bench.places import Place
from bench.report import Figure
from bench.service import running
from bench.tape import RecordedBackend, counted, recorded, replay, script
from hlc_adapters.tuning import calm_collector
from hlc_core.cart.api import AddItems, ApplyCoupon, Cart, ChangeQuantity, CreateCart, RemoveItem
from hlc_core.kernel.commands import Command

GROUP = "Carts"
OPERATIONS = 5


def shopping(clinic: Clinic) -> None:
    """Create, add, change a quantity, use a coupon, remove."""
    execute, (first, second) = clinic.services.application.execute, clinic.products[:2]
    cart = execute(CreateCart(products=(first,)), PUBLIC)
    execute(AddItems(cart=cart.id, products=(second,)), PUBLIC)
    execute(ChangeQuantity(cart=cart.id, product=second, quantity=3), PUBLIC)
    execute(ApplyCoupon(cart=cart.id, code=COUPON), PUBLIC)
    execute(RemoveItem(cart=cart.id, product=first), PUBLIC)


def measure(place: Place, journeys: int, seconds: float) -> Iterator[Figure]:
    """All figures of carts at one database."""
    prepared = place.prepared(found)
    floor = _floor(place, prepared, journeys)
    yield _in_process(place, prepared, journeys, floor)
    yield from _over_http(place, prepared, seconds, floor)
    yield from _statements(place, prepared)


def _in_process(place: Place, prepared: str, journeys: int, floor: float) -> Figure:
    url = place.copy(prepared)
    with opened(url) as clinic, calm_collector():
        for _ in range(10):
            shopping(clinic)
        begun = perf_counter()
        for _ in range(journeys):
            shopping(clinic)
        seconds = perf_counter() - begun
    place.drop(url)
    return Figure(
        group=GROUP, place=place.name, name="operations a second, in process, 1 thread",
        value=OPERATIONS * journeys / seconds, unit="/s", floor=floor,
    )  # fmt: skip


def _floor(place: Place, prepared: str, journeys: int) -> float:
    """Operations a second of a bare driver on one connection that writes the same rows."""
    url = place.copy(prepared)
    tape = recorded(url)
    with opened(url, backend=tape) as clinic:
        tape.tape.cut()
        for _ in range(journeys):
            shopping(clinic)
        said = tape.tape.cut()
    place.drop(url)
    bare = place.copy(prepared)
    rate = OPERATIONS * journeys / replay(bare, [script(said)])
    place.drop(bare)
    return rate


def _over_http(place: Place, prepared: str, seconds: float, floor: float) -> Iterator[Figure]:
    url = place.copy(prepared)
    with opened(url) as clinic:
        products = list(clinic.products[:2])
    with running(url) as service:
        for clients in (1, 8):
            told = child.ask(
                "bench.client", port=service.port, journey="shopping", clients=clients, seconds=seconds,
                warm=min(1.0, seconds / 2),
                products=products, coupon=COUPON, mark=f"c{clients}x",
            )["requests"]  # fmt: skip
            yield Figure(
                group=GROUP, place=place.name, name=f"operations a second over HTTP, {clients} clients",
                value=told["rate"], unit="/s", floor=floor, aim="1,200" if clients > 1 else "",
                note=f"p50 {told['p50'] * 1000:.1f} ms, p95 {told['p95'] * 1000:.1f} ms",
            )  # fmt: skip
    place.drop(url)


def _statements(place: Place, prepared: str) -> Iterator[Figure]:
    """Statements of each operation, with 1 line in the cart and with 50."""
    url = place.copy(prepared)
    tape = recorded(url)
    with opened(url, backend=tape) as clinic:
        clinic.cart()  # the organization is known from here on
        first, *others = clinic.products
        alone, full = clinic.cart(first), clinic.cart(first, *others[:-1])
        for name, one, many in (
            ("create", CreateCart(products=(first,)), CreateCart(products=(first, *others))),
            ("add", _add(alone, clinic), _add(full, clinic)),
            ("change quantity", _change(alone, clinic), _change(full, clinic)),
            ("coupon", ApplyCoupon(cart=alone.id, code=COUPON), ApplyCoupon(cart=full.id, code=COUPON)),
            ("remove", RemoveItem(cart=alone.id, product=first), RemoveItem(cart=full.id, product=first)),
        ):
            with_one, with_many = (_count(command, clinic, tape) for command in (one, many))
            yield Figure(
                group=GROUP, place=place.name, name=f"statements: {name}, 50 lines", value=with_many,
                unit="statements", aim="at most 12", note=f"{with_one} at 1 line",
            )  # fmt: skip
    place.drop(url)


def _add(cart: Cart, clinic: Clinic) -> AddItems:
    return AddItems(cart=cart.id, products=clinic.products[-1:])


def _change(cart: Cart, clinic: Clinic) -> ChangeQuantity:
    return ChangeQuantity(cart=cart.id, product=clinic.products[0], quantity=2)


def _count(command: Command[Cart] | Command[Cart | None], clinic: Clinic, tape: RecordedBackend) -> int:
    tape.tape.cut()
    clinic.services.application.execute(command, PUBLIC)
    return counted(tape.tape.cut()).statements
