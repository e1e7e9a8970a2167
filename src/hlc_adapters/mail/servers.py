"""Which mail server an organization has: its own settings first, else the installation's."""

from __future__ import annotations

from attrs import frozen

from hlc_adapters.mail.smtp import Security, Server
from hlc_adapters.storage.session import Backend
from hlc_adapters.storage.shapes.organizations import ORGANIZATIONS, SECRETS
from hlc_core.kernel.ids import PLATFORM, OrganizationId
from hlc_core.organizations.api import SecretName


@frozen
class StoredServers:
    """Read for each message, so that a changed password counts at once."""

    backend: Backend
    fallback: Server | None = None

    def __call__(self, organization: OrganizationId) -> Server | None:
        """The server, or None."""
        if organization == PLATFORM:
            return self.fallback
        session = self.backend.begin(write=False)
        try:
            found = session.fetch(ORGANIZATIONS, organization, (organization,))
            secrets = session.fetch(SECRETS, organization, (organization,))
        finally:
            session.rollback()
        if not found or not found[0].communication.smtp_host:
            return self.fallback
        settings, name = found[0].communication, found[0].branding.title or found[0].name
        return Server(
            host=settings.smtp_host,
            port=settings.smtp_port,
            security=Security(settings.smtp_security),
            user=settings.smtp_user,
            password=secrets[0].value(SecretName.SMTP_PASSWORD) if secrets else "",
            sender=settings.from_address or settings.smtp_user,
            sender_name=settings.from_name or name,
        )
