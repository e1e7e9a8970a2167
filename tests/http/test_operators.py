"""What operators do over HTTP: the same commands, the same refusals, `actions` in every answer that has a lifecycle."""

from __future__ import annotations

from datetime import timedelta

from hlc_adapters.worker import Worker
from support.printed import text_of
from support.service import Shop, Told

EMPTY_BODY: dict[str, object] = {}


def test_products_are_added_changed_withdrawn_and_restored(shop: Shop) -> None:
    """The whole life of a product, and a refusal that names the field."""
    offer = {"name": "Visit", "price": {"amount": 4900, "currency": "USD"}, "kind": "ONE_TIME"}

    made = shop.staff.post("/api/v1/products", {"offer": offer})
    path = f"/api/v1/products/{made.json['product']['id']}"
    changed = shop.staff.ask("PATCH", path, {"offer": {**offer, "name": "Long visit"}})
    withdrawn = shop.staff.post(f"{path}/withdraw")
    foreign = shop.staff.post("/api/v1/products", {"offer": {**offer, "price": {"amount": 1, "currency": "EUR"}}})

    assert (201, ["change", "withdraw"]) == (made.status, made.json["actions"])
    assert "Long visit" == changed.json["product"]["offer"]["name"]
    assert (False, ["change", "restore"]) == (withdrawn.json["product"]["active"], withdrawn.json["actions"])
    assert shop.staff.post(f"{path}/restore").json["product"]["active"]
    assert 422 == foreign.status
    assert "price" in foreign.json["fields"][0]["field"]
    assert 1 == len(shop.staff.get("/api/v1/products?activeOnly=true&limit=1").json["items"])


def test_coupons_and_templates_are_managed(shop: Shop) -> None:
    """Added, changed, withdrawn; the first template becomes the default."""
    coupon = shop.staff.post("/api/v1/coupons", {"code": "TEN", "terms": {"percent": 1000}}).json["coupon"]
    path = f"/api/v1/coupons/{coupon['id']}"
    template = shop.staff.post("/api/v1/checkout-templates", {"name": "main", "design": {"title": "Clinic"}}).json

    assert 0 == shop.staff.get(path).json["redeemed"]
    assert 2000 == shop.staff.ask("PATCH", path, {"terms": {"percent": 2000}}).json["coupon"]["terms"]["percent"]
    assert not shop.staff.post(f"{path}/withdraw").json["coupon"]["active"]
    assert shop.staff.post(f"{path}/restore").json["coupon"]["active"]
    assert (409, "code_taken") == _refused(shop.staff.post("/api/v1/coupons", {"code": "ten", "terms": {"percent": 1}}))
    assert template["default"]
    assert 200 == shop.staff.post(f"/api/v1/checkout-templates/{template['id']}/default").status
    assert 1 == len(shop.staff.get("/api/v1/checkout-templates").json["items"])


def test_an_order_is_moved_along_its_edges_only(shop: Shop) -> None:
    """`actions` says what is possible; the rest is refused; the explanation tells what was tried."""
    number = shop.buy(shop.world.product(needs_prescription=True))["orderNumber"]
    path = f"/api/v1/orders/{number}"

    shown = shop.staff.get(path).json
    wrong = shop.staff.post(f"{path}/move", {"trigger": "ship"})
    elsewhere = shop.staff.post(f"{path}/move", {"trigger": "cancel", "reason": "asked", "expected": "SHIPPED"})
    moved = shop.staff.post(f"{path}/move", {"trigger": "cancel", "reason": "The patient asked."})
    told = shop.staff.get(f"{path}/explain").json

    assert "cancel" in [action["trigger"] for action in shown["actions"]]
    assert 409 == wrong.status
    assert (409, "moved_meanwhile") == _refused(elsewhere)
    assert "CANCELLED" == moved.json["order"]["state"]
    assert any("The patient asked." in line for line in told["tried"])
    cancelled = shop.staff.get("/api/v1/orders?state=CANCELLED").json["items"]
    assert [number] == [card["order"]["number"] for card in cancelled]
    assert [] == shop.staff.get("/api/v1/orders?late=true").json["items"]


