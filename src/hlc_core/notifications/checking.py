"""What a clinic's own words for a protected mail may be: known tags, its point, no code in subjects, harmless HTML."""

from __future__ import annotations

from html.parser import HTMLParser

from hlc_core.kernel.errors import Fault, Invalid
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.text import email, line
from hlc_core.notifications.model import Written
from hlc_core.notifications.protected import NEEDED, SECRET, TAGS, tags_in
from hlc_core.organizations.api import Organization

LONGEST_TEXT = 10_000
LONGEST_HTML = 100_000
_MARKUP = frozenset(
    {
        "a", "b", "blockquote", "body", "br", "center", "div", "em", "font", "h1", "h2", "h3",
        "h4", "head", "hr", "html", "i", "img", "li", "ol", "p", "pre", "small", "span",
        "strong", "style", "sub", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "title", "tr",
        "u", "ul",
    }
)  # fmt: skip
"""What mail programs show; nothing that runs, sends or embeds."""
_PAGES = ("loginUrl", "resetUrl", "inviteUrl")
"""Tags that are addresses of ours; what a person says of themselves is none."""


def may_send_as(address: str, organization: Organization) -> bool:
    """Whether the clinic's own mail server may be asked to send as that address: one of the clinic's own domain."""
    own = organization.communication
    domain = own.from_address.rpartition("@")[2].casefold()
    return bool(address and own.smtp_host and domain) and address.rpartition("@")[2].casefold() == domain


def checked(name: str, wish: Written, organization: Organization) -> Written:
    """Refuses: Invalid, naming every fault at once."""
    faults = [*_faults(name, wish, organization)]
    if faults:
        raise Invalid("The template cannot be used.", *faults)
    return evolve(
        wish,
        subject=line(wish.subject, "subject", least=1),
        text=wish.text.strip().replace("\r\n", "\n"),
        from_name=line(wish.from_name, "fromName", most=100),
        from_address=email(wish.from_address, "fromAddress") if wish.from_address.strip() else "",
    )


def _faults(name: str, wish: Written, organization: Organization) -> list[Fault]:
    faults = [*_lengths(wish), *_senders(wish, organization)]
    for where, text in (("subject", wish.subject), ("text", wish.text), ("html", wish.html)):
        unknown = sorted(tags_in(text) - TAGS[name])
        if unknown:
            known = ", ".join(sorted(TAGS[name]))
            faults.append(Fault(where, f"no such tags here: {', '.join(unknown)[:200]}; there are: {known}"))
        lacking = sorted(NEEDED.get(name, frozenset()) - tags_in(text))
        if lacking and text.strip() and where != "subject":
            faults.append(Fault(where, f"must have {', '.join(lacking)}: without it the mail is of no use"))
    if SECRET & tags_in(wish.subject):
        faults.append(Fault("subject", "no codes and no links: subjects are shown on locked screens"))
    reader = _Reader()
    reader.feed(wish.html)
    reader.close()
    faults += [Fault("html", message) for message in dict.fromkeys(reader.faults)]
    return faults


def _lengths(wish: Written) -> list[Fault]:
    faults: list[Fault] = []
    for text, where, most, least in ((wish.subject, "subject", 200, 1), (wish.from_name, "fromName", 100, 0)):
        try:
            line(text, where, most, least)
        except Invalid as refusal:
            faults += refusal.faults
    if not 1 <= len(wish.text.strip()) <= LONGEST_TEXT:
        faults.append(Fault("text", f"1 to {LONGEST_TEXT} characters; mail programs without HTML show it"))
    if len(wish.html) > LONGEST_HTML:
        faults.append(Fault("html", f"at most {LONGEST_HTML} characters"))
    return faults


def _senders(wish: Written, organization: Organization) -> list[Fault]:
    if not wish.from_address.strip():
        return []
    try:
        address = email(wish.from_address, "fromAddress")
    except Invalid as refusal:
        return list(refusal.faults)
    if may_send_as(address, organization):
        return []
    return [
        Fault("fromAddress", "an address of the domain of communication.fromAddress, sent by the clinic's own server")
    ]


class _Reader(HTMLParser):
    """Finds in a mail's HTML what no mail program should be sent."""

    def __init__(self) -> None:
        super().__init__()
        self.faults: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _MARKUP:
            self.faults.append(f"no <{tag[:20]}>: use text, links, pictures, lists and tables")
        for name, value in attrs:
            address = (value or "").strip()
            if name.startswith("on"):
                self.faults.append(f"no {name[:20]}: nothing runs in a mail")
            elif name in ("href", "src", "background", "action") and not _usable(address):
                self.faults.append(f"{name}: an https address, mailto, or a tag such as {{{{loginUrl}}}}")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)


def _usable(address: str) -> bool:
    ours = address.startswith(tuple(f"{{{{{tag}}}}}" for tag in _PAGES))
    return ours or (address.startswith(("https://", "mailto:", "#")) and "\\" not in address)
