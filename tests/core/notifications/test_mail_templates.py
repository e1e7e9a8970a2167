"""A clinic's own words for the protected mails: written, refused, sent, tried, restored."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.people.team import acting
from hlc_adapters.storage.shapes.notifications import MAIL_TEMPLATES
from hlc_core.access.api import Role
from hlc_core.identity.api import forgot
from hlc_core.kernel.commands import system
from hlc_core.kernel.errors import Denied, Invalid, Missing
from hlc_core.kernel.evolve import evolve
from hlc_core.notifications.api import (
    NEEDED,
    PROTECTED,
    SLUGS,
    TAGS,
    ChangeMailTemplate,
    GetMailTemplate,
    ListMailTemplates,
    RestoreMailTemplate,
    TryMailTemplate,
    Written,
)
from hlc_core.notifications.protected import rendered, tags_in
from hlc_core.organizations.api import CommunicationSettings, SecuritySettings
from hlc_core.people.api import InviteUser, MakeSuperAdmin
from support.refusals import refused
from support.signing import OTHER, Reception
from support.worlds import ORGANIZATION, World

CODE, FORGOT = "security-2fa-code", "security-forgot-password"
OWN = Written(subject="Code from {{organization.name}}", text="Psst {USER.FIRSTNAME}: {{otpCode}}")


@pytest.fixture
def reception(world: World) -> Reception:
    """On memory, SQLite and PostgreSQL."""
    return Reception(world)


def faults(world: World, template: str, **changes: Any) -> dict[str, str]:
    """What is wrong with such words."""
    with refused(Invalid) as told:
        world.execute(ChangeMailTemplate(template=template, written=evolve(OWN, **changes)))
    return {fault.field: fault.message for fault in told.faults}


def test_a_clinics_own_words_are_sent_from_the_next_mail_on(reception: Reception) -> None:
    """By this clinic, and by no other; restoring brings the old ones back."""
    world, there = reception.world, reception.clinic()
    reception.person()
    reception.person("far@example.com", at=there)
    elsewhere = Written(subject="Elsewhere", text="{{resetUrl}}")
    world.execute(ChangeMailTemplate(template=FORGOT, written=elsewhere), system(OTHER))
    world.change(security=SecuritySettings(email_two_factor=True))
    shown = world.execute(ChangeMailTemplate(template=CODE, written=OWN))
    assert (True, False, ("change", "restore", "try")) == (shown.changed, shown.outdated, shown.actions)

    reception.try_in()
    mine = reception.last("Code from")
    forgot("ada@example.com", ORGANIZATION, reception.porter)
    forgot("far@example.com", OTHER, reception.porter)

    assert "Psst Ada: " in mine.text
    assert "Set a new password for Clinic" in {mail.subject for mail in reception.mails()}
    assert "Elsewhere" in {mail.subject for mail in reception.mails()}
    restored = world.execute(RestoreMailTemplate(template=CODE))
    assert (False, PROTECTED["Security: 2FA Code"].text) == (restored.changed, restored.written.text)
    assert [] == world.rows(MAIL_TEMPLATES)
    assert restored == world.execute(RestoreMailTemplate(template=CODE))


def test_html_stands_beside_the_text_and_what_people_are_called_is_no_markup(reception: Reception) -> None:
    """Names are escaped in HTML, and are plain in the text."""
    world = reception.world
    html = '<p>Psst <b>{USER.FIRSTNAME}</b>: {{otpCode}} <a href="{{loginUrl}}">sign in</a></p>'
    world.execute(ChangeMailTemplate(template=CODE, written=evolve(OWN, html=html)))
    world.change(security=SecuritySettings(email_two_factor=True), name="Tom & Jerry <Clinic>")
    reception.person()
    reception.try_in()

    sent = reception.last("Code from")
    assert "Code from Tom & Jerry <Clinic>" == sent.subject
    assert sent.html.startswith("<p>Psst <b>Ada</b>: ")
    assert '<a href="http://127.0.0.1:3200/login">' in sent.html
    world.execute(
        ChangeMailTemplate(template=CODE, written=evolve(OWN, html="<i>{{organization.name}} {{otpCode}}</i>"))
    )
    reception.try_in()
    assert "Tom &amp; Jerry &lt;Clinic&gt;" in reception.last("Code from").html


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"text": "{{otpCode}} {{password}}"}, "text", "password"),
        ({"text": "{{otpCode}} {{resetUrl}}"}, "text", "resetUrl"),
        ({"text": "{{otpCode}} {{}}"}, "text", "no such tags"),
        ({"text": "{{otpCode}} {USER.PASSWORD}"}, "text", "USER.PASSWORD"),
        ({"text": "no code"}, "text", "otpCode"),
        ({"text": "  "}, "text", "1 to"),
        ({"html": "<p>no code</p>"}, "html", "otpCode"),
        ({"subject": "{{otpCode}}"}, "subject", "locked screens"),
        ({"subject": ""}, "subject", "characters"),
        ({"subject": "a\nBcc: b@example.com"}, "subject", "one line"),
        ({"html": "{{otpCode}}<script>x</script>"}, "html", "<script>"),
        ({"html": "{{otpCode}}<form></form>"}, "html", "<form>"),
        ({"html": '{{otpCode}}<img src="http://x/y.png">'}, "html", "https"),
        ({"html": '{{otpCode}}<a href="javascript:x">y</a>'}, "html", "https"),
        ({"html": '{{otpCode}}<a href=" JaVaScRiPt:x">y</a>'}, "html", "https"),
        ({"html": '{{otpCode}}<a href="{USER.FIRSTNAME}">y</a>'}, "html", "https"),
        ({"html": '{{otpCode}}<p onclick="x">y</p>'}, "html", "onclick"),
        ({"html": "{{otpCode}}" + "x" * 100_001}, "html", "100000"),
        ({"from_address": "boss@evil.example"}, "fromAddress", "domain"),
        ({"from_address": "nonsense"}, "fromAddress", "name@example.com"),
        ({"from_name": "a\r\nb"}, "fromName", "one line"),
    ],
)
def test_words_that_cannot_be_sent_are_refused(
    memory_world: World, changes: dict[str, Any], field: str, words: str
) -> None:
    """Naming the field, and what would do."""
    assert words in faults(memory_world, CODE, **changes)[field]
    assert [] == memory_world.rows(MAIL_TEMPLATES)


def test_all_faults_are_named_at_once(memory_world: World) -> None:
    """Whoever writes a template mends it in one go."""
    assert {"subject", "text", "html", "fromAddress"} == set(
        faults(memory_world, CODE, subject="{{otpCode}}", text="x", html="<script>", from_address="x")
    )


def test_a_clinic_sends_from_its_own_domain_only_and_through_its_own_server(reception: Reception) -> None:
    """What it set is checked again when the mail leaves."""
    world = reception.world
    ours = CommunicationSettings(smtp_host="smtp.clinic.example", from_address="hello@clinic.example")
    world.change(communication=ours, security=SecuritySettings(email_two_factor=True))
    wish = evolve(OWN, from_address="codes@Clinic.example", from_name="Codes")
    world.execute(ChangeMailTemplate(template=CODE, written=wish))
    reception.person()
    reception.try_in()
    assert ("codes@clinic.example", "Codes") == (
        reception.last("Code from").from_address,
        reception.last("Code from").from_name,
    )

    world.change(communication=CommunicationSettings())
    reception.try_in()
    assert "" == reception.last("Code from").from_address


def test_a_mail_is_tried_by_whoever_wrote_it(reception: Reception) -> None:
    """With made-up words; to oneself or a colleague, to nobody of another clinic."""
    world = reception.world
    boss, ada = reception.person("boss@example.com", Role.ORG_ADMIN), reception.person()
    stranger = reception.person("far@example.com", at=reception.clinic())
    world.execute(ChangeMailTemplate(template=CODE, written=OWN))
    mighty = acting(world, boss.id)
    for slug in SLUGS:
        world.execute(TryMailTemplate(template=slug), mighty)
    world.execute(TryMailTemplate(template=CODE, user=ada.id), mighty)

    tests = [mail for mail in reception.mails() if mail.subject.startswith("[Test] ")]
    assert {"boss@example.com", "ada@example.com"} == {mail.to for mail in tests}
    assert len(SLUGS) + 1 == len(tests)
    assert "Psst Ada: 123456" in {mail.text for mail in tests}
    assert [] == [mail.subject for mail in tests if "{" in mail.subject + mail.text]
    with refused(Missing):
        world.execute(TryMailTemplate(template=CODE, user=stranger.id), mighty)
    with refused(Invalid):
        world.execute(TryMailTemplate(template=CODE))
    with refused(Denied):
        world.execute(
            TryMailTemplate(template=CODE), acting(world, reception.person("doc@example.com", Role.CLINICIAN).id)
        )


def test_an_override_that_became_outdated_says_so(reception: Reception) -> None:
    """When the words that come with HLC change later; writing them again settles it."""
    world = reception.world
    world.execute(ChangeMailTemplate(template=CODE, written=OWN))
    (row,) = world.rows(MAIL_TEMPLATES)
    session = world.services.backend.begin(write=True)
    session.delete(MAIL_TEMPLATES, [row])
    session.insert(MAIL_TEMPLATES, [evolve(row, based_on="of an older version")])
    session.commit()

    assert [CODE] == [one.template for one in world.ask(ListMailTemplates()) if one.outdated]
    assert not world.execute(ChangeMailTemplate(template=CODE, written=OWN)).outdated


def test_the_words_that_come_with_hlc_are_no_words_of_ones_own(reception: Reception) -> None:
    """Saving an unchanged page freezes nothing."""
    world = reception.world
    stands = world.ask(GetMailTemplate(template=CODE)).written
    assert not world.execute(ChangeMailTemplate(template=CODE, written=stands)).changed
    world.execute(ChangeMailTemplate(template=CODE, written=OWN))
    assert not world.execute(ChangeMailTemplate(template=CODE, written=stands)).changed
    assert [] == world.rows(MAIL_TEMPLATES)
    with refused(Missing):
        world.ask(GetMailTemplate(template="security-nothing"))


def test_what_comes_with_hlc_keeps_its_own_rules() -> None:
    """Each protected text has only tags that are known there, and all that it needs."""
    for name, template in PROTECTED.items():
        assert tags_in(template.subject) | tags_in(template.text) <= TAGS[name], name
        assert NEEDED.get(name, frozenset()) <= tags_in(template.text), name


@given(st.lists(st.sampled_from(["{{ab}}", "{USER.}", "{{", "}}", "{", "x"]), max_size=20), st.text("{}USER.ab"))
def test_no_word_is_read_for_tags(parts: list[str], word: str) -> None:
    """Whatever a person is called: as many tags are filled as there were before, each with the very word."""
    text = "".join(parts)

    filled = rendered(text, dict.fromkeys(tags_in(text), "\x00"))
    assert filled.replace("\0", word) == rendered(text, dict.fromkeys(tags_in(text), word))


def test_a_tag_without_a_word_leaves_no_blank_before_it() -> None:
    """Whoever has not said their name is greeted without one."""
    assert "Hello,\n" == rendered("Hello {{name}},\n", {"name": ""})
    assert "Hello, it is you" == rendered("Hello {USER.FIRSTNAME}, it is {{who}}", {"who": "you"})


def test_an_invitation_greets_whoever_has_a_name(memory_world: World) -> None:
    """And anybody else politely."""
    reception = Reception(memory_world)
    reception.invite("new@example.com", ORGANIZATION)
    memory_world.execute(InviteUser(email="eve@example.com", role=Role.STAFF, name="Eve Hill"))

    greetings = {mail.to: mail.text.partition("\n")[0] for mail in reception.mails() if "invites you" in mail.subject}
    assert {"new@example.com": "Hello,", "eve@example.com": "Hello Eve Hill,"} == greetings


def test_a_super_admin_without_an_assignment_tries_mails_too(memory_world: World) -> None:
    """They are a person, and the mail goes to themselves."""
    reception = Reception(memory_world)
    root = reception.person("root@example.com", at=reception.clinic())
    memory_world.execute(MakeSuperAdmin(user=root.id), system(OTHER))
    assert root.id == memory_world.execute(TryMailTemplate(template=CODE), acting(memory_world, root.id))
