"""A message to a person. Personal data: it goes to the mailer and nowhere else."""

from __future__ import annotations

from attrs import field, frozen


@frozen(kw_only=True)
class Message:
    """One mail. `id` is the same however often it is sent, so that a receiver can tell a repetition."""

    id: str
    to: str = field(repr=False)
    subject: str
    text: str = field(repr=False)


@frozen(kw_only=True)
class Template:
    """Words for one event. `{clinic}`, `{amount}`, `{number}`, `{date}`, `{url}` stand for facts of it.

    No product is named: what somebody buys may tell of a condition.
    """

    subject: str
    text: str
