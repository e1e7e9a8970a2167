"""What a simulation tells: money by month, recovery, messages, what people did, and everything that is wrong.

Nothing in it depends on the machine or the hour: the same wish gives the same bytes.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from itertools import accumulate
from typing import Any

from attrs import evolve, fields, frozen, has

from hlc_adapters.simulation.books import Balance, balance, check_books, check_ends
from hlc_adapters.simulation.facts import Facts
from hlc_adapters.simulation.findings import Finding, Wrong
from hlc_adapters.simulation.periods import check_periods
from hlc_adapters.simulation.plans import CURRENCY
from hlc_adapters.simulation.wish import Wish, camel
from hlc_core.invoicing.api import Invoice
from hlc_core.kernel.time import local_date
from hlc_core.recovery.api import Ending, RecoveryCase

CURVE_DAYS = 45
"""How far the curve of recovery goes."""

_SHOWN = 500
"""Findings that a report lists; more are only counted."""


@frozen(kw_only=True)
class Month:
    """One month by the bank's books, in minor units; `active` subscriptions ran on its first day."""

    month: str
    charges: int
    captured: int
    refunded: int
    active: int


@frozen(kw_only=True)
class Recovery:
    """What became of failed renewals. Rates are basis points of those that ended; amounts are minor units.

    `curve` holds, for each day after the failure, the share recovered by then: by number and by value.
    """

    failed: int
    failed_amount: int
    recovered: int
    recovered_amount: int
    lost: int
    lost_amount: int
    open: int
    rate_by_count: int
    rate_by_value: int
    curve: tuple[tuple[int, int], ...]


@frozen(kw_only=True)
class Report:
    """Everything that is told of one run. `wrong` counts all findings by kind, `findings` lists the first of them."""

    wish: Wish
    began: date
    ended: date
    sold: int
    charges: int
    balance: Balance
    months: tuple[Month, ...]
    recovery: Recovery
    states: Mapping[str, int]
    messages: Mapping[str, int]
    sent_again: int
    counts: Mapping[str, int]
    refused: Mapping[str, int]
    wrong: Mapping[str, int]
    findings: tuple[Finding, ...]

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong."""
        return not any(self.wrong.values())

    def values(self) -> dict[str, Any]:
        """The report as plain values, named as all JSON of HLC is."""
        plain: dict[str, Any] = _plain(evolve(self, wish=Wish()))
        return {"currency": CURRENCY, "replay": self.wish.command, **plain, "wish": self.wish.written()}

    def text(self) -> str:
        """The report as JSON: the same run gives the same bytes."""
        return json.dumps(self.values(), indent=2, ensure_ascii=False) + "\n"


def _plain(value: Any) -> Any:
    if has(type(value)):
        return {camel(one.name): _plain(getattr(value, one.name)) for one in fields(type(value))}
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, (tuple, list)):
        return [_plain(inner) for inner in value]
    return value.isoformat() if isinstance(value, date) else value


def report_of(facts: Facts) -> Report:
    """Ask every oracle and add everything up."""
    findings = [*check_books(facts), *check_ends(facts), *check_periods(facts)]
    counted = Counter(finding.wrong for finding in findings)
    order = {wrong: place for place, wrong in enumerate(Wrong)}
    findings.sort(key=lambda finding: (order[finding.wrong], finding.subject, finding.means))
    journal = facts.journal
    return Report(
        wish=facts.wish,
        began=journal.active[0][0],
        ended=facts.today,
        sold=len(facts.subscriptions),
        charges=len(facts.lines),
        balance=balance(facts),
        months=_months(facts),
        recovery=_recovery(facts),
        states=_sorted(Counter(str(held.state) for held in facts.subscriptions)),
        messages=facts.messages,
        sent_again=facts.repeated_messages,
        counts=_sorted({str(what): number for what, number in journal.counts.items()}),
        refused=_sorted(journal.refused),
        wrong={wrong.value: counted[wrong] for wrong in Wrong},
        findings=tuple(findings[:_SHOWN]),
    )


def _sorted(counts: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(counts.items()))


def _months(facts: Facts) -> tuple[Month, ...]:
    def month(at: datetime) -> str:
        return local_date(at, facts.wish.zone).isoformat()[:7]

    charges = Counter(month(line.at) for line in facts.lines)
    captured: Counter[str] = Counter()
    refunded: Counter[str] = Counter()
    for line in facts.lines:
        captured[month(line.at)] += line.amount.amount
    for refund in facts.given_back:
        refunded[month(refund.at)] += refund.amount.amount
    return tuple(
        Month(
            month=name,
            charges=charges[name],
            captured=captured[name],
            refunded=refunded[name],
            active=active,
        )
        for first, active in facts.journal.active
        for name in (f"{first:%Y-%m}",)
    )


def _recovery(facts: Facts) -> Recovery:
    invoices = {invoice.id: invoice for invoice in facts.invoices}
    recovered = [case for case in facts.cases if case.ending is Ending.PAID]
    lost = [case for case in facts.cases if case.ending not in (None, Ending.PAID)]
    ended = [*recovered, *lost]
    return Recovery(
        failed=len(facts.cases),
        failed_amount=_sum(facts.cases),
        recovered=len(recovered),
        recovered_amount=_sum(recovered),
        lost=len(lost),
        lost_amount=_sum(lost),
        open=len(facts.cases) - len(ended),
        rate_by_count=_share(len(recovered), len(ended)),
        rate_by_value=_share(_sum(recovered), _sum(ended)),
        curve=_curve(facts, [(case, invoices[case.invoice]) for case in facts.cases]),
    )


def _curve(facts: Facts, cases: Sequence[tuple[RecoveryCase, Invoice]]) -> tuple[tuple[int, int], ...]:
    """Only failures that lie far enough back to have had all of those days."""
    zone, counts, values = facts.wish.zone, [0] * (CURVE_DAYS + 1), [0] * (CURVE_DAYS + 1)
    old = [pair for pair in cases if (facts.today - local_date(pair[0].opened_at, zone)).days > CURVE_DAYS]
    for case, invoice in old:
        if case.ending is Ending.PAID and invoice.paid_at is not None:
            days = (local_date(invoice.paid_at, zone) - local_date(case.opened_at, zone)).days
            if days <= CURVE_DAYS:
                counts[days] += 1
                values[days] += case.amount.amount
    of, worth = len(old), sum(case.amount.amount for case, _ in old)
    pairs = zip(accumulate(counts), accumulate(values), strict=True)
    return tuple((_share(count, of), _share(value, worth)) for count, value in pairs)


def _sum(cases: Iterable[RecoveryCase]) -> int:
    return sum(case.amount.amount for case in cases)


def _share(part: int, whole: int) -> int:
    """Basis points."""
    return (part * 20_000 + whole) // (2 * whole) if whole else 0
