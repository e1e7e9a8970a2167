"""Taking questionnaires in, publishing and retiring their versions."""

from __future__ import annotations

from attrs import frozen

from hlc_core.intake.authoring import Authored
from hlc_core.intake.errors import NoSuchQuestionnaire
from hlc_core.intake.hashing import content_hash
from hlc_core.intake.machine import QuestionnaireState, QuestionnaireTrigger
from hlc_core.intake.model import Questionnaire
from hlc_core.intake.ports import Env
from hlc_core.kernel.commands import Command
from hlc_core.kernel.errors import Fault
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import QuestionnaireId


@frozen(kw_only=True)
class Taken:
    """What became of one questionnaire: `new`, `changed` (a new version) or `same`."""

    key: str
    outcome: str
    number: int
    hash: str
    state: QuestionnaireState


@frozen(kw_only=True)
class ImportQuestionnaires(Command[tuple[Taken, ...]]):
    """Take in what somebody wrote: a changed one becomes a new version. `publish` puts it into use at once."""

    questionnaires: tuple[Authored, ...]
    publish: bool = True


def import_questionnaires(command: ImportQuestionnaires, env: Env) -> tuple[Taken, ...]:
    """One answer each, in their order; the same content again changes nothing."""
    return tuple(_take(one, command.publish, env) for one in command.questionnaires)


def _take(one: Authored, publish: bool, env: Env) -> Taken:
    known, hash_ = env.questionnaires.of_key(one.key), content_hash(one.definition)
    newest = known[-1] if known else None
    if newest is not None and newest.hash == hash_ and newest.state is not QuestionnaireState.RETIRED:
        outcome, held = "same", newest
    else:
        outcome = "new" if newest is None else "changed"
        held = Questionnaire(
            id=QuestionnaireId(env.ids.new("qst")),
            organization=env.organization.id,
            key=one.key,
            number=1 if newest is None else newest.number + 1,
            hash=hash_,
            definition=one.definition,
            made_at=env.clock.now(),
        )
        env.questionnaires.add(held)
    if publish and held.state is QuestionnaireState.DRAFT:
        held = _published(held, env)
    return Taken(key=held.key, outcome=outcome, number=held.number, hash=held.hash, state=held.state)


@frozen(kw_only=True)
class PublishQuestionnaire(Command[Questionnaire]):
    """Put a draft into use; the version in use before is retired. Running intakes keep what they pinned."""

    key: str
    number: int | None = None


def publish_questionnaire(command: PublishQuestionnaire, env: Env) -> Questionnaire:
    """The newest version, or that of the number. Refuses: NoSuchQuestionnaire, IllegalTransition (retired).

    Publishing what is published answers it.
    """
    held = version_of(command.key, command.number, env)
    return held if held.state is QuestionnaireState.PUBLISHED else _published(held, env)


@frozen(kw_only=True)
class RetireQuestionnaire(Command[Questionnaire]):
    """Ask it of no new order; the newest version, or that of the number."""

    key: str
    number: int | None = None


def retire_questionnaire(command: RetireQuestionnaire, env: Env) -> Questionnaire:
    """Refuses: NoSuchQuestionnaire. Retiring what is retired answers it."""
    held = version_of(command.key, command.number, env)
    if held.state is QuestionnaireState.RETIRED:
        return held
    retired = held.move(QuestionnaireTrigger.RETIRE)
    env.questionnaires.save(retired)
    return retired


def version_of(key: str, number: int | None, env: Env) -> Questionnaire:
    """The newest version of the key, or that of the number. Refuses: NoSuchQuestionnaire."""
    known = env.questionnaires.of_key(key)
    found = [one for one in known if number is None or one.number == number]
    if not found:
        raise NoSuchQuestionnaire("There is no such questionnaire.", Fault("key", "see the list of questionnaires"))
    return found[-1]


def _published(held: Questionnaire, env: Env) -> Questionnaire:
    """Saved with the one that it replaces; the old one is written first, so that one is in use at any time."""
    for before in env.questionnaires.published((held.key,)):
        env.questionnaires.save(before.move(QuestionnaireTrigger.REPLACE))
    published = evolve(held.move(QuestionnaireTrigger.PUBLISH), published_at=env.clock.now())
    env.questionnaires.save(published)
    return published
