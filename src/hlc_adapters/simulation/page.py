"""The report as one page that needs nothing else: figures, curves, tables; light and dark, readable without sight."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from hlc_adapters.simulation.charts import Series, bars, legend, lines
from hlc_adapters.simulation.plans import CURRENCY
from hlc_adapters.simulation.report import Report
from hlc_core.kernel.money import Money
from hlc_core.kernel.text import counted

_STYLE = """
:root{color-scheme:light dark;--ground:#fbfbfa;--card:#fff;--ink:#1c1917;--soft:#57534e;--rule:#e7e5e4;
--one:#0f766e;--two:#c2410c;--three:#4f46e5;--good:#15803d;--bad:#b91c1c}
@media(prefers-color-scheme:dark){:root{--ground:#131211;--card:#1d1b1a;--ink:#f5f5f4;--soft:#b5afa9;--rule:#35312e;
--one:#2dd4bf;--two:#fb923c;--three:#a5b4fc;--good:#4ade80;--bad:#f87171}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",sans-serif}
main{max-width:920px;margin:0 auto;padding:40px 20px 72px}
h1{font-size:1.75rem;line-height:1.2;margin:0 0 4px;letter-spacing:-.01em}
h2{font-size:1.1rem;margin:0 0 2px}
p{margin:0 0 12px}.repeat{margin:16px 0 4px}.soft{color:var(--soft)}
section{background:var(--card);border:1px solid var(--rule);border-radius:12px;padding:20px;margin:20px 0}
.verdict{border-left:6px solid var(--good)}.verdict.bad{border-left-color:var(--bad)}
.verdict strong{color:var(--good)}.verdict.bad strong{color:var(--bad)}
code{font:0.85rem/1.6 ui-monospace,SFMono-Regular,Menlo,monospace;overflow-wrap:anywhere}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(180px,1fr));gap:16px;margin:0;padding:0}
.figures div{padding:0}.figures dt{color:var(--soft);font-size:.85rem}
.figures dd{margin:0;font-size:1.25rem;font-weight:600;font-variant-numeric:tabular-nums}
svg{display:block;width:100%;height:auto;margin:8px 0}
.grid{stroke:var(--rule)}.tick{fill:var(--soft);font-size:12px;font-variant-numeric:tabular-nums}
rect.one,circle.one{fill:var(--one)}rect.two,circle.two{fill:var(--two)}circle.three{fill:var(--three)}
.line{fill:none;stroke-width:2.5;stroke-linejoin:round}.one.line{stroke:var(--one)}
.two.line{stroke:var(--two);stroke-dasharray:7 4}.three.line{stroke:var(--three)}
.legend{list-style:none;display:flex;flex-wrap:wrap;gap:4px 20px;margin:0;padding:0;font-size:.9rem;color:var(--soft)}
.key{display:inline-block;width:12px;height:12px;border-radius:3px;margin-right:7px}
.key.one{background:var(--one)}.key.two{background:var(--two)}.key.three{background:var(--three)}
.tables{display:grid;grid-template-columns:repeat(auto-fit,minmax(260px,1fr));gap:8px 36px}
table{border-collapse:collapse;width:100%;font-size:.92rem;font-variant-numeric:tabular-nums}
caption{text-align:left;font-weight:600;padding:6px 0}
th,td{text-align:left;padding:5px 10px 5px 0;border-top:1px solid var(--rule);vertical-align:top;font-weight:400}
thead th{color:var(--soft);border-top:0}
td.number,th.number{text-align:right;padding-right:0;white-space:nowrap}
tr.bad td,tr.bad th{color:var(--bad);font-weight:600}
.wide{overflow-x:auto}details{margin-top:8px}
summary{cursor:pointer;color:var(--soft);font-size:.9rem}
:focus-visible{outline:2px solid var(--one);outline-offset:2px}
@media print{section{break-inside:avoid}}
"""


def page_of(report: Report) -> str:
    """The page, as HTML."""
    wish = report.wish
    title = f"Simulation of {counted(wish.years, 'year')}, seed {wish.seed}"
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body><main>"
        f"<h1>{escape(title)}</h1>"
        f'<p class="soft">{report.began} to {report.ended}, {escape(wish.zone)}. '
        f"Gateway {escape(wish.gateway_class)}, faults {escape(wish.faults)}, {counted(wish.runners, 'runner')}. "
        "The real use cases over memory, a simulated bank and a clock that is turned.</p>"
        f"{_verdict(report)}{_figures(report)}{_revenue(report)}{_active(report)}{_recovery(report)}{_tables(report)}"
        "</main></body></html>\n"
    )


def _verdict(report: Report) -> str:
    wrong = sum(report.wrong.values())
    said = "Nothing is wrong." if report.sound else f"{counted(wrong, 'thing')} {'is' if wrong == 1 else 'are'} wrong."
    rows = "".join(
        f'<tr{" class=bad" if number else ""}><th scope="row">{escape(name.capitalize())}</th>'
        f'<td class="number">{number:,}</td></tr>'
        for name, number in report.wrong.items()
    )
    found = "".join(
        f"<tr><td>{escape(one.wrong)}</td><td><code>{escape(one.subject)}</code></td><td>{escape(one.means)}</td></tr>"
        for one in report.findings[:100]
    )
    listed = (
        '<div class="wide"><table><caption>The first of them</caption><thead><tr><th scope="col">what</th>'
        f'<th scope="col">whose</th><th scope="col">meaning</th></tr></thead><tbody>{found}</tbody></table></div>'
        if found
        else ""
    )
    return (
        f'<section class="verdict{"" if report.sound else " bad"}"><h2><strong>{said}</strong></h2>'
        "<p>Judged by the bank's own books, plain calendar arithmetic, and sums on both sides.</p>"
        f"<table><caption>What was looked for</caption><tbody>{rows}</tbody></table>{listed}"
        f'<p class="soft repeat">Repeat it exactly:</p><code>{escape(report.wish.command)}</code></section>'
    )


def _figures(report: Report) -> str:
    sums, recovery = report.balance, report.recovery
    figures = (
        ("Subscriptions sold", f"{report.sold:,}"),
        ("Charges captured", f"{report.charges:,}"),
        ("Captured", _money(sums.captured)),
        ("Given back", _money(sums.refunded)),
        ("Renewals recovered", f"{_percent(recovery.rate_by_count)} of {recovery.recovered + recovery.lost:,}"),
        ("Recovered by value", _percent(recovery.rate_by_value)),
        ("Messages", f"{sum(report.messages.values()):,}"),
        ("Unaccounted for", _money(sums.difference)),
    )
    items = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in figures)
    return f'<section aria-label="Figures"><dl class="figures">{items}</dl></section>'


def _revenue(report: Report) -> str:
    months = report.months
    series = (
        Series(name="captured", colour="one", values=[month.captured for month in months]),
        Series(name="given back", colour="two", values=[month.refunded for month in months]),
    )
    most = max(months, key=lambda month: month.captured)
    says = (
        f"Bars of the money captured and given back in each of {counted(len(months), 'month')}. "
        f"The most was {_money(most.captured)} in {most.month}, the last month had {_money(months[-1].captured)}."
    )
    rows = [(m.month, f"{m.charges:,}", _money(m.captured), _money(m.refunded), f"{m.active:,}") for m in months]
    heads = ("month", "charges", "captured", "given back", "running on the 1st")
    return (
        "<section><h2>Revenue by month</h2><p class=soft>By the bank's books, in "
        f"{CURRENCY}.</p>{legend(series)}"
        f"{bars('revenue', says, _names(report), series, _short)}{_details('The months as a table', heads, rows)}"
        "</section>"
    )


def _active(report: Report) -> str:
    months = report.months
    series = (Series(name="running subscriptions", colour="three", values=[month.active for month in months]),)
    says = f"A line of the subscriptions that ran on the first of each month, {months[-1].active:,} in the end."
    return (
        "<section><h2>Running subscriptions</h2><p class=soft>On the first of each month.</p>"
        f"{lines('active', says, _names(report), series, lambda value: f'{value:,}')}</section>"
    )


def _recovery(report: Report) -> str:
    recovery = report.recovery
    series = (
        Series(name="by number", colour="one", values=[count for count, _ in recovery.curve]),
        Series(name="by value", colour="two", values=[value for _, value in recovery.curve]),
    )
    last = len(recovery.curve) - 1
    says = (
        f"Two lines of the share of failed renewals that was paid within so many days: after {last} days "
        f"{_percent(recovery.curve[-1][0])} by number and {_percent(recovery.curve[-1][1])} by value."
    )
    rows = [
        (f"{day}", _percent(recovery.curve[day][0]), _percent(recovery.curve[day][1]))
        for day in (0, 1, 2, 3, 5, 7, 10, 14, 21, 30, 45)
        if day <= last
    ]
    heads = ("days", "by number", "by value")
    labels = [f"{day}" for day in range(last + 1)]
    return (
        "<section><h2>Recovery of failed renewals</h2><p class=soft>Share that was paid within so many days after "
        f"the failure; {recovery.failed:,} failed, {recovery.recovered:,} recovered, {recovery.lost:,} lost, "
        f"{recovery.open:,} still open.</p>{legend(series)}"
        f"{lines('recovery', says, labels, series, _whole_percent, most=10_000)}"
        f"{_details('The curve as a table', heads, rows)}</section>"
    )


def _tables(report: Report) -> str:
    sums = report.balance
    books = {
        "captured by the bank": _money(sums.captured),
        "given back by the bank": _money(sums.refunded),
        "paid on invoices": _money(sums.invoiced),
        "taken off invoices": _money(sums.given_back),
        "kept as credit": _money(sums.credit),
        "differences accepted by staff": _money(sums.accepted),
        "unaccounted for": _money(sums.difference),
    }
    parts = (
        ("Both sides of the books", books),
        ("Messages to patients", _numbers(report.messages)),
        ("What happened", _numbers(report.counts)),
        ("Subscriptions in the end", _numbers(report.states)),
        ("Refused, and rightly so", _numbers(report.refused)),
    )
    return f'<section class="tables">{"".join(_table(name, values) for name, values in parts if values)}</section>'


def _table(caption: str, values: Mapping[str, str]) -> str:
    rows = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td class="number">{escape(value)}</td></tr>'
        for name, value in values.items()
    )
    return f"<table><caption>{escape(caption)}</caption><tbody>{rows}</tbody></table>"


def _details(summary: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    def cells(row: Sequence[str]) -> str:
        first, *others = row
        return f'<th scope="row">{escape(first)}</th>' + "".join(
            f'<td class="number">{escape(cell)}</td>' for cell in others
        )

    head = "".join(f'<th scope="col"{" class=number" if place else ""}>{name}</th>' for place, name in enumerate(heads))
    body = "".join(f"<tr>{cells(row)}</tr>" for row in rows)
    return (
        f'<details><summary>{escape(summary)}</summary><div class="wide"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div></details>"
    )


def _names(report: Report) -> list[str]:
    return [month.month for month in report.months]


def _numbers(values: Mapping[str, int]) -> dict[str, str]:
    return {name: f"{number:,}" for name, number in values.items()}


def _percent(basis_points: int) -> str:
    return f"{basis_points // 100}.{basis_points % 100 // 10} %"


def _whole_percent(basis_points: int) -> str:
    return f"{basis_points // 100} %"


def _money(amount: int) -> str:
    text, _, currency = str(Money(amount, CURRENCY)).partition(" ")
    whole, _, part = text.partition(".")
    return f"{int(whole):,}.{part} {currency}"


def _short(amount: int) -> str:
    units = amount // 100
    if units >= 1_000_000:
        return f"{units / 1_000_000:g} M"
    return f"{units / 1_000:g} k" if units >= 1_000 else f"{units}"
