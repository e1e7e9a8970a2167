"""What intake refuses. None of these sentences ever repeats an answer."""

from __future__ import annotations

from hlc_core.kernel.errors import Conflict, Invalid, Missing, Unavailable


class NotAQuestionnaire(Invalid):
    """The definition breaks rules; each fault names its path and how to mend it."""


class NoSuchIntake(Missing):
    """No intake answers to that link."""


class NoSuchQuestionnaire(Missing):
    """There is no questionnaire of that key or version."""


class AnswersNotUsable(Invalid):
    """Some answers are not of the type, range or choice that is asked for."""


class AnswersIncomplete(Invalid):
    """Some questions that must be answered are not."""


class IntakeClosed(Conflict):
    """The answers are not with the patient now: submitted, decided, or the order needs none any more."""


class QuestionsNotReady(Unavailable):
    """The clinic has not published a questionnaire that the order needs."""


class NotSubmitted(Conflict):
    """There is no such submitted revision to decide on."""
