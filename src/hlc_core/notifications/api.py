"""The face of the context."""

from hlc_core.notifications.editing import (
    ChangeMailTemplate,
    GetMailTemplate,
    ListMailTemplates,
    MailTemplateTried,
    RestoreMailTemplate,
    Shown,
    TryMailTemplate,
    change_mail_template,
    get_mail_template,
    list_mail_templates,
    restore_mail_template,
    try_mail_template,
)
from hlc_core.notifications.effects import PatientMessages
from hlc_core.notifications.model import MailTemplate, Message, Template, Written
from hlc_core.notifications.ports import Env, Mailer, MailRefused, MailTemplates, MailUnavailable
from hlc_core.notifications.protected import NEEDED, PROTECTED, SLUGS, TAGS
from hlc_core.notifications.security import SECURITY_EVENTS, SecurityMessages
from hlc_core.notifications.templates import RECOVERY_MESSAGES, TEMPLATES

__all__ = [
    "NEEDED",
    "PROTECTED",
    "RECOVERY_MESSAGES",
    "SECURITY_EVENTS",
    "SLUGS",
    "TAGS",
    "TEMPLATES",
    "ChangeMailTemplate",
    "Env",
    "GetMailTemplate",
    "ListMailTemplates",
    "MailRefused",
    "MailTemplate",
    "MailTemplateTried",
    "MailTemplates",
    "MailUnavailable",
    "Mailer",
    "Message",
    "PatientMessages",
    "RestoreMailTemplate",
    "SecurityMessages",
    "Shown",
    "Template",
    "TryMailTemplate",
    "Written",
    "change_mail_template",
    "get_mail_template",
    "list_mail_templates",
    "restore_mail_template",
    "try_mail_template",
]
