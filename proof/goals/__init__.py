"""Every goal of the proof, in the order in which they are run and shown. A new one is added here."""

from __future__ import annotations

from proof.goal import Awaited, Goal
from proof.goals.access import (
    audit_edits,
    forged_tokens,
    guessed_codes,
    guessing_campaigns,
    permission_algebra,
    refresh_storms,
)
from proof.goals.billing import a_century, every_calendar, simulated_billing
from proof.goals.charging import charge_histories
from proof.goals.costs import permission_checks, tenancy_cost
from proof.goals.crashing import (
    one_crash,
    one_crash_on_databases,
    three_crashes,
    three_crashes_on_databases,
    two_crashes,
    two_crashes_on_databases,
)
from proof.goals.disorder import few_processes, many_processes, webhooks_in_disorder
from proof.goals.killing import double_clicks, killed_processes, stopped_databases
from proof.goals.mutating import named_mutants
from proof.goals.serving import clinics_beside, http_fuzz, slow_clients, two_clinics
from proof.goals.testing import proration_algebra, sql_statements, state_machines, time_algebra
from proof.mutations import MUTATIONS

GOALS: tuple[Goal, ...] = (
    Goal(run=charge_histories, full=1_000_000, commit="20,000", tests="tests/proof/test_histories.py"),
    Goal(run=one_crash, commit="all", tests="tests/proof/test_crashes.py"),
    Goal(run=two_crashes, commit="30", tests="tests/proof/test_goals.py"),
    Goal(run=three_crashes, commit="240 of two roads", tests="tests/proof/test_goals.py"),
    Goal(run=one_crash_on_databases, commit="3 roads", tests="tests/proof/test_crashes.py"),
    Goal(run=two_crashes_on_databases, commit="-", tests="tests/proof/test_crashes.py"),
    Goal(run=three_crashes_on_databases, full=2_000, commit="-", tests="tests/proof/test_crashes.py"),
    Goal(run=few_processes, commit="150 a scene", tests="tests/proof/test_interleavings.py"),
    Goal(run=many_processes, full=20_000, commit="45", tests="tests/proof/test_interleavings.py"),
    Goal(run=webhooks_in_disorder, full=100_000, commit="1,000", tests="tests/proof/test_webhooks.py"),
    Goal(run=killed_processes, full=10_000, commit="50", tests="tests/processes/test_kills.py"),
    Goal(run=stopped_databases, full=300, commit="3", tests="tests/processes/test_stops.py"),
    Goal(run=double_clicks, full=1_000, commit="20", tests="tests/processes/test_storms.py"),
    Goal(run=simulated_billing, commit="6 years", tests="tests/simulation/test_years.py"),
    Goal(run=a_century, full=1_000, commit="-", tests="tests/simulation/test_years.py"),
    Goal(run=every_calendar, commit="3 zones", tests="tests/proof/test_goals.py"),
    Goal(run=state_machines, commit="all", tests="tests/properties"),
    Goal(run=time_algebra, commit="a sample", tests="tests/kernel"),
    Goal(run=proration_algebra, commit="a sample", tests="tests/core"),
    Goal(run=sql_statements, commit="every statement", tests="tests/conftest.py"),
    Goal(run=permission_algebra, full=1_000_000, commit="a sample", tests="tests/core/access"),
    Goal(run=permission_checks, full=15_000_000, commit="a few", tests="tests/proof/test_costs.py"),
    Goal(run=refresh_storms, full=10_000, commit="4", tests="tests/proof/test_sessions.py"),
    Goal(run=guessing_campaigns, full=1_000, commit="1", tests="tests/proof/test_sessions.py"),
    Goal(run=forged_tokens, full=10_000, commit="3", tests="tests/proof/test_sessions.py"),
    Goal(run=guessed_codes, full=1_000, commit="1", tests="tests/proof/test_sessions.py"),
    Goal(run=audit_edits, full=1_000_000, commit="2,000", tests="tests/core/audit/test_chain.py"),
    Goal(run=two_clinics, commit="all", tests="tests/tenancy/test_two_clinics.py"),
    Goal(run=clinics_beside, full=1_000, commit="8", tests="tests/tenancy/test_two_clinics.py"),
    Goal(run=tenancy_cost, commit="a few", tests="tests/proof/test_costs.py"),
    Goal(run=http_fuzz, full=100_000, commit="2,000", tests="tests/http/test_fuzz.py"),
    Goal(run=slow_clients, full=4_000, commit="100", tests="tests/http/test_slow_clients.py"),
    Goal(run=named_mutants, full=len(MUTATIONS), commit="5", tests="tests/proof/test_mutants.py"),
)

AWAITED: tuple[Awaited, ...] = ()
"""Goals whose subject does not exist yet."""

__all__ = ["AWAITED", "GOALS"]
