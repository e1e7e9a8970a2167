"""The table of the built-in roles, written down a second time: who changes it does so here, too, on purpose.

Source: spec/access (roles, portals, permission keys, floor, plans) and, for the steps of an order, spec/commerce:
`PROCESSING` waits for a clinician, `AWAITING_SCRIPT` for a provider, what is packed and shipped for the pharmacy, whose
work staff of the clinic do.
"""

from __future__ import annotations

import pytest

from hlc_core.access.api import BUILT_IN, FLOOR, OUT_OF_REACH, PLAN, PORTALS, SENTENCES, Plan, Portal, Role
from hlc_core.orders.api import ORDER
from hlc_core.registry import USE_CASES

ROLES = (Role.SUPER_ADMIN, Role.ORG_ADMIN, Role.CLINICIAN, Role.STAFF, Role.PATIENT)

TABLE = """
storefront.buy                       x x x x x +
storefront.pay                       x x x x x -
patient.own                          . . . . F +
patient.own.money                    . . . . F -
self.account.view                    x F F F F +
self.account.manage                  x F F F F -
crm.catalog.view                     x x . x . +
crm.catalog.manage                   x x . . . +
crm.coupons.manage                   x x . x . +
crm.checkout_template.manage         x x . x . +
crm.carts.view                       x x . x . +
crm.templates.manage                 x x . x . +
crm.workflows.manage                 P P . P . +
emr.patients.view                    x x F x . +
emr.patients.manage                  x x x x . +
emr.patients.medical                 x x F . . +
platform.keys.view                   x x . . . +
platform.keys.manage                 x x . . . +
emr.orders.view                      x x x x . +
emr.orders.manage                    x x . x . +
emr.orders.move                      x x F x . +
emr.subscriptions.view               x x x x . +
emr.subscriptions.manage             x x . x . +
invoicing.invoice.view               x x . x . +
invoicing.invoice.issue              x x . x . +
invoicing.invoice.void               x x . . . +
invoicing.invoice.give_up            x x . . . +
invoicing.payment.record             x x . x . +
emr.processor_logs.view              x x . . . +
payments.refund.request              x x . . . +
payments.quarantine.rule             x x . . . +
payments.methods.manage              x x . x . -
billing.run.view                     x x . . . +
billing.run.start                    x x . . . +
platform.imports.run                 x x . . . +
platform.jobs.view                   x x . . . +
platform.jobs.run                    x x . . . +
admin.audit_logs.view                x x . . . +
admin.settings.view                  x x . . . +
admin.settings.edit                  x x . . . +
admin.settings.branding.edit         x x . . . +
admin.settings.domains.manage        P P . . . +
admin.settings.communication.edit    x x . . . -
admin.settings.payment_gateway.edit  x x . . . -
admin.settings.security.edit         x x . . . -
admin.users.manage                   x x . . . -
admin.roles.manage                   P P . . . -
admin.invitations.manage             x x . . . -
admin.ownership.transfer             x x . . . -
admin.users.impersonate              x . . . . -
emr.chart.break_glass                x . x x . -
admin.chart_access.review            x x . . . +
admin.permissions.explain            x x . . . +
emr.dashboard.view                   x x x x . +
emr.appointments.view                x x x x . +
emr.consultations.view               x x F x . +
emr.drugs.view                       x x F x . +
emr.questionnaires.view              x x x x . +
intake.answers.give                  x x x x x +
emr.questionnaires.manage            x x . . . +
emr.licences.manage                  x x . . . +
emr.drugs.manage                     x x . . . +
emr.prescriptions.view               x x F x . +
emr.prescriptions.write              x x F . . +
emr.dispatches.manage                x x F x . +
emr.refills.manage                   x x F . . +
emr.provider_queue.view              x x F . . +
emr.provider_queue.decide            x x F . . +
emr.provider_queue.manage            x x . . . +
platform.webhooks.view               x x . . . +
platform.webhooks.replay             x x . . . +
marketplace.view                     x x . x . +
marketplace.request                  P P . . . +
marketplace.cancel                   P P . . . +
platform.organizations.open          x . . . . -
platform.permissions.manage          x . . . . -
platform.audit.impersonated          x . . . . -
platform.people.manage               x . . . . -
orders.order.submit                  x x . x . +
orders.review.decide                 x x F . . +
orders.labs.handle                   x x F . . +
orders.prescription.handle           x x F . . +
orders.fulfillment.handle            x x . x . +
orders.order.cancel                  x x . x . +
orders.order.correct                 x x . . . +
"""
"""Each key: super admin, administrator, clinician, staff, patient; then `-` where nobody reaches it in impersonation.

`.` not held, `x` held, `P` held but not under the plan Pro, `F` held and of the floor, which no custom role takes away.
"""


def rows() -> dict[str, tuple[str, ...]]:
    """The table, read."""
    read = (line.split() for line in TABLE.strip().splitlines())
    return {key: tuple(marks) for key, *marks in read}


def marked(role: Role, key: str) -> str:
    """How the code has it."""
    if key not in BUILT_IN[role]:
        return "."
    if key in FLOOR[role]:
        return "F"
    return "x" if key in PLAN[Plan.PRO][role] else "P"


def test_every_role_holds_what_the_table_says() -> None:
    """Key by key; none is missing in it, none too many."""
    found = {key: (*(marked(role, key) for role in ROLES), "-+"[key not in OUT_OF_REACH]) for key in SENTENCES}

    assert rows() == found
    assert set(ROLES) == set(Role)


def test_the_greater_plans_leave_everything_to_everybody() -> None:
    """Enterprise has what Pro+ has, and a clinic without a plan is not narrowed by one."""
    assert {plan for plan in Plan if PLAN[plan] == BUILT_IN} == {Plan.NONE, Plan.PRO_PLUS, Plan.ENTERPRISE}


@pytest.mark.parametrize(
    ("role", "steps"),
    [
        (
            Role.CLINICIAN,
            {"send_back", "order_labs", "issue_requisition", "receive_results", "approve", "prescribe", "reject"},
        ),
        (
            Role.STAFF,
            {
                "submit", "return_script", "pack", "finish", "ship", "ship_untracked", "deliver", "return",
                "ship_again", "cancel",
            },
        ),
        (Role.PATIENT, set()),
    ],
)  # fmt: skip
def test_each_role_moves_an_order_along_its_own_steps(role: Role, steps: set[str]) -> None:
    """Whoever holds the key of an edge also passes the door of the command that pulls it."""
    asked = [rule for rule in ORDER.rules if rule.permission is not None]
    own = {str(rule.trigger) for rule in asked if rule.permission in BUILT_IN[role]}

    assert steps == own
    (move,) = (row.permission for row in USE_CASES if row.command.__name__ == "MoveOrder")
    assert bool(own) == (move in BUILT_IN[role])


def test_what_is_a_patients_own_is_nobody_elses() -> None:
    """Nor does a patient hold anything of the desk's portals."""
    for key in ("patient.own", "patient.own.money"):
        assert [Role.PATIENT] == [role for role in Role if key in BUILT_IN[role]]
    assert not [key for key in BUILT_IN[Role.PATIENT] if key.startswith(("admin.", "crm.", "emr.", "platform."))]
    assert {(Portal.PATIENT,)} == {PORTALS[role] for role in Role if Portal.PATIENT in PORTALS[role]}