def test_staff_draft_an_order_and_place_it(shop: Shop) -> None:
    """A draft, its placement, and the tracking that is refused while there is no parcel."""
    product = shop.world.product()
    patient = shop.world.subscribe().patient

    draft = shop.staff.post("/api/v1/orders", {"patient": patient, "items": [{"product": product.id}]})
    path = f"/api/v1/orders/{draft.json['order']['id']}"
    placed = shop.staff.post(f"{path}/submit")
    parcel = shop.staff.post(f"{path}/tracking", {"carrier": "UPS", "trackingNumber": "1Z"})

    assert (201, "INCOMPLETE") == (draft.status, draft.json["order"]["state"])
    assert "AWAITING_PAYMENT" == placed.json["order"]["state"]
    assert (409, "tracking_not_possible") == _refused(parcel)


def test_a_subscription_is_paused_resumed_cancelled_and_kept(shop: Shop) -> None:
    """Each step answers the subscription as it then is, with its actions."""
    path = f"/api/v1/subscriptions/{shop.world.subscribe().number}"

    assert "pause" in shop.staff.get(path).json["actions"]
    assert "PAUSED" == shop.staff.post(f"{path}/pause", EMPTY_BODY).json["state"]
    assert "ACTIVE" == shop.staff.post(f"{path}/resume", {"resumeAs": "keep_anchor"}).json["state"]
    assert shop.staff.post(f"{path}/cancel", {"reason": "Too dear."}).json["endsWithPeriod"]
    assert not shop.staff.post(f"{path}/keep").json["endsWithPeriod"]
    assert (409, "nothing_is_planned") == _refused(shop.staff.post(f"{path}/keep"))
    assert "CANCELLED" == shop.staff.post(f"{path}/cancel", {"reason": "Gone.", "when": "now"}).json["state"]
    assert 1 == len(shop.staff.get("/api/v1/subscriptions?states=CANCELLED,PAUSED").json["items"])
    assert shop.staff.get(f"{path}/explain").json["staffSentence"]


def test_subscriptions_of_one_patient_are_asked_for_like_all_others(shop: Shop) -> None:
    """By state, too, and with a page size that is served."""
    held = shop.world.subscribe()
    path = f"/api/v1/subscriptions?patient={held.patient}"

    assert [held.id] == [one["id"] for one in shop.staff.get(path).json["items"]]
    assert [held.id] == [one["id"] for one in shop.staff.get(f"{path}&states=ACTIVE,PAUSED").json["items"]]
    assert [] == shop.staff.get(f"{path}&states=PAUSED").json["items"]
    assert 422 == shop.staff.get(f"{path}&limit=-474").status


def test_a_switch_and_a_payoff_charge_what_was_quoted(shop: Shop) -> None:
    """The quote's hash confirms; another one is stale."""
    held, dearer = shop.world.subscribe(), shop.world.plan(29900)
    path = f"/api/v1/subscriptions/{held.id}"
    committed = shop.world.subscribe(shop.world.plan(5000, cycles=6))
    settled = f"/api/v1/subscriptions/{committed.id}/payoff"

    quote = shop.staff.post(f"{path}/switch/quote", {"productId": dearer.id}).json
    stale = shop.staff.post(f"{path}/switch", {"productId": dearer.id, "quoteHash": "nope"})
    done = shop.staff.post(f"{path}/switch", {"productId": dearer.id, "quoteHash": quote["hash"]})
    payoff = shop.staff.post(f"{settled}/quote").json
    paid = shop.staff.post(settled, {"quoteHash": payoff["hash"]})

    assert (409, "stale_quote") == _refused(stale)
    assert (dearer.id, None) == (done.json["product"], done.json["changing"])
    assert 25000 == payoff["charge"]["amount"]
    assert 6 == paid.json["paidCycles"]


