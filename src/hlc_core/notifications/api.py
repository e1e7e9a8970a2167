"""The face of the context."""

from hlc_core.notifications.effects import PatientMessages
from hlc_core.notifications.model import Message, Template
from hlc_core.notifications.ports import Mailer, MailRefused, MailUnavailable
from hlc_core.notifications.security import PROTECTED, SECURITY_EVENTS, SecurityMessages
from hlc_core.notifications.templates import RECOVERY_MESSAGES, TEMPLATES

__all__ = [
    "PROTECTED",
    "RECOVERY_MESSAGES",
    "SECURITY_EVENTS",
    "TEMPLATES",
    "MailRefused",
    "MailUnavailable",
    "Mailer",
    "Message",
    "PatientMessages",
    "SecurityMessages",
    "Template",
]
