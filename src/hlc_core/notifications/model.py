"""A message to a person (personal: it goes to the mailer and nowhere else), and the words of messages."""

from __future__ import annotations

from datetime import datetime

from attrs import field, frozen

from hlc_core.kernel.ids import PLATFORM, OrganizationId


@frozen(kw_only=True)
class Message:
    """One mail. `id` is the same however often it is sent, so that a receiver can tell a repetition.

    `organization` is on whose behalf: its own mail server is used, where it has one. `html` stands beside the text, for
    programs that show it. The sender is the server's, unless `from_name` or `from_address` say otherwise.
    """

    id: str
    to: str = field(repr=False)
    subject: str
    text: str = field(repr=False)
    html: str = field(default="", repr=False)
    from_name: str = ""
    from_address: str = ""
    organization: OrganizationId = PLATFORM


@frozen(kw_only=True)
class Template:
    """Words for one event. `{clinic}`, `{amount}`, `{number}`, `{date}`, `{reason}`, `{url}` stand for facts of it.

    No product is named: what somebody buys may tell of a condition.
    """

    subject: str
    text: str


@frozen(kw_only=True)
class Written:
    """The words of one mail. An empty `html` is none; an empty sender is the clinic's own."""

    subject: str
    text: str
    html: str = ""
    from_name: str = ""
    from_address: str = ""


@frozen(kw_only=True)
class MailTemplate:
    """A clinic's own words for a protected mail; its id is the mail's word. `based_on` marks the words it replaced.

    There is a row only where a clinic wrote something.
    """

    id: str
    organization: OrganizationId
    written: Written = field(repr=False)
    based_on: str
    changed_at: datetime
    version: int = 0