def test_methods_are_added_listed_chosen_and_removed(shop: Shop) -> None:
    """No answer ever holds a token."""
    held = shop.world.subscribe()
    methods = f"/api/v1/patients/{held.patient}/payment-methods"

    added = shop.staff.post(methods, {"token": "tok_mastercard"})
    refused = shop.staff.post(methods, {"token": "tok_nonsense"})
    listed = shop.staff.get(methods)
    chosen = shop.staff.post(f"/api/v1/subscriptions/{held.id}/method", {"methodId": added.json["id"]})
    foreign = shop.staff.post(f"/api/v1/subscriptions/{held.id}/method", {"methodId": "pm_nope"})
    removed = shop.staff.ask("DELETE", f"/api/v1/payment-methods/{added.json['id']}")

    assert ("mastercard", True) == (added.json["card"]["brand"], added.json["default"])
    assert (409, "card_refused") == _refused(refused)
    assert 2 == len(listed.json)
    assert b"token" not in listed.body
    assert added.json["id"] == chosen.json["method"]
    assert "no_usable_method" == foreign.code
    assert ("removed", []) == (removed.json["state"], removed.json["actions"])


def test_a_payment_is_explained_and_given_back_once_for_a_key(shop: Shop) -> None:
    """The same key refunds once; more than was captured is refused."""
    cart = shop.cart(shop.world.product(1000))
    shop.pay(cart)
    attempt = shop.staff.get(f"/api/v1/payments/attempts?obligation={cart['cartId']}").json[0]
    path = f"/api/v1/payments/attempts/{attempt['id']}"
    part = {"amount": {"amount": 300, "currency": "USD"}, "reason": "Late."}

    first = shop.staff.post(f"{path}/refunds", part, Idempotency_Key="r1")
    again = shop.staff.post(f"{path}/refunds", part, Idempotency_Key="r1")
    too_much = shop.staff.post(f"{path}/refunds", {"amount": {"amount": 701, "currency": "USD"}})

    assert (201, "refunded") == (first.status, first.json["state"])
    assert first.json == again.json == shop.staff.get(f"/api/v1/payments/refunds/{first.json['id']}").json
    assert "refund_too_large" == too_much.code
    assert "paid" == shop.staff.get(path).json["state"]
    assert shop.staff.get(f"{path}/explain").json["tried"]
    assert shop.staff.get("/api/v1/payments/events?limit=5").json["items"]
    assert [] == shop.staff.get("/api/v1/payments/quarantine").json


def test_an_attempt_in_quarantine_is_ruled_by_a_person(shop: Shop) -> None:
    """A wrong amount waits for a ruling; the ruling completes the purchase."""
    cart = shop.cart(shop.world.product(1000))
    shop.pay(cart, "tok_wrong_amount")
    waiting = shop.staff.get("/api/v1/payments/quarantine").json

    assert 1 == len(waiting)
    path = f"/api/v1/payments/attempts/{waiting[0]['id']}/ruling"
    ruled = shop.staff.post(path, {"paid": True, "evidence": "Seen in the gateway's books."})
    again = shop.staff.post(path, {"paid": False, "evidence": "No."})
    assert "paid" == ruled.json["state"]
    assert 409 == again.status
    assert "COMPLETED" == shop.client.get(f"/api/public/cart/{cart['cartId']}").json["state"]


