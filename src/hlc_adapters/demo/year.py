"""A year of business, day by day, on a clock that is set: real use cases, the simulator's cards, a fixed seed.

Nothing here is invented by writing rows: carts are filled and paid or left, orders are walked through the hands of
clinicians and the pharmacy, the billing run renews, cards fail and recover or do not, people pause, switch and leave.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from importlib import resources
from pathlib import Path

from attrs import define, field

from hlc_adapters.clock import VirtualClock
from hlc_adapters.demo.care import Care
from hlc_adapters.demo.partners import Partners
from hlc_adapters.demo.people import person
from hlc_adapters.demo.pharmacy import Prescribing
from hlc_adapters.gateways.simulator import SimulatorGateway
from hlc_adapters.imports.files import open_table
from hlc_adapters.imports.kinds import COUPONS, DRUGS, PATIENTS, PRODUCTS, Kind
from hlc_adapters.imports.loading import Import
from hlc_adapters.imports.progress import Progresses
from hlc_adapters.services import Services
from hlc_core.access.api import KEYS
from hlc_core.billing.api import ACTIONS, RunWish, planned_pages
from hlc_core.cart.api import AbandonCarts, ApplyCoupon, Cart, CreateCart, QuoteCart
from hlc_core.catalog.api import ListProducts, Product
from hlc_core.checkout.api import CheckoutView, SubmitCheckout
from hlc_core.invoicing.api import InvoicesOfSubscription
from hlc_core.kernel.commands import Actor, ActorKind, Envelope, system
from hlc_core.kernel.errors import Conflict
from hlc_core.kernel.ids import ActorId, AttemptId, CheckoutId, OrderId, OrganizationId, SubscriptionId
from hlc_core.kernel.money import Rounding
from hlc_core.kernel.time import Interval, Unit, local_date
from hlc_core.orders.api import GetOrder, ListOrders, MoveOrder, Order, OrderState, OrderTrigger, SetTracking
from hlc_core.organizations.api import (
    Branding,
    ChangeSettings,
    FinalFailure,
    LetterheadSettings,
    OpenOrganization,
    RecoverySettings,
)
from hlc_core.patients.api import Address, Contact
from hlc_core.payments.api import AttemptState, Instrument, PaymentAttempt, RequestRefund, SaveMethod
from hlc_core.recovery.api import ListRecoveries, RecoveryState
from hlc_core.subscriptions.api import (
    CancelSubscription,
    GetSubscription,
    OpenDebt,
    PauseSubscription,
    PayOffSubscription,
    QuotePayoff,
    QuoteSwitch,
    Subscription,
    SwitchSubscription,
    When,
)

DAYS = 365
SEED = 20_260
SLUG = "lakeside"
ZONE = "America/New_York"

Tell = Callable[[int, int], None]

_CARDS = (
    *("tok_success",) * 70,
    *("tok_mastercard",) * 12,
    *("tok_renewal_soft_1",) * 5,
    *("tok_renewal_soft_3",) * 2,
    *("tok_renewal_dead",) * 4,
    *("tok_renewal_action",) * 2,
    *("tok_action_once",) * 3,
    "tok_lost_answer",
)
"""Cards that buyers pay with, as often as they do."""
_POOR = ("tok_renewal_soft_4", "tok_renewal_dead", "tok_renewal_action", "tok_renewal_soft_2")
"""Some buyers of the weeks before the last pay with these, so that renewals fail in the days that a visitor sees."""
_MONTH = Interval(Unit.MONTH, 1)
_DECLINED = ("tok_hard", "tok_soft", "tok_expired", "tok_stolen")

_STEPS: dict[OrderState, tuple[OrderTrigger, int, int]] = {
    OrderState.AWAITING_REQUIREMENTS: (OrderTrigger.SUBMIT_INTAKE, 0, 3),
    OrderState.PROCESSING: (OrderTrigger.APPROVE, 0, 2),
    OrderState.AWAITING_REQUISITION: (OrderTrigger.ISSUE_REQUISITION, 1, 2),
    OrderState.AWAITING_RESULTS: (OrderTrigger.RECEIVE_RESULTS, 3, 9),
    OrderState.AWAITING_SCRIPT: (OrderTrigger.PRESCRIBE, 0, 2),
    OrderState.AWAITING_FULFILLMENT: (OrderTrigger.PACK, 1, 2),
    OrderState.AWAITING_SHIPMENT: (OrderTrigger.SHIP, 0, 1),
    OrderState.SHIPPED: (OrderTrigger.DELIVER, 2, 5),
}
"""What happens next to an order in each state, and after how many days at least and at most."""


@define
class Year:
    """The clinic of the demo, and the days that it has lived through. `services` run on `clock` and `gateway`."""

    services: Services
    clock: VirtualClock
    gateway: SimulatorGateway
    organization: OrganizationId
    scratch: Path
    draw: random.Random = field(factory=lambda: random.Random(SEED))  # noqa: S311  # a replay, not a secret
    buyers: int = 0
    number: int = 0
    """Of the day that is lived through, from 0."""
    products: Sequence[Product] = ()
    waiting: dict[date, list[OrderId]] = field(factory=dict)
    """Orders by the day on which somebody turns to them."""
    care: Care = field(init=False)
    partners: Partners = field(init=False)
    prescribing: Prescribing = field(init=False)
    running: list[SubscriptionId] = field(factory=list)
    newest: str = ""
    """The newest order that was seen."""

    def __attrs_post_init__(self) -> None:
        self.care = Care(self.services, self.organization, self.draw)
        self.partners = Partners(self.services, self.organization)
        self.prescribing = Prescribing(self.services, self.organization)

    def live(self, until: datetime, progress: Tell) -> None:
        """Open the clinic a year before the instant, and let it do business up to the evening before."""
        last = local_date(until, ZONE) - timedelta(days=1)
        first = last - timedelta(days=DAYS - 1)
        self._at(first, time(6))
        self._open()
        for number in range(DAYS):
            self._day(first + timedelta(days=number), number)
            progress(number + 1, DAYS)
        self._last_evening(last, until)

    # one day

    def _day(self, day: date, number: int) -> None:
        self.number = number
        self._at(day, time(9))
        self._bill(day)
        if number % 7 == 6 or number > DAYS - 8:
            self.services.relay(5000)  # by day: nobody is reminded of anything at night
        self._wake_orders(day)
        self._at(day, time(14))
        for _ in range(self._purchases(day, number)):
            self.clock.advance(timedelta(minutes=self.draw.randrange(3, 25)))
            self._visit()
        self._at(day, time(20))
        self._care_for_subscriptions(day)
        self._recover(day)
        self.services.application.execute(AbandonCarts(), self.system)
        self.services.resolve_due(self.system)
        self._see_orders(day)
        if number == DAYS - 95:
            self.partners.long_ago()
        if number == DAYS - 33:
            self.prescribing.last_month(self._monthly, day)
        if number == DAYS - 8:
            self.prescribing.labs_first()

    def _purchases(self, day: date, number: int) -> int:
        """Business grows over the year, and rests a little on Sundays."""
        mean = 0.8 + 0.9 * number / DAYS - (0.3 if day.weekday() == 6 else 0.0)
        return sum(self.draw.random() < mean / 5 for _ in range(5))

    def _bill(self, day: date) -> None:
        pages = planned_pages(day, self.services.application, self.system)
        if any(line.kind in ACTIONS and not line.waits for page in pages for line in page.lines):
            self.services.run_billing(RunWish(as_of=day, override_bound=True), self.system)

    # buying

    def _visit(self) -> None:
        application, draw = self.services.application, self.draw
        poor = DAYS - 42 <= self.number <= DAYS - 29 and draw.random() < 0.4
        recurring = poor or draw.random() < 0.72
        offered = [one for one in self.products if one.recurring is recurring]
        wanted = draw.choice([one for one in offered if one.offer.interval == _MONTH] if poor else offered)
        products = [wanted.id]
        if draw.random() < 0.12:
            products.append(draw.choice(self.products).id)
        cart = application.execute(CreateCart(products=tuple(dict.fromkeys(products)), source_path="/"), self.public)
        if draw.random() < 0.12:
            return
        if draw.random() < 0.1:
            cart = application.execute(ApplyCoupon(cart=cart.id, code="WELCOME10"), self.public)
        self.buyers += 1
        contact, address = person(self.buyers, draw)
        if draw.random() < 0.06 and not self._pay(cart, draw.choice(_DECLINED), contact, address):
            if draw.random() < 0.4:
                return
            cart = application.execute(QuoteCart(cart=cart.id), self.public)
        self._pay(cart, draw.choice(_POOR) if poor else draw.choice(_CARDS), contact, address)

    def _pay(self, cart: Cart, card: str, contact: Contact, address: Address) -> bool:
        """Whether the checkout ended in an order."""
        view = self.services.submit_checkout(
            SubmitCheckout(
                cart=cart.id,
                quote_hash=cart.quote.hash if cart.quote else "",
                contact=contact,
                address=address,
                token=self._token(card),
            ),
            self.public,
        )
        if view.attempt is not None and view.attempt.live:
            view = self._confirm_at_the_bank(view.checkout.id, view.attempt)
        self.running += view.checkout.subscriptions
        return view.checkout.order is not None

    def _token(self, card: str) -> str:
        """A card that is good for years; some few run out soon, so that reminders are due."""
        year = self.clock.now().year + self.draw.randrange(1, 5)
        return f"{card}.{self.draw.randrange(1, 13):02d}{year}~d{self.buyers}"

    def _confirm_at_the_bank(self, checkout: CheckoutId, attempt: PaymentAttempt) -> CheckoutView:
        """The buyer agrees to the 3-D Secure step, or waits for an answer that was lost."""
        if attempt.state is AttemptState.ACTION and attempt.object_id is not None:
            self.gateway.act(attempt.object_id, True)
        self.clock.advance(timedelta(seconds=40))
        return self.services.resume_checkout(checkout, self.public)

    # orders

    def _see_orders(self, day: date) -> None:
        """Orders that came today, by checkout or renewal, get a day on which somebody turns to them."""
        cursor, found = None, []
        while True:
            page = self.services.application.ask(ListOrders(cursor=cursor, limit=20), self.system)
            new = [card.order for card in page.items if card.order.id > self.newest]
            found += new
            cursor = page.next
            if len(new) < len(page.items) or cursor is None:
                break
        for order in found:
            self._plan(order.id, order.state, day)
        if found:
            self.newest = max(order.id for order in found)

    def _plan(self, order: OrderId, state: OrderState, day: date) -> None:
        step = _STEPS.get(state)
        if step is not None:
            least, most = step[1:]
            slow = 12 if self.draw.random() < 0.04 else 0
            turn = day + timedelta(days=1 + self.draw.randrange(least, most + 1) + slow)
            self.waiting.setdefault(turn, []).append(order)
        elif state is OrderState.AWAITING_PAYMENT:
            self.waiting.setdefault(day + timedelta(days=3), []).append(order)

    def _wake_orders(self, day: date) -> None:
        for id in self.waiting.pop(day, ()):
            self._move(id, day)

    def _move(self, id: OrderId, day: date) -> None:
        order = self.services.application.ask(GetOrder(order=id), self.system).order
        step = _STEPS.get(order.state)
        if step is None:
            if order.state is OrderState.AWAITING_PAYMENT:
                self._plan(id, order.state, day)
            return
        trigger = step[0]
        if order.state is OrderState.AWAITING_REQUIREMENTS:
            self.care.answer(id, day)
        elif order.state is OrderState.PROCESSING and not (order.needs.labs and not order.results_received):
            self._decide(id)
        else:
            self._push(order, OrderTrigger.ORDER_LABS if order.state is OrderState.PROCESSING else trigger)
        self._plan(id, self.services.application.ask(GetOrder(order=id), self.system).order.state, day)

    def _push(self, order: Order, trigger: OrderTrigger) -> None:
        """What staff, laboratory and pharmacy do with it."""
        if order.state is OrderState.AWAITING_FULFILLMENT and not order.needs.shipment:
            trigger = OrderTrigger.FINISH
        if order.state is OrderState.SHIPPED and self.draw.random() < 0.01:
            trigger = OrderTrigger.RETURN
        if trigger is OrderTrigger.SHIP:
            number = f"1Z{self.draw.randrange(10**9, 10**10)}"
            tracking = SetTracking(order=order.id, carrier="UPS", tracking_number=number)
            self.services.application.execute(tracking, self.staff)
        self.services.application.execute(MoveOrder(order=order.id, trigger=trigger), self.staff)

    def _decide(self, order: OrderId) -> None:
        """What the clinician does with it."""
        drawn = self.draw.random()
        if drawn < 0.02:
            self.care.reject(order)
        elif drawn < 0.05:
            self.care.send_back_anything(order)
        else:
            self.care.approve(order)

    # subscriptions

    def _care_for_subscriptions(self, day: date) -> None:
        if not self.running:
            return
        wishes: tuple[tuple[float, Callable[[Subscription, date], None]], ...] = (
            (0.2, self._pause),
            (0.24, self._cancel),
            (0.12, self._switch),
            (0.1, self._pay_off),
            (0.08, self._refund),
        )
        for chance, wish in wishes:
            if self.draw.random() < chance:
                id = self.draw.choice(self.running)
                held = self.services.application.ask(GetSubscription(subscription=id), self.staff)
                try:
                    wish(held, day)
                except Conflict:
                    continue  # what the machine does not allow now is not done

    def _pause(self, held: Subscription, day: date) -> None:
        back = day + timedelta(days=self.draw.randrange(20, 60)) if self.draw.random() < 0.8 else None
        when = When.PERIOD_END if self.draw.random() < 0.3 and held.period.end < (back or day) else When.NOW
        self.services.application.execute(
            PauseSubscription(subscription=held.id, when=when, resume_on=back), self.staff
        )

    def _cancel(self, held: Subscription, _: date) -> None:
        when = When.PERIOD_END if self.draw.random() < 0.7 else When.NOW
        reason = self.draw.choice(("Moving away.", "Reached the goal.", "Too expensive.", "No longer needed."))
        command = CancelSubscription(subscription=held.id, when=when, reason=reason, open_debt=OpenDebt.COLLECT)
        self.services.application.execute(command, self.staff)

    def _switch(self, held: Subscription, _: date) -> None:
        others = [one for one in self.products if one.recurring and one.id != held.product and not one.offer.trial_days]
        kin = [one for one in others if one.offer.category == self._category(held)] or others
        product, ask = self.draw.choice(kin).id, self.services.application.ask
        quote = ask(QuoteSwitch(subscription=held.id, product=product, when=When.NOW), self.staff)
        command = SwitchSubscription(subscription=held.id, product=product, when=When.NOW, quote_hash=quote.hash)
        self.services.switch_subscription(command, self.staff)

    def _category(self, held: Subscription) -> str:
        return next((one.offer.category for one in self.products if one.id == held.product), "")

    def _pay_off(self, held: Subscription, _: date) -> None:
        quote = self.services.application.ask(QuotePayoff(subscription=held.id), self.staff)
        command = PayOffSubscription(subscription=held.id, quote_hash=quote.hash)
        self.services.pay_off_subscription(command, self.staff)

    def _refund(self, held: Subscription, _: date) -> None:
        """The last charge goes back, half of the time only in part."""
        paid = self.services.application.ask(InvoicesOfSubscription(subscription=held.id), self.staff)
        references = [
            entry.reference for card in paid for entry in card.invoice.entries if entry.reference[:4] == "att_"
        ]
        if not references:
            return
        part = None if self.draw.random() < 0.5 else paid[-1].invoice.total.share(1, 4, Rounding.DOWN)
        command = RequestRefund(attempt=AttemptId(references[-1]), amount=part, reason="A gesture of goodwill.")
        asked = self.services.application.execute(command, self.staff)
        self.services.give_back((asked,), self.system)

    def _recover(self, day: date) -> None:
        """Some of those whose card failed add another one."""
        if day.weekday() not in (1, 4):
            return
        states = (RecoveryState.NEEDS_PAYMENT_METHOD,)
        for case in self.services.application.ask(ListRecoveries(states=states, limit=50), self.staff).items:
            if self.draw.random() < 0.12:
                instrument = Instrument(token=f"tok_success~new{case.id[-8:]}")
                command = SaveMethod(patient=case.patient, gateway="simulator", instrument=instrument)
                self.services.application.execute(command, self.staff)

    # the first and the last day

    def _open(self) -> None:
        application = self.services.application
        application.execute(
            OpenOrganization(slug=SLUG, name="Lakeside Telehealth", zone=ZONE, currency="USD"), self.system
        )
        application.execute(
            ChangeSettings(
                branding=Branding(title="Lakeside Telehealth"),
                recovery=RecoverySettings(final_failure=FinalFailure.PAUSE),
                letterhead=LetterheadSettings(
                    address=("12 Harbor Street", "Madison, WI 53703"),
                    phone="+1 202 555 0100",
                    email="billing@example.com",
                ),
            ),
            self.system,
        )
        for kind in (PRODUCTS, COUPONS, PATIENTS, DRUGS):
            self._import(kind)
        self.care.open(self.clock.now().date())
        self.products = application.ask(ListProducts(limit=200), self.staff).items

    def _import(self, kind: Kind) -> None:
        with resources.as_file(resources.files("hlc_adapters.samples").joinpath(f"{kind.name}.csv")) as path:
            table = open_table(path, tuple(kind.columns), kind.required)
            organization = self.services.directory.all()[0]
            task = Import(
                kind=kind,
                table=table,
                organization=organization,
                application=self.services.application,
                envelope=self.staff,
                progress=lambda done, planned: None,
            )
            task.load(False, Progresses(self.scratch), self.services.ids)

    def _last_evening(self, last: date, until: datetime) -> None:
        """What somebody who opens the demo should find: an attempt in quarantine, a cart that failed, an open cart."""
        self.clock.set(min(until - timedelta(hours=2), self._instant(last, time(22))))
        once = next(one for one in self.products if not one.recurring)
        for card in ("tok_wrong_amount", "tok_hard"):
            self.buyers += 1
            contact, address = person(self.buyers, self.draw)
            cart = self.services.application.execute(CreateCart(products=(once.id,)), self.public)
            self._pay(cart, card, contact, address)
        self._leave_questions(last)
        self.partners.last_evening()
        self.prescribing.last_evening(self._monthly, last)
        self.services.resolve_due(self.system)
        self.services.relay(5000)

    def _leave_questions(self, last: date) -> None:
        """One order of each sort for those who look at intake and review: not begun, half answered, waiting for a
        clinician, sent back, approved, rejected."""
        orders = [self._ordered(self._monthly) for _ in range(6)]
        self.care.answer(orders[1], last, submit=False, pages=1)
        for order in orders[2:]:
            self.care.answer(order, last)
        self.care.send_back(orders[3], "weight-intake", "weight", "Please weigh yourself again, without shoes.")
        self.care.approve(orders[4])
        self.care.reject(orders[5])

    def _ordered(self, product: Product) -> OrderId:
        self.buyers += 1
        contact, address = person(self.buyers, self.draw)
        cart = self.services.application.execute(CreateCart(products=(product.id,)), self.public)
        self._pay(cart, "tok_success", contact, address)
        return self.services.application.ask(ListOrders(limit=1), self.system).items[0].order.id

    # who, what, and when

    @property
    def _monthly(self) -> Product:
        return next(one for one in self.products if one.external_id == "wm-sema-1m")

    @property
    def system(self) -> Envelope:
        """HLC itself."""
        return system(self.organization)

    @property
    def staff(self) -> Envelope:
        """Somebody at the clinic."""
        return self._envelope(ActorKind.STAFF, "staff_demo")

    @property
    def public(self) -> Envelope:
        """A buyer."""
        return self._envelope(ActorKind.PUBLIC, "public")

    def _envelope(self, kind: ActorKind, name: str) -> Envelope:
        actor = Actor(kind=kind, id=ActorId(name), organization=self.organization, permissions=KEYS[kind])
        return Envelope(actor=actor)

    def _at(self, day: date, clock: time) -> None:
        self.clock.set(self._instant(day, clock))

    def _instant(self, day: date, clock: time) -> datetime:
        return datetime.combine(day, clock, UTC) + timedelta(hours=5)
