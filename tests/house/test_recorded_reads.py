"""Every question about care is recorded when it is answered, or says here why it shows nothing of anybody's health."""

from __future__ import annotations

from hlc_core.registry import QUESTIONS

CARE = frozenset({"patients", "intake", "review", "prescriptions", "refills", "provider_queue", "partners"})
SHOWS_NOTHING = {
    "PreviewNumber": "a number that nobody has yet",
    "OwnIntakes": "the patient's own",
    "GetConsultation": "the patient's own page, with the secret of its link",
    "LinkOfOrder": "a path",
    "ListQuestionnaires": "questions without answers",
    "GetQuestionnaire": "questions without answers",
    "ListReviews": "who waits since when, without questionnaires and answers",
    "CountReviews": "numbers",
    "ListLicences": "of clinicians",
    "ExplainCare": "lines without health data, for whoever may see the order",
    "CountQueue": "numbers",
    "ProviderHere": "of the provider",
    "ExplainInvoice": "why an invoice does not wait: no treatment",
    "CompareQueue": "ids of rows that differ",
    "ListMessages": "without payloads",
    "MonitorInbox": "numbers",
    "ListDrugs": "the catalog",
    "GetDrug": "the catalog",
    "ExplainFills": "lines without health data, for whoever may see the order",
}


def test_every_question_about_care_is_recorded_or_shows_nothing() -> None:
    """A new one has to decide."""
    asked = {row.query.__name__: row.shows for row in QUESTIONS if row.query.__module__.split(".")[1] in CARE}

    assert sorted(SHOWS_NOTHING) == sorted(name for name, shows in asked.items() if shows is None)