def test_invoices_are_listed_printed_paid_and_withdrawn(shop: Shop) -> None:
    """Documents as text and HTML; money from outside; a reason for what is withdrawn."""
    patient = shop.world.subscribe().patient
    paid = shop.staff.get(f"/api/v1/invoices?patient={patient}").json["items"][0]["invoice"]["id"]
    lines = [{"name": "Visit", "amount": {"amount": 1000, "currency": "USD"}}]
    body = {"patient": patient, "lines": lines, "dueOn": "2026-02-01"}
    draft = shop.staff.post("/api/v1/invoices", body).json["invoice"]["id"]
    movement = {"amount": {"amount": 400, "currency": "USD"}, "reference": "R-1"}

    assert shop.staff.get(f"/api/v1/invoices/{paid}/receipt").headers["content-type"].startswith("text/plain")
    assert b"<" in shop.staff.get(f"/api/v1/invoices/{paid}/document?format=html").body
    assert "not_paid_yet" == shop.staff.get(f"/api/v1/invoices/{draft}/receipt").code
    assert "not_paid_yet" == shop.staff.get(f"/api/v1/invoices/{draft}/receipt/pdf").code
    pdf = shop.staff.get(f"/api/v1/invoices/{paid}/pdf")
    assert ("application/pdf", "no-store") == (pdf.headers["content-type"], pdf.headers["cache-control"])
    assert "Invoice" in text_of(pdf.body)
    assert "Receipt for invoice" in text_of(shop.staff.get(f"/api/v1/invoices/{paid}/receipt/pdf").body)
    assert "Draft" in text_of(shop.staff.get(f"/api/v1/invoices/{draft}/pdf").body).title()
    assert "OPEN" == shop.staff.post(f"/api/v1/invoices/{draft}/issue").json["invoice"]["state"]
    assert 600 == shop.staff.post(f"/api/v1/invoices/{draft}/payments", movement).json["balance"]["amount"]
    assert 409 == shop.staff.post(f"/api/v1/invoices/{draft}/void", {"reason": "Wrong one."}).status
    gone = shop.staff.post(f"/api/v1/invoices/{draft}/uncollectible", {"reason": "Moved away."})
    assert "UNCOLLECTIBLE" == gone.json["invoice"]["state"]
    assert shop.staff.get(f"/api/v1/invoices/{draft}/explain").json["because"]


def test_billing_is_planned_run_and_recovered(any_shop: Shop) -> None:
    """The plan names every line; the run does it once; a failed renewal can be retried by hand."""
    shop = any_shop
    held = shop.world.subscribe(token="tok_renewal_soft_1")
    shop.world.advance(days=31)

    plan = shop.staff.get("/api/v1/billing/plan").json
    run = shop.staff.post("/api/v1/billing/runs", EMPTY_BODY)
    again = shop.staff.post("/api/v1/billing/runs", EMPTY_BODY)
    case = shop.staff.get("/api/v1/recovery").json["items"][0]
    retried = shop.staff.post(f"/api/v1/recovery/{case['id']}/retry", EMPTY_BODY)

    assert [("CHARGE", held.id)] == [(line["kind"], line["subject"]) for line in plan["lines"]]
    assert 1 == run.json["charges"]
    assert 0 == again.json["charges"]
    assert ["retry"] == case["actions"]
    assert "RESOLVED" == retried.json["status"].upper()
    assert "nothing_to_retry" == shop.staff.post(f"/api/v1/recovery/{case['id']}/retry", EMPTY_BODY).code
    assert 2 == len(shop.staff.get("/api/v1/billing/runs").json)
    assert [] == shop.staff.get("/api/v1/billing/set-aside").json
    assert 404 == shop.staff.post(f"/api/v1/billing/set-aside/{held.id}/release").status


def test_a_provisional_patient_is_joined_to_its_account(shop: Shop) -> None:
    """The second purchase under an address is provisional until it is confirmed."""
    shop.buy(shop.world.product())
    shop.buy(shop.world.product())
    provisional, account = shop.staff.get("/api/v1/patients").json["items"]

    joined = shop.staff.post(f"/api/v1/patients/{provisional['id']}/confirm")

    assert "confirm" in provisional["actions"]
    assert "confirm" not in account["actions"]
    assert account["id"] == joined.json["id"]
    assert b"emailKey" not in joined.body


