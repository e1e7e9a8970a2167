"""A clinic's own words for the protected mails: written, tried, restored, never deleted."""

from __future__ import annotations

from typing import ClassVar

from attrs import field, frozen

from hlc_core.kernel.commands import Command, Query
from hlc_core.kernel.errors import Fault, Invalid, Missing
from hlc_core.kernel.events import Event
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import UserId
from hlc_core.notifications.checking import checked
from hlc_core.notifications.model import MailTemplate, Written
from hlc_core.notifications.ports import Env
from hlc_core.notifications.protected import NEEDED, PROTECTED, SLUGS, TAGS, fingerprint, named


@frozen(kw_only=True)
class MailTemplateTried(Event):
    """A mail with made-up words is to be sent to one person, to look at."""

    name: ClassVar[str] = "mail_template.tried"
    template: str
    user: UserId

    @property
    def subject(self) -> str:
        """Whoever gets it."""
        return self.user


@frozen(kw_only=True)
class Shown:
    """A protected mail as it is sent now. `outdated`: the words that come with HLC changed since these were written.

    `tags` may stand in it, `needed` must.
    """

    template: str
    name: str
    written: Written
    changed: bool
    outdated: bool
    tags: tuple[str, ...]
    needed: tuple[str, ...]
    actions: tuple[str, ...]


@frozen(kw_only=True)
class ListMailTemplates(Query[tuple[Shown, ...]]):
    """All protected mails."""


def list_mail_templates(query: ListMailTemplates, env: Env) -> tuple[Shown, ...]:
    """By name."""
    own = {one.id: one for one in env.mail_templates.all()}
    return tuple(_shown(slug, own.get(slug)) for slug in sorted(SLUGS))


@frozen(kw_only=True)
class GetMailTemplate(Query[Shown]):
    """One protected mail, by its word: `security-2fa-code`."""

    template: str


def get_mail_template(query: GetMailTemplate, env: Env) -> Shown:
    """Refuses: Missing."""
    named(query.template)
    return _shown(query.template, env.mail_templates.find(query.template))


@frozen(kw_only=True)
class ChangeMailTemplate(Command[Shown]):
    """Other words for a protected mail, from the next one on."""

    template: str
    written: Written = field(repr=False)


def change_mail_template(command: ChangeMailTemplate, env: Env) -> Shown:
    """The words that come with HLC, written out, are no words of one's own. Refuses: Missing, Invalid (all faults)."""
    name, held = named(command.template), env.mail_templates.find(command.template)
    wish = checked(name, command.written, env.organization)
    if wish == _default(name):
        if held is not None:
            env.mail_templates.remove(held)
        return _shown(command.template, None)
    made = MailTemplate(
        id=command.template,
        organization=env.organization.id,
        written=wish,
        based_on=fingerprint(PROTECTED[name]),
        changed_at=env.clock.now(),
    )
    if held is None:
        env.mail_templates.add(made)
        return _shown(command.template, made)
    changed = evolve(held, written=wish, based_on=made.based_on, changed_at=made.changed_at)
    env.mail_templates.save(changed)
    return _shown(command.template, changed)


@frozen(kw_only=True)
class RestoreMailTemplate(Command[Shown]):
    """Back to the words that come with HLC."""

    template: str


def restore_mail_template(command: RestoreMailTemplate, env: Env) -> Shown:
    """Restoring what was never changed is no fault. Refuses: Missing."""
    named(command.template)
    held = env.mail_templates.find(command.template)
    if held is not None:
        env.mail_templates.remove(held)
    return _shown(command.template, None)


@frozen(kw_only=True)
class TryMailTemplate(Command[UserId]):
    """Send it, with made-up words, to somebody who works at the clinic: to oneself, unless another is named."""

    template: str
    user: UserId | None = None


def try_mail_template(command: TryMailTemplate, env: Env) -> UserId:
    """Who gets it. Refuses: Missing (template, or nobody of the clinic), Invalid (a key, and nobody named)."""
    named(command.template)
    user = env.users.find(command.user or UserId(env.actor.id))
    if user is None and command.user is None:
        raise Invalid("Name somebody of the clinic.", Fault("user", "whoever is to get it; a key has no mail"))
    if user is None or (env.assignments.of_user(user.id) is None and str(user.id) != env.actor.id):
        raise Missing("There is no such user here.", Fault("user", "one of `hlc users list`"))
    env.outbox.put(MailTemplateTried(template=command.template, user=user.id))
    return user.id


def _default(name: str) -> Written:
    return Written(subject=PROTECTED[name].subject, text=PROTECTED[name].text)


def _shown(slug: str, own: MailTemplate | None) -> Shown:
    name = SLUGS[slug]
    return Shown(
        template=slug,
        name=name,
        written=_default(name) if own is None else own.written,
        changed=own is not None,
        outdated=own is not None and own.based_on != fingerprint(PROTECTED[name]),
        tags=tuple(sorted(TAGS[name])),
        needed=tuple(sorted(NEEDED.get(name, ()))),
        actions=("change", "try") if own is None else ("change", "restore", "try"),
    )
