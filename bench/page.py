"""The page of the documentation: how to read the figures, and the figures of a run."""

from __future__ import annotations

from collections.abc import Sequence

from bench.about import About
from bench.report import COLUMNS, Figure, cells, grouped, markdown

_HEAD = """\
# Benchmarks

This page is written by `python -m bench --write docs/benchmarks.md`; change the words in `bench/page.py`, and let
the figures come from a run. `nox -s bench` runs everything; `nox -s bench -- --quick` takes a minute and a half and is
for looking, not for quoting; `--only renewals` runs one part, `--on postgres` one database, `--json FILE` keeps the
figures, `--read FILE` shows kept ones.

## How to read them

- **Everything shares the machine**: client, service and database compete for the same cores. A database on a machine
  of its own leaves all of them to HLC.
- **Durable**: SQLite writes with WAL and `synchronous=FULL`, PostgreSQL with its own defaults (`fsync` and
  `synchronous_commit` on). A commit costs what it costs in production, so the disk is part of every figure.
- **The floor** is what a bare driver reaches in the same run when it writes the same rows: the statements that the
  application said to its database are written down at the driver, only those that write are kept, and a bare `sqlite3`
  or `psycopg` connection says them again, with the same values and in the same transactions, to a copy of the database
  as it was. It reads nothing, decides nothing, checks no permission and calls no gateway. *of floor* is our share.
- **A full checkout** is two requests, each by a buyer who is new: open a cart, pay it by card with an
  `Idempotency-Key`. It ends with a paid invoice, a placed order, a running subscription and a kept card. p50 and p95
  are of both requests together. The gateway is the simulator inside the service; it takes no time.
- **A cart operation** is one request of: create, add, change the quantity, use a coupon, remove.
- **A page** is asked for with everything that a browser sends, one service process, no cache in between. The aim of 50
  milliseconds is for eight clients at once.
- **A renewal** is a subscription that a billing run plans, opens (invoice, payment attempt), charges in two steps at
  the gateway, and settles (order, next cycle). The instant gateway says yes and keeps no books. *Set-based SQL* writes
  the rows that the run has left from tables that hold them ready: no program that decides anything can be faster.
- **A slow gateway** has a ceiling: calls at once / (calls a renewal x latency). The share of it says how much of the
  time the gateway was kept busy.
- **Memory** is the peak of the process of the run (resident set). Flat means that it does not follow the number of
  subscriptions.
- **Where the rest of the time goes.** A renewal over an instant gateway: some 0.3 ms are the core's own values
  (planning, for more than 10,000 due twice, and about twenty aggregates that change), 0.1 ms their JSON and parameters,
  the rest the database with its seventeen rows and their indexes, which a bare driver pays as well. A checkout over
  HTTP spends 1 ms of processor time in HTTP itself (two requests), 2 ms in the core, 1.5 ms in JSON, sealing and the
  driver; the database spends 2.5 ms, of which 0.8 are four commits, each of which waits for the disk, and 0.2 foreign
  keys; row policies cost nothing that could be measured. On SQLite each table of a flush is a statement of its own,
  which costs microseconds there and no round trip: hence 45 of them, 32 of which write one table each.
- **How fast the machine was.** It is a virtual one, and other work on its host shows: in the first run of this page,
  some hours before, the floor of a checkout was 557 (SQLite) and 534 a second (PostgreSQL). Compare with those below.
- **Machines, starting and growth** were measured earlier on that day, the last one beside other work, with commits
  between 35fe31c and 8d7e280; checkouts, carts, renewals and pages in one sitting; the provider queue alone, later,
  with 7e937f8.
- Nothing is asserted. Compare runs of one machine, and trust ratios more than rates.

## The machine
"""

_WORDS = {
    "Machines": "One core, no database. A step finds the rule, asks its guard and answers the next state.",
    "Starting": "Milliseconds of a fresh process.",
    "Growth": "The same run over more subscriptions, each time in a process of its own.",
}


def page(about: About, figures: Sequence[Figure]) -> str:
    """The whole page."""
    parts = [_HEAD, about.sentence, ""]
    for group, members in grouped(figures).items():
        parts += [f"## {group}", ""]
        if group in _WORDS:
            parts += [_WORDS[group], ""]
        parts += [markdown([cells(figure) for figure in members], COLUMNS), ""]
    return "\n".join(parts)
