"""People of a clinic who sign in: made, given passwords, signed in from devices, and their mails read."""

from __future__ import annotations

import re
from typing import Any

from attrs import define, field

from hlc_adapters.storage.shape import Shape
from hlc_core.access.api import Role
from hlc_core.identity.api import (
    Origin,
    Presence,
    SignIn,
    Signing,
    Tickets,
    present,
    refresh,
    set_password,
    sign_in,
)
from hlc_core.kernel.commands import system
from hlc_core.kernel.ids import PLATFORM, OrganizationId, UserId
from hlc_core.notifications.api import Message
from hlc_core.organizations.api import OpenOrganization
from hlc_core.people.api import CreateUser, InviteUser, User
from support.worlds import ORGANIZATION, World

PASSWORD = "correct horse battery"
HOME = Origin(address="203.0.113.7", agent="Firefox on Linux")
OTHER = OrganizationId("org_other")


@define
class Reception:
    """Signing in, in a world."""

    world: World
    devices: dict[str, str] = field(factory=dict)

    @property
    def porter(self) -> Any:
        """What signing in needs."""
        return self.world.services.porter

    def person(
        self, email: str = "ada@example.com", role: Role = Role.STAFF, at: OrganizationId = ORGANIZATION
    ) -> User:
        """Somebody with a password."""
        made = self.world.execute(CreateUser(email=email, name="Ada Lovelace", role=role), system(at))
        set_password(made.user.id, PASSWORD, self.porter)
        return made.user

    def clinic(self, id: OrganizationId = OTHER, slug: str = "other") -> OrganizationId:
        """Another clinic."""
        self.world.execute(
            OpenOrganization(slug=slug, name=slug.title(), zone="America/New_York", currency="USD"), system(id)
        )
        return id

    def invite(self, email: str, at: OrganizationId, role: Role = Role.STAFF) -> str:
        """The token in the mail of an invitation."""
        self.world.execute(InviteUser(email=email, role=role), system(at))
        return self.token("invitation")

    def try_in(
        self,
        email: str = "ada@example.com",
        password: str = PASSWORD,
        origin: Origin = HOME,
        device: str = "",
        **more: Any,
    ) -> Signing:
        """One try."""
        return sign_in(SignIn(email=email, password=password, origin=origin, device=device, **more), self.porter)

    def signed_in(self, email: str = "ada@example.com", **more: Any) -> Tickets:
        """A session, where nothing else is asked for."""
        made = self.try_in(email, **more)
        assert made.tickets is not None, made
        return made.tickets

    def who(self, tickets: Tickets | str, at: OrganizationId | None = None) -> Presence:
        """Who brings the access token."""
        return present(tickets if isinstance(tickets, str) else tickets.access, at, self.porter)

    def refreshed(self, tickets: Tickets | str) -> Tickets:
        """After a refresh."""
        return refresh(tickets if isinstance(tickets, str) else tickets.refresh, self.porter)

    # mail

    def mails(self) -> list[Message]:
        """Everything that was sent, after the relay has worked."""
        for _ in range(20):
            if not self.world.services.relay():
                break
        return list(self.world.mail.sent.values())

    def last(self, words: str) -> Message:
        """The newest mail whose subject holds the words."""
        return next(mail for mail in reversed(self.mails()) if words in mail.subject)

    def code(self) -> str:
        """The code of the newest mail with one."""
        found = re.search(r"\b(\d{6})\b", self.last("code").text)
        assert found is not None
        return found[1]

    def token(self, page: str) -> str:
        """The token of the newest link to that page."""
        for mail in reversed(self.mails()):
            found = re.search(rf"/{page}\?token=(\S+)", mail.text)
            if found is not None:
                return found[1]
        raise AssertionError(f"no mail with a link to {page}")

    def platform_rows(self, shape: Shape[Any]) -> list[Any]:
        """All rows of a table of no clinic."""
        session = self.world.services.backend.begin(write=False)
        try:
            return session.select(shape, PLATFORM)
        finally:
            session.rollback()


def wrong(id: UserId) -> str:
    """A password that is not theirs."""
    return f"wrong {id}"
