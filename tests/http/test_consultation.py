"""The consultation over HTTP: the public routes and the pages without scripts, up to a clinician's decision."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode

import pytest

from core.intake.forms import GOOD, bought, fill, intake_of, publish, submit
from hlc_core.intake.api import IntakeState
from support.service import Client, Shop, Told

CANARY = "canary-7f3a"


def form(client: Client, path: str, **fields: str) -> Told:
    """Post a form."""
    body = urlencode({name.replace("__", "."): value for name, value in fields.items()}).encode()
    return client.ask("POST", path, raw=body, Content_Type="application/x-www-form-urlencoded")


def page_of(shop: Shop, **more: Any) -> tuple[str, Any]:
    """The path of a fresh order's questions, and the order."""
    publish(shop.world)
    order = bought(shop.world, **more)
    return f"/consultation/start/{intake_of(shop.world, order).session_key}", order


ABOUT = {
    "a__born": "1984-03-31",
    "a__height": "5'10",
    "a__height__unit": "cm",
    "a__weight": "180",
    "a__weight__unit": "lb",
}
HEALTH = {"a__conditions__none": "yes", "a__glp1": "no", "a__agree": "yes"}
ABOUT_ITEMS, HEALTH_ITEMS = "born,height,weight", "conditions,glp1,allergies,agree"


def test_the_whole_road_over_the_api(any_shop: Shop) -> None:
    """From the checkout's answer over saved pages and a clinician to an approved order."""
    world, public, staff = any_shop.world, any_shop.client, any_shop.staff
    publish(world)
    cart = any_shop.cart(world.product(questionnaires=("intake",), needs_prescription=True))
    address = {"address1": "1 Main St", "city": "Albany", "postalCode": "12207", "provinceCode": "new york"}
    paid = public.post(f"/api/public/cart/{cart['cartId']}/checkout", any_shop.submission(cart, address=address)).json
    key = paid["consultationUrl"].rpartition("/")[2]
    path = f"/api/public/consultation/{key}"

    asked = public.get(path).json
    assert ("NOT_STARTED", True, 6) == (asked["state"], asked["open"], asked["outstanding"])
    assert "score" not in str(asked)
    assert "disqualifies" not in str(asked)
    half = public.post(f"{path}/answers", {"questionnaire": "intake", "answers": as_json("born", "height")}).json
    assert ("IN_PROGRESS", 4) == (half["state"], half["outstanding"])
    early = public.post(f"{path}/submit")
    assert (422, "answers_incomplete") == (early.status, early.code)
    assert {"field": "intake.weight", "message": "Please answer this."} in early.json["fields"]

    world.restart()
    public.post(
        f"{path}/answers", {"questionnaire": "intake", "answers": as_json("weight", "conditions", "glp1", "agree")}
    )
    done = public.post(f"{path}/submit").json
    assert ("SUBMITTED", False) == (done["state"], done["open"])

    queue = staff.get("/api/v1/reviews").json["items"]
    assert [paid["orderNumber"]] == [one["review"]["orderNumber"] for one in queue]
    held = staff.post("/api/v1/reviews/next").json
    token = held["card"]["review"]["claim"]["token"]
    at = f"/api/v1/reviews/{held['card']['review']['id']}"
    past = [(one["command"], one["shown"]) for one in staff.get("/api/v1/audit").json["items"]]
    whose = f"review {held['card']['review']['id']}, patient {held['card']['review']['patient']}"
    assert [("GetReview", whose), ("ClaimNextReview", "")] == past[:2]
    refused = staff.post(f"{at}/approve", {"token": token})
    assert (403, "not_licensed") == (refused.status, refused.code)
    assert "You have no licence for NY, where the patient is, so you cannot approve this." == refused.json["detail"]
    licence = staff.post(
        "/api/v1/licences", {"clinician": "alice", "number": "F-1", "state": "New York", "expiresOn": "2030-01-01"}
    ).json
    staff.post(f"/api/v1/licences/{licence['id']}/verify")
    decision = staff.post(f"{at}/approve", {"token": token}).json

    assert ("approved", "NY", "F-1") == (decision["outcome"], decision["patientState"], decision["licence"]["number"])
    order = staff.get(f"/api/v1/orders/{paid['orderNumber']}").json["order"]
    assert "AWAITING_SCRIPT" == order["state"]
    told = staff.get(f"/api/v1/orders/{paid['orderNumber']}/explain").json["tried"]
    assert any("review of revision 1: approved by alice" in line for line in told), told


