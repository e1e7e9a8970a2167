"""A message to a person. Personal data: it goes to the mailer and nowhere else."""

from __future__ import annotations

from attrs import field, frozen

from hlc_core.kernel.ids import PLATFORM, OrganizationId


@frozen(kw_only=True)
class Message:
    """One mail. `id` is the same however often it is sent, so that a receiver can tell a repetition.

    `organization` is on whose behalf: its own mail server is used, where it has one.
    """

    id: str
    to: str = field(repr=False)
    subject: str
    text: str = field(repr=False)
    organization: OrganizationId = PLATFORM


@frozen(kw_only=True)
class Template:
    """Words for one event. `{clinic}`, `{amount}`, `{number}`, `{date}`, `{reason}`, `{url}` stand for facts of it.

    No product is named: what somebody buys may tell of a condition.
    """

    subject: str
    text: str
