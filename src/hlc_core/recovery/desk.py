"""What is known around a batch of cases, read in a few statements, and the facts drawn from it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from attrs import frozen

from hlc_core.kernel.ids import InvoiceId, MethodId, PatientId
from hlc_core.kernel.time import local_date
from hlc_core.organizations.api import RecoverySettings
from hlc_core.payments.api import SavedMethod, by_patient
from hlc_core.recovery.debts import Debt, debts
from hlc_core.recovery.ladder import BUDGET_DAYS, Decision, LadderFacts, decide
from hlc_core.recovery.methods import chosen, fact
from hlc_core.recovery.model import RecoveryCase
from hlc_core.recovery.ports import Env


@frozen(kw_only=True)
class Desk:
    """The batch's surroundings: one clock reading, the settings, debts, methods, and the patients' other cases."""

    now: datetime
    today: date
    zone: str
    gateway: str
    settings: RecoverySettings
    debts: dict[InvoiceId, Debt]
    methods: dict[PatientId, list[SavedMethod]]
    others: dict[PatientId, list[RecoveryCase]]

    def chosen(self, case: RecoveryCase) -> SavedMethod | None:
        """The method that would be charged: that of the original charge, until the patient brings another."""
        return chosen(case, self.methods.get(case.patient, ()), self.gateway, self.today)

    def facts(self, case: RecoveryCase) -> LadderFacts:
        """What the ladder reads for the case."""
        method = self.chosen(case)
        debt = self.debts.get(case.invoice)
        return case.facts(
            today=self.today,
            ended=debt.ended if debt else None,
            method=fact(case, self.methods.get(case.patient, ()), method, self.gateway),
            delays=self.settings.retry_delays_days,
            budget=self.settings.network_budget,
            budget_used=self._used(case, method.id) if method else 0,
        )

    def decide(self, case: RecoveryCase) -> Decision:
        """The ladder's answer for the case."""
        return decide(self.facts(case))

    def follow(self, case: RecoveryCase) -> RecoveryCase:
        """The case after the ladder's answer."""
        return case.follow(self.decide(case), self.today, self.zone)

    def _used(self, case: RecoveryCase, method: MethodId) -> int:
        since = self.today - timedelta(days=BUDGET_DAYS - 1)
        others = (other for other in self.others.get(case.patient, ()) if other.id != case.id)
        return case.spent(method, since) + sum(other.spent(method, since) for other in others)


def lay(invoices: Iterable[InvoiceId], patients: Iterable[PatientId], env: Env, today: date | None = None) -> Desk:
    """Read the surroundings of these debts and patients; `today` is the local date unless told otherwise."""
    now, wanted = env.clock.now(), tuple(dict.fromkeys(patients))
    others: dict[PatientId, list[RecoveryCase]] = {}
    for case in env.recoveries.of_patients(wanted):
        others.setdefault(case.patient, []).append(case)
    return Desk(
        now=now,
        today=today or local_date(now, env.organization.zone),
        zone=env.organization.zone,
        gateway=env.organization.payments.active_gateway,
        settings=env.organization.recovery,
        debts=debts(invoices, env.invoices),
        methods=by_patient(env.methods.of_patients(wanted)),
        others=others,
    )


def desk_of(cases: Sequence[RecoveryCase], env: Env, today: date | None = None) -> Desk:
    """Read the surroundings of these cases."""
    return lay([case.invoice for case in cases], [case.patient for case in cases], env, today)