def test_settings_jobs_outbox_audit_and_machines(shop: Shop) -> None:
    """The running of the installation."""
    settings = shop.staff.ask("PATCH", "/api/v1/organization", {"carts": {"taxBasisPoints": 725}})
    wrong = shop.staff.ask("PATCH", "/api/v1/organization", {"carts": {"taxBasisPoints": -1}})
    order = shop.buy(shop.world.product())["orderId"]

    assert 725 == settings.json["carts"]["taxBasisPoints"]
    assert "carts.taxBasisPoints" == wrong.json["fields"][0]["field"]
    assert "carts" == shop.staff.post("/api/v1/jobs/carts/run").json["name"]
    assert 404 == shop.staff.post("/api/v1/jobs/nope/run").status
    assert ["carts"] == [job["name"] for job in shop.staff.get("/api/v1/jobs").json]
    assert [] == shop.staff.get("/api/v1/outbox/parked").json
    assert 0 == shop.staff.post("/api/v1/outbox/retry", EMPTY_BODY).json["retried"]
    assert shop.staff.get("/api/v1/audit?limit=1").json["next"]
    assert shop.staff.get(f"/api/v1/audit/moves/{order}").json
    assert "order" in [one["name"] for one in shop.staff.get("/api/v1/machines").json]
    assert [] == shop.staff.get("/api/v1/doctor").json
    assert [] == shop.staff.post("/api/v1/doctor/repair").json
    assert 401 == shop.client.post("/api/v1/doctor/repair").status


def test_a_parked_event_is_shown_and_tried_again(shop: Shop) -> None:
    """What could not be delivered is named with its cause, without its content."""

    def fails(_: object) -> None:
        raise OSError("secret text")

    shop.buy(shop.world.product())
    services = shop.world.services
    broken = dict.fromkeys(services.effects, (fails,))
    services.effects.update(broken)  # type: ignore[attr-defined]  # the world's own mapping
    for _ in range(60):
        services.relay()
        shop.world.clock.advance(timedelta(hours=2))

    parked = shop.staff.get("/api/v1/outbox/parked")
    assert {"OSError"} == {one["error"] for one in parked.json}
    assert b"secret" not in parked.body
    chosen = shop.staff.post("/api/v1/outbox/retry", {"events": [parked.json[0]["id"]]})
    assert 1 == chosen.json["retried"]


def test_a_csv_body_is_checked_and_imported(shop: Shop) -> None:
    """A dry run reports line and column; the import takes the rows; sending it again changes nothing."""
    header = b"external_id,name,price,kind\n"
    good, bad = b"p-1,Visit,49.00,ONE_TIME\n", b"p-2,,x,ONE_TIME\n"
    path, kind = "/api/v1/imports/products", {"Content_Type": "text/csv"}

    checked = shop.staff.ask("POST", f"{path}?dryRun=true", raw=header + good + bad, **kind)
    refused = shop.staff.ask("POST", path, raw=header + good + bad, **kind)
    taken = shop.staff.ask("POST", path, raw=header + good, **kind)
    again = shop.staff.ask("POST", path, raw=header + good, **kind)
    no_table = shop.staff.ask("POST", path, raw=b"\xff\xfe\x00", **kind)

    assert (1, 1) == (checked.json["new"], checked.json["bad"])
    assert {(3, "name"), (3, "price")} == {(one["line"], one["column"]) for one in checked.json["problems"]}
    assert (422, "bad_rows") == _refused(refused)
    assert (1, 1) == (taken.json["new"], again.json["same"])
    assert "not_a_table" == no_table.code
    assert "external_id" in [one["name"] for one in shop.staff.get(f"{path}/columns").json]
    assert 404 == shop.staff.get("/api/v1/imports/nonsense/columns").status


def test_the_worker_beside_the_service_finishes_what_is_in_doubt(shop: Shop) -> None:
    """A payment whose answer was lost is resolved by the job, and the page's poll sees it."""
    cart = shop.cart(shop.world.product())
    shop.pay(cart, "tok_lost_answer")
    shop.world.advance(minutes=10)
    (organization,) = shop.world.services.directory.all()

    Worker(shop.world.services, lambda line: None).run_jobs(organization)

    assert "COMPLETED" == shop.client.get(f"/api/public/cart/{cart['cartId']}").json["state"]


def _refused(told: Told) -> tuple[int, str]:
    return told.status, told.code
