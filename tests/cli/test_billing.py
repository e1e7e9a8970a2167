"""`hlc billing`, `hlc recovery`, `hlc jobs`: planning, doing, and doing it twice at once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cli.clinic import SYSTEM, Hlc


def test_a_dry_run_changes_nothing(hlc: Hlc) -> None:
    """It prints the plan, and leaves neither an invoice nor a run behind."""
    before = hlc("invoices", "list", "--json").json

    said = hlc("billing", "run", "--dry-run")

    assert 0 == said.code
    assert "Cycle 2" in said.words
    assert "398.00 USD" in said.words
    assert before == hlc("invoices", "list", "--json").json
    assert [] == hlc("billing", "runs", "--json").json["items"]


def test_a_plan_is_data_for_machines(hlc: Hlc) -> None:
    """The date, a summary, and every line with its reason."""
    plan = hlc("billing", "plan", "--json").json

    assert ["asOf", "lines", "summary"] == sorted(plan)
    assert [("CHARGE", 2, 39800)] == [(s["kind"], s["count"], s["amount"]["amount"]) for s in plan["summary"]]
    assert all(line["why"] and line["identity"] for line in plan["lines"])


def test_a_run_charges_once_and_opens_a_recovery(hlc: Hlc) -> None:
    """One renewal is paid, one declined; the next run has nothing to do; the decline waits for a card."""
    first, second = hlc("billing", "run"), hlc("billing", "run", "--json")

    assert 0 == first.code
    assert "2 charges over 398.00 USD" in first.words
    assert 0 == second.json["charges"]
    assert "NEEDS_PAYMENT_METHOD" in hlc("recovery", "list").out
    assert "CHARGE" in first.words
    assert "declined" in first.words
    assert 2 == len(hlc("billing", "runs", "--json").json["items"])
    assert "Nothing was due" in hlc("billing", "run").out
    assert 0 == hlc("doctor").code


def test_a_retry_charges_the_debt_now(hlc: Hlc) -> None:
    """The card is dead, so the debt stays open; the retry is told with what the bank said."""
    hlc("billing", "run")
    case = hlc("recovery", "list", "--json").json["items"][0]["id"]

    said = hlc("recovery", "retry", case)

    assert said.code in (0, 5)
    assert "Traceback" not in said.words


def test_catching_up_bills_what_is_due_by_that_day(hlc: Hlc) -> None:
    """`--as-of` a later day bills more; the day is printed."""
    later = datetime.now(UTC).date() + timedelta(days=40)

    said = hlc("billing", "run", "--as-of", later.isoformat(), "--override-bound")

    assert 0 == said.code
    assert f"as of {later}" in said.words
    assert 0 == hlc("doctor").code


def test_two_runs_at_once_charge_once(hlc: Hlc) -> None:
    """Two processes do what one would have done: five purchases and one renewal stand in the bank's books."""
    runs = [hlc.start("billing", "run", "--json") for _ in range(2)]
    ended = [(run.communicate(timeout=60), run.returncode) for run in runs]

    assert [0, 0] == [code for _, code in ended], [said[1][-500:] for said, _ in ended]
    services = hlc.services()
    try:
        now = services.clock.now()
        charges = list(services.gateways.by_name["simulator"].charges(now - timedelta(days=90), now))
        assert 6 == len(charges)
        assert () == services.check_invariants(SYSTEM, settle_seconds=0)
    finally:
        services.close()
    assert "Nothing is due" in hlc("billing", "plan").out


def test_a_job_is_run_at_once(hlc: Hlc) -> None:
    """The billing job does what the command does, and its row tells how it went."""
    said = hlc("jobs", "run", "billing")

    assert 0 == said.code
    assert "2 charges over 398.00 USD" in said.words
    listed = {job["name"]: job for job in hlc("jobs", "list", "--json").json["items"]}
    assert "2 charges" in listed["billing"]["outcome"]
    assert 0 == listed["billing"]["failures"]
    assert "The next worker runs it." in hlc("jobs", "run", "carts", "--soon").out
