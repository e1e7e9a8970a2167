"""Cases drawn from the served document: no answer of 500, nothing invalid accepted. `proof` draws more of them."""

from __future__ import annotations

from proof.fuzz import fuzz

from hlc_http.limits import Rates
from support.service import STAFF, serving
from support.worlds import World


def test_no_case_of_the_document_breaks_the_service(memory_world: World) -> None:
    """Valid and invalid cases of every second operation, over a socket, beside a clinic with rows."""
    memory_world.subscribe()
    memory_world.coupon()
    with serving(memory_world.services, rates=Rates(account=0)) as client:
        found = fuzz(f"http://127.0.0.1:{client.port}", STAFF, count=2000, step=2)

    assert () == found.faults
    assert found.cases >= 1000
    assert found.invalid >= 300
    assert {200, 400, 404} <= set(found.statuses)
