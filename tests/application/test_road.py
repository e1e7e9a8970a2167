"""The one road of every write: permission, key, run, reactions, audit, commit. On memory, SQLite and PostgreSQL."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import pytest
from attrs import frozen

from hlc_adapters import wire
from hlc_adapters.storage.shapes.all import ALL
from hlc_adapters.storage.shapes.catalog import PRODUCTS
from hlc_adapters.storage.shapes.orders import INVOICES
from hlc_adapters.storage.shapes.patients import PATIENTS
from hlc_adapters.storage.shapes.platform import AUDIT_ENTRIES, DELIVERIES, MOVES, SUBMISSIONS
from hlc_core.application import MOST_RUNS, Application, Question, Reaction, UseCase
from hlc_core.audit.api import ListAuditEntries, ListMoves, Outcome
from hlc_core.cart.api import AddItems, GetCart
from hlc_core.catalog.api import AddProduct, ListProducts, Offer, Product, ProductKind
from hlc_core.jobs.api import TakeJobs
from hlc_core.kernel.commands import Actor, ActorKind, Command, Envelope, Query
from hlc_core.kernel.errors import AlreadyExists, Denied, HlcError, Invalid, KeyReused, Stale
from hlc_core.kernel.events import Event
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import ActorId, OrganizationId
from hlc_core.organizations.api import CartSettings, ChangeSettings, GetOrganization, OpenOrganization
from hlc_core.patients.api import Address, Contact, ImportPatients, PatientRow
from hlc_core.registry import QUESTIONS, REACTIONS, USE_CASES
from support.refusals import refused
from support.worlds import ORGANIZATION, PUBLIC, SYSTEM, Crash, World, opened, usd


def staff(*keys: str, name: str = "nurse") -> Envelope:
    """A person with these keys."""
    return Envelope(
        actor=Actor(
            kind=ActorKind.STAFF, id=ActorId(name), organization=ORGANIZATION, permissions=frozenset(keys)
        ),
        correlation="journey-1",
    )  # fmt: skip


def keyed(key: str, envelope: Envelope = SYSTEM) -> Envelope:
    """The same, with an idempotency key."""
    return evolve(envelope, idempotency_key=key)


def wish(name: str = "Consultation", price: int = 4900) -> AddProduct:
    """A product to add."""
    return AddProduct(offer=Offer(name=name, price=usd(price), kind=ProductKind.ONE_TIME))


def everything(world: World) -> dict[str, list[Any]]:
    """All rows of all tables."""
    return {shape.name: world.rows(shape) for shape in ALL}


# permission


def test_what_is_not_permitted_is_refused_and_recorded(world: World) -> None:
    """Who tried what, without the texts; nothing else is changed."""
    before = everything(world)
    with refused(Denied) as told:
        world.execute(wish("Canary Jane"), staff("crm.catalog.view"))

    assert ["permission"] == [fault.field for fault in told.faults]
    assert "crm.catalog.manage" in told.faults[0].message
    after = everything(world)
    entry = after["audit_entries"].pop()
    assert (Outcome.DENIED, "AddProduct", "nurse", ActorKind.STAFF, "") == (
        entry.outcome, entry.command, entry.actor, entry.actor_kind, entry.written,
    )  # fmt: skip
    assert "Canary" not in entry.asked
    assert before == after


def test_the_public_and_previews_leave_no_denials(memory_world: World) -> None:
    """Everybody can try anything; that must not fill the books."""
    before = memory_world.rows(AUDIT_ENTRIES)
    with refused(Denied):
        memory_world.execute(wish(), PUBLIC)
    with refused(Denied):
        memory_world.services.application.preview(wish(), staff())

    assert before == memory_world.rows(AUDIT_ENTRIES)


def test_a_question_asks_for_its_key(memory_world: World) -> None:
    """As a command does."""
    with refused(Denied):
        memory_world.ask(ListAuditEntries(), staff("crm.catalog.view"))
    assert memory_world.ask(ListAuditEntries(), staff("admin.audit_logs.view")).items


@pytest.mark.parametrize("kind", [ActorKind.STAFF, ActorKind.PATIENT, ActorKind.PUBLIC])
def test_what_hlc_does_by_itself_no_key_opens(memory_world: World, kind: ActorKind) -> None:
    """Not even all of them."""
    keys = {row.permission for row in USE_CASES if row.permission is not None}
    actor = Actor(kind=kind, id=ActorId("x"), organization=ORGANIZATION, permissions=frozenset(keys))
    with refused(Denied):
        memory_world.execute(TakeJobs(), Envelope(actor=actor))


# idempotency


def test_the_same_key_and_body_get_the_stored_answer(world: World) -> None:
    """However often, also after a restart; one effect, one audit entry."""
    first = world.execute(wish(), keyed("k1"))
    again = world.execute(wish(), keyed("k1"))
    world.restart()
    later = world.execute(wish(), keyed("k1"))

    assert first == again == later
    assert type(later) is Product
    assert [first] == world.rows(PRODUCTS)
    assert 1 == sum(entry.command == "AddProduct" for entry in world.rows(AUDIT_ENTRIES))


def test_the_same_key_with_another_body_is_refused(world: World) -> None:
    """A new wish needs a new key."""
    world.execute(wish(), keyed("k1"))
    with refused(KeyReused) as told:
        world.execute(wish(price=1), keyed("k1"))

    assert ["Idempotency-Key"] == [fault.field for fault in told.faults]
    assert 1 == len(world.rows(PRODUCTS))


def test_a_key_belongs_to_its_actor_and_command(memory_world: World) -> None:
    """Another person's key of the same text is another key; so is that of another command."""
    world = memory_world
    one = world.execute(wish(), keyed("k1", staff("crm.catalog.manage", name="a")))
    two = world.execute(wish(price=7), keyed("k1", staff("crm.catalog.manage", name="b")))
    world.execute(ChangeSettings(name="Other"), keyed("k1"))

    assert 2 == len({one.id, two.id})