def as_json(*items: str) -> list[dict[str, Any]]:
    """Good answers to these items."""
    return [{"item": item, "values": list(GOOD[item])} for item in items]


def test_the_pages_work_without_scripts_and_come_back_for_corrections(shop: Shop) -> None:
    """Begin, mend a slip, check, send, be asked again, mend, send again, be thanked."""
    at, order = page_of(shop)
    client, staff = shop.client, shop.staff

    begin = client.get(at).body.decode()
    assert f'href="{at}/steps/1"' in begin
    wrong = form(client, f"{at}/steps/1", items=ABOUT_ITEMS, **{**ABOUT, "a__weight": "heavy"})
    assert 422 == wrong.status
    assert b"Write a weight such as" in wrong.body
    assert b'value="heavy"' in wrong.body
    on = form(client, f"{at}/steps/1", items=ABOUT_ITEMS, **ABOUT)
    assert (303, f"{at}/steps/2") == (on.status, on.headers["location"])
    more = form(client, f"{at}/steps/2", items=HEALTH_ITEMS, **{**HEALTH, "a__glp1": "yes"})
    assert 200 == more.status
    assert b"Which one?" in more.body
    assert b"brings up another question" in more.body
    back = form(client, f"{at}/steps/2", items=f"{HEALTH_ITEMS},glp1-name", **HEALTH)
    assert f"{at}/check" == back.headers["location"]
    check = client.get(f"{at}/check").body.decode()
    assert "5 ft 10 in" in check
    assert "180 pounds" in check
    sent = form(client, f"{at}/submit")
    assert (303, at) == (sent.status, sent.headers["location"])
    assert b"Thank you" in client.get(at).body

    held = staff.post(f"/api/v1/reviews/{order.number}/claim").json["card"]["review"]
    staff.post(
        f"/api/v1/reviews/{order.number}/corrections",
        {
            "token": held["claim"]["token"],
            "corrections": [{"key": "intake", "item": "weight", "reason": "Please weigh yourself again."}],
        },
    )
    asked = client.get(at).body.decode()
    assert "Please weigh yourself again." in asked
    assert f'href="{at}/steps/1"' in asked
    mended = form(client, f"{at}/steps/1", items=ABOUT_ITEMS, **{**ABOUT, "a__weight": "82"})
    assert f"{at}/check" == mended.headers["location"]
    form(client, f"{at}/submit")
    view = staff.get(f"/api/v1/reviews/{order.number}").json
    changed = [one for one in view["answers"]["forms"][0]["answers"] if one["changedFrom"] is not None]
    assert [("weight", "82 lb", "180 lb")] == [(one["item"], one["answer"], one["changedFrom"]) for one in changed]


def test_the_receipt_leads_to_the_questions(shop: Shop) -> None:
    """The status page after checkout has the button, until the answers are sent."""
    at, order = page_of(shop)
    cart = order.source.cart

    assert f'href="{at}"'.encode() in shop.client.get(f"/cart/{cart}/status").body
    fill(shop.world, order)
    submit(shop.world, order)
    assert b"Answer the questions" not in shop.client.get(f"/cart/{cart}/status").body


@pytest.mark.parametrize("key", ["x", "0" * 40, "a" * 64, "../..", "%00", "ord_1", "é" * 10])
def test_a_wrong_key_says_always_the_same(shop: Shop, key: str) -> None:
    """404, whatever is wrong with it, for pages and the API."""
    publish(shop.world)
    answers = {shop.client.get(f"/api/public/consultation/{quoted(key)}").status for _ in range(2)}

    assert {404} == answers
    assert 404 == shop.client.get(f"/consultation/start/{quoted(key)}").status


def quoted(text: str) -> str:
    """For a path."""
    from urllib.parse import quote

    return quote(text, safe="%")