def test_a_refused_wish_does_not_use_up_its_key(memory_world: World) -> None:
    """What changed nothing can be tried again with the same key, mended."""
    world = memory_world
    with refused(HlcError):
        world.execute(wish(price=-1), keyed("k1"))
    world.execute(wish(), keyed("k1"))

    assert 1 == len(world.rows(PRODUCTS))


def test_the_same_key_at_once_has_one_effect(world: World) -> None:
    """Six at once: one product, six equal answers."""
    answers = together(6, lambda _n: world.execute(wish(), keyed("k1")))

    assert 1 == len({answer.id for answer in answers})
    assert [answers[0]] == world.rows(PRODUCTS)


def together(count: int, work: Callable[[int], Any]) -> list[Any]:
    """The answers of so many threads that start at once. A fault of one is raised."""
    answers: list[Any] = []
    faults: list[BaseException] = []
    barrier = threading.Barrier(count)

    def run(n: int) -> None:
        barrier.wait()
        try:
            answers.append(work(n))
        except BaseException as fault:
            faults.append(fault)

    threads = [threading.Thread(target=run, args=(n,)) for n in range(count)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    if faults:
        raise faults[0]
    return answers


def test_a_submission_answers_with_what_was_stored(world: World) -> None:
    """A large answer comes back whole: the checkout with quote, products and contact."""
    command = world.submission(world.cart(world.product(), world.plan()))
    first = world.execute(command, keyed("k1", PUBLIC))

    assert first == world.execute(command, keyed("k1", PUBLIC))
    assert 1 == len(world.rows(PATIENTS))


# running again


def test_writers_of_one_cart_all_get_their_turn(world: World) -> None:
    """Three at once put a product each into one cart: losers run again, nothing is lost."""
    products = [world.product() for _ in range(4)]
    cart = world.cart(products[0])
    together(3, lambda n: world.execute(AddItems(cart=cart.id, products=(products[n + 1].id,)), PUBLIC))

    assert {product.id for product in products} == {line.product for line in world.ask(GetCart(cart=cart.id)).lines}


@frozen(kw_only=True)
class Try(Command[int]):
    """A wish that fails so often."""

    refusal: type[HlcError]


@frozen(kw_only=True)
class Happened(Event):
    """Put by the command below, and by its own reaction."""

    name: ClassVar[str] = "test.happened"
    times: int

    @property
    def subject(self) -> str:
        """Nothing in particular."""
        return "subject"


@frozen(kw_only=True)
class Happen(Command[int]):
    """Put an event."""

    times: int


def toys(world: World, *rows: UseCase[Any, Any], reactions: Sequence[Reaction[Any]] = ()) -> Application:
    """The world's own road with use cases of this test."""
    return Application(world.services.units, (*USE_CASES, *rows), QUESTIONS, (*REACTIONS, *reactions))


@pytest.mark.parametrize("refusal", [Stale, AlreadyExists])
def test_a_wish_that_always_loses_ends(memory_world: World, refusal: type[HlcError]) -> None:
    """After four runs the caller is told; nothing is kept."""
    runs = []

    def lose(command: Try, env: Any) -> int:
        runs.append(env.unit.repeated)
        env.products.add(_product(memory_world))
        raise command.refusal("Lost again.")

    application = toys(memory_world, UseCase(Try, lose, None))
    with refused(refusal):
        application.execute(Try(refusal=refusal), SYSTEM)

    assert [False, True, True, True] == runs
    assert len(runs) == MOST_RUNS
    assert [] == memory_world.rows(PRODUCTS)


def test_another_refusal_is_not_tried_again(memory_world: World) -> None:
    """The same input never succeeds."""
    runs = []

    def refuse(command: Try, env: Any) -> int:
        runs.append(command)
        raise command.refusal("No.")

    with refused(Invalid):
        toys(memory_world, UseCase(Try, refuse, None)).execute(Try(refusal=Invalid), SYSTEM)
    assert 1 == len(runs)


def _product(world: World) -> Product:
    (made,) = [world.services.application.preview(wish(), SYSTEM)]
    return evolve(made, version=0)


# reactions


def happen(command: Happen, env: Any) -> int:
    """Put the event."""
    env.outbox.put(Happened(times=command.times))
    return command.times


def count_down(events: Sequence[Happened], env: Any) -> None:
    """Put one less, until none is left."""
    for event in events:
        if event.times:
            env.outbox.put(Happened(times=event.times - 1))


def test_reactions_to_reactions_run_in_the_same_transaction(memory_world: World) -> None:
    """Until nothing new is put."""
    application = toys(
        memory_world, UseCase(Happen, happen, None), reactions=[Reaction(Happened, count_down)]
    )  # fmt: skip

    assert 5 == application.execute(Happen(times=5), SYSTEM)


def test_reactions_that_never_end_are_refused(memory_world: World) -> None:
    """A loop is a mistake: nothing of it is kept."""
    before = everything(memory_world)
    application = toys(
        memory_world, UseCase(Happen, happen, None), reactions=[Reaction(Happened, count_down)]
    )  # fmt: skip
    with refused(Invalid) as told:
        application.execute(Happen(times=10**6), SYSTEM)

    assert "do not end" in told.detail
    assert before == everything(memory_world)


# audit


def test_moves_and_audit_are_written_with_the_change_or_not_at_all(world: World) -> None:
    """A death before the commit leaves nothing; one right after it leaves everything."""
    product = world.product()
    world.buy(product)  # the clinic has its keys from here on
    command = world.submission(world.cart(product))
    before = everything(world)

    def die(at: str) -> Callable[[str], None]:
        def probe(point: str) -> None:
            if point == at:
                world.probe = lambda _point: None
                raise Crash(at)

        return probe

    world.probe = die("commit.before")
    with pytest.raises(Crash):
        world.execute(command, PUBLIC)
    assert before == everything(world)

    world.probe = die("commit.after")
    with pytest.raises(Crash):
        world.execute(command, PUBLIC)
    after = everything(world)
    grown = {name: len(after[name]) - len(before[name]) for name in after if after[name] != before[name]}
    assert {"carts": 0, "checkouts": 1, "payment_attempts": 1, "patients": 1, "audit_entries": 1} == {
        name: grown[name] for name in ("carts", "checkouts", "payment_attempts", "patients", "audit_entries")
    }
    assert 2 == grown["moves"]


def test_an_entry_says_who_did_what_to_which_rows(world: World) -> None:
    """Actor, journey, command, outcome, and each aggregate with the version that was written."""
    made = world.execute(wish(), staff("crm.catalog.manage"))
    entry = world.ask(ListAuditEntries(limit=1)).items[0]

    assert ("AddProduct", Outcome.DONE, "nurse", "journey-1") == (
        entry.command, entry.outcome, entry.actor, entry.correlation,
    )  # fmt: skip
    assert f"product {made.id} 1" == entry.written
    assert world.clock.now() == entry.at


def test_the_trail_is_read_in_pages(world: World) -> None:
    """Newest first, each entry once."""
    for n in range(5):
        world.execute(wish(f"P{n}"))
    found, cursor = [], None
    while True:
        page = world.ask(ListAuditEntries(limit=2, cursor=cursor))
        found += [entry.id for entry in page.items]
        if page.next is None:
            break
        cursor = page.next
    assert sorted((entry.id for entry in world.rows(AUDIT_ENTRIES)), reverse=True) == found


def test_the_moves_of_one_aggregate_are_found(world: World) -> None:
    """All of them, in their order, and no other's, however its id begins."""
    view = world.buy(world.product())
    cart = view.checkout.cart
    moves = world.ask(ListMoves(subject=cart))

    assert ["OPEN", "COMPLETED"] == [move.target for move in moves]
    assert {cart} == {move.subject for move in moves}
    assert () == world.ask(ListMoves(subject=cart[:-1]))


CANARY = "Zanzibar Quetzalcoatl"


def test_no_personal_text_leaves_the_sealed_bodies(memory_world: World) -> None:
    """Name, address, mail and phone of a buyer are in no audit entry, move, event, answer or column of any table."""
    world = memory_world
    contact = Contact(email="canary.quetzalcoatl@example.com", name=CANARY, phone="+1 212 555 0199")
    address = Address(address1=f"{CANARY} Street", city="Canaryville", postal_code="99999-CANARY", country_code="IE")
    row = PatientRow(external_id="x-1", contact=evolve(contact, email="canary2@example.com"), address=address)
    world.execute(ImportPatients(rows=(row,)), keyed("import"))
    command = world.submission(world.cart(world.product(), world.plan()), contact=contact, address=address)
    world.execute(command, keyed("buy", PUBLIC))
    world.services.submit_checkout(command, PUBLIC)
    world.advance(days=31)
    world.bill()

    for shape in ALL:
        for one in world.rows(shape):
            columns = [str(column.take(one)) for column in shape.columns]
            open_text = " ".join(columns) + ("" if shape.sealed or shape.flat else wire.encode(one))
            for word in ("anary", "Quetzal", "7777 0", "5550199", "555 0199", "99999-"):
                assert word not in open_text, (shape.name, word)


def test_the_audit_names_numbers_and_ids_but_no_texts(memory_world: World) -> None:
    """What was asked stays readable for a person who checks it."""
    product = memory_world.product()
    memory_world.execute(AddItems(cart=memory_world.cart(product).id, products=(product.id,)))
    entry = memory_world.ask(ListAuditEntries(limit=1)).items[0]

    assert product.id in entry.asked


# preview


def test_a_preview_answers_and_keeps_nothing(world: World) -> None:
    """As the command itself would answer, on every backend; numbers are not used up."""
    command = world.submission(world.cart(world.product()))
    before = everything(world)
    shown = world.services.application.preview(command, keyed("k1", PUBLIC))
    assert before == everything(world)

    done = world.execute(command, keyed("k1", PUBLIC))
    assert (shown.quote, shown.state, shown.version) == (done.quote, done.state, done.version)
    view = world.buy(world.product())
    assert [1] == [invoice.number for invoice in world.rows(INVOICES)], view


def test_a_preview_of_settings_is_not_remembered(world: World) -> None:
    """Neither by this transaction's neighbours nor by the next one."""
    shown = world.services.application.preview(ChangeSettings(carts=CartSettings(tax_basis_points=5000)), SYSTEM)
    assert 5000 == shown.carts.tax_basis_points

    assert 0 == world.ask(GetOrganization()).carts.tax_basis_points
    cart = world.cart(world.product(1000))
    assert usd(1000) == cart.quote.total  # type: ignore[union-attr]  # it is priced


def test_an_organization_that_was_only_tried_does_not_exist(world: World) -> None:
    """A preview of its opening leaves nothing behind, not even in memory."""
    other = Envelope(actor=evolve(SYSTEM.actor, organization=OrganizationId("org_other")))
    opening = OpenOrganization(slug="other", name="Other", zone="UTC", currency="USD")

    stands = evolve(world.ask(GetOrganization()), version=0, slug="other")
    there = evolve(stands, id=other.actor.organization, organization=other.actor.organization)

    def open_and_look(command: Happen, env: Any) -> int:
        env.organizations.add(there)
        return len(env.organization.slug)

    application = toys(world, UseCase(Happen, open_and_look, None))
    application.preview(opening, other)
    application.preview(Happen(times=0), other)
    with refused(HlcError):
        world.execute(wish(), other)


def test_settings_hold_for_the_next_command(world: World) -> None:
    """What was changed is used at once."""
    world.cart(world.product(1000))
    world.change(carts=CartSettings(tax_basis_points=1000))

    assert usd(1100) == world.cart(world.product(1000)).quote.total  # type: ignore[union-attr]  # it is priced


# events


def test_only_events_that_somebody_waits_for_are_stored(world: World) -> None:
    """With the journey and the actor, in the same transaction."""
    world.buy(world.product())
    stored = world.rows(DELIVERIES)

    assert {"login.welcome_wanted", "checkout.succeeded"} == {one.name for one in stored}
    assert {world.clock.now()} == {one.at for one in stored}


def test_keys_and_answers_are_rows_of_the_organization(world: World) -> None:
    """A submission is found by its hashed key; the key itself is not stored."""
    world.execute(wish(), keyed("a-very-secret-key"))
    (row,) = world.rows(SUBMISSIONS)

    assert "secret" not in wire.encode(row)
    assert ORGANIZATION == row.organization


def test_a_crash_within_a_run_leaves_the_lock_free() -> None:
    """A fault that nobody expected rolls back, and the next wish gets its turn."""
    with opened() as world:

        def fail(command: Happen, env: Any) -> int:
            env.products.add(_product(world))
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            toys(world, UseCase(Happen, fail, None)).execute(Happen(times=1), SYSTEM)
        assert [] == world.rows(PRODUCTS)
        done = together(2, lambda _n: world.execute(wish()))
        assert 2 == len(done)


@frozen(kw_only=True)
class Nosy(Query[int]):
    """A question that changes something."""


def test_a_question_that_changes_something_changes_nothing(world: World) -> None:
    """Whatever it saves is gone with it."""
    product = world.product()

    def meddle(query: Nosy, env: Any) -> int:
        env.products.save(evolve(env.products.get(product.id), active=False))
        return 1

    application = Application(world.services.units, USE_CASES, (*QUESTIONS, Question(Nosy, meddle, None)), ())
    assert 1 == application.ask(Nosy(), SYSTEM)
    assert [True] == [one.active for one in world.rows(PRODUCTS)]
    assert 1 == len(world.ask(ListProducts()).items)
    assert [] == [move for move in world.rows(MOVES) if move.subject == product.id]