def test_the_key_and_the_ids_are_not_the_same_thing(shop: Shop) -> None:
    """An intake's id, which stands in events and logs, opens nothing; lists show no link."""
    _, order = page_of(shop)
    held = intake_of(shop.world, order)

    assert 404 == shop.client.get(f"/api/public/consultation/{held.id}").status
    assert held.session_key not in shop.staff.get("/api/v1/intakes").body.decode()
    link = shop.staff.get(f"/api/v1/orders/{order.number}/consultation").json["url"]
    assert link.endswith(f"/consultation/start/{held.session_key}")


def test_answers_that_are_none_are_refused_by_item_and_nothing_is_kept(shop: Shop) -> None:
    """422 with the item; the sentence never repeats what was sent."""
    at, order = page_of(shop)
    path = at.replace("/consultation/start", "/api/public/consultation")
    body = {
        "questionnaire": "intake",
        "answers": [
            {"item": "born", "values": ["1984-03-31"]},
            {"item": "height", "values": [CANARY]},
            {"item": "nothing", "values": [CANARY]},
        ],
    }

    told = shop.client.post(f"{path}/answers", body)

    assert (422, "answers_not_usable") == (told.status, told.code)
    assert {"intake.height", "answers[2].item"} == {one["field"] for one in told.json["fields"]}
    assert CANARY not in told.body.decode()
    assert IntakeState.NOT_STARTED is intake_of(shop.world, order).state
    assert () == intake_of(shop.world, order).answers


def test_a_cancelled_order_asks_nothing_any_more(shop: Shop) -> None:
    """The page says so; saving is refused."""
    at, order = page_of(shop)
    shop.staff.post(f"/api/v1/orders/{order.number}/move", {"trigger": "cancel", "reason": "Changed her mind."})

    assert b"Nothing is to be answered" in shop.client.get(at).body
    path = at.replace("/consultation/start", "/api/public/consultation")
    told = shop.client.post(f"{path}/answers", {"questionnaire": "intake", "answers": as_json("born")})
    assert (409, "intake_closed") == (told.status, told.code)


def test_questionnaires_come_in_over_http_and_say_where_they_are_wrong(shop: Shop) -> None:
    """YAML in, a version out; the same again changes nothing; faults name line and path; a dry run keeps nothing."""
    text = "key: short\ntitle: Short\npages:\n  - title: One\n    items:\n      - {id: a, type: text, text: 'Why?'}\n"
    at = "/api/v1/imports/questionnaires"

    def sent(body: str, query: str = "") -> Told:
        return shop.staff.ask("POST", at + query, raw=body.encode(), Content_Type="application/yaml")

    tried = sent(text, "?dryRun=true")
    assert "new" == tried.json.get("outcome"), tried
    assert 404 == shop.staff.get("/api/v1/questionnaires/short").status
    assert ("new", 1, "PUBLISHED") == tuple(sent(text).json[name] for name in ("outcome", "number", "state"))
    assert "same" == sent(text).json["outcome"]
    assert ("changed", 2, "DRAFT") == tuple(
        sent(text.replace("Why?", "What for?"), "?draft=true").json[name] for name in ("outcome", "number", "state")
    )
    wrong = sent(text.replace("type: text", "type: txt"))
    assert (422, "not_a_questionnaire") == (wrong.status, wrong.code)
    assert re.fullmatch(r"questionnaire:6 pages\[0\]\.items\[0\]\.type", wrong.json["fields"][0]["field"])
    assert "did you mean text?" in wrong.json["fields"][0]["message"]
    published = shop.staff.post("/api/v1/questionnaires/short/publish").json["card"]
    assert (2, "PUBLISHED") == (published["number"], published["state"])
    listed = shop.staff.get("/api/v1/questionnaires?allVersions=true").json
    assert [(1, "RETIRED"), (2, "PUBLISHED")] == [(one["number"], one["state"]) for one in listed]


def test_staff_routes_are_shut_for_the_public(shop: Shop) -> None:
    """No key, no queue."""
    for path in ("/api/v1/reviews", "/api/v1/intakes", "/api/v1/questionnaires", "/api/v1/licences"):
        assert 401 == shop.client.get(path).status
