"""`hlc reviews`: the clinicians' queue, and their decisions."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, TypeVar

import typer

from hlc_cli.desk import Desk, desk_of
from hlc_cli.group import Cursor, Limit, group
from hlc_cli.intakes import show_answers
from hlc_core.intake.api import Correction
from hlc_core.kernel.commands import Command
from hlc_core.kernel.errors import Fault, Invalid
from hlc_core.review.api import (
    ApproveReview,
    AskForCorrections,
    ClaimNextReview,
    ClaimReview,
    Decision,
    GetReview,
    ListReviews,
    RejectReview,
    ReleaseReview,
    RenewClaim,
    Review,
    ReviewState,
    ReviewView,
)

T = TypeVar("T")

app = group("Reviews: the queue of submitted answers, and clinicians' decisions on them.")

Word = Annotated[str, typer.Argument(metavar="REVIEW", help="Its id, or its order's number (R-…) or id.")]
As = Annotated[str, typer.Option("--as", metavar="CLINICIAN", help="The clinician (a user id) who decides.")]
Token = Annotated[int, typer.Option("--token", help="The token of the claim, as claiming said.")]


@app.command("list")
def list_(
    context: typer.Context,
    state: Annotated[ReviewState | None, typer.Option(help="Only these; else those that wait for a clinician.")] = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> None:
    """The queue, oldest first."""
    desk = desk_of(context)
    desk.out.page(
        desk.ask(ListReviews(state=state, cursor=cursor, limit=limit)),
        ("order", "state", "waited", ">revision", "claimed by", "until", "was with", "id"),
        lambda one: (
            one.review.order_number,
            one.review.state,
            str(timedelta(seconds=one.waited_seconds)),
            one.review.revision,
            "" if one.review.claim is None else one.review.claim.clinician,
            None if one.review.claim is None else one.review.claim.until,
            one.review.preferred,
            one.review.id,
        ),
        "Nothing waits for a clinician.",
    )


@app.command()
def show(context: typer.Context, review: Word, clinician: As = "") -> None:
    """One review: the answers, what changed, earlier decisions, and whether the clinician is licensed. Health data."""
    desk = desk_of(context)
    _show(desk, _view(desk, review, clinician))


@app.command("next")
def next_(context: typer.Context, clinician: As) -> None:
    """Claim the review that comes next for the clinician."""
    desk = desk_of(context)
    _claimed(desk, _do(desk, ClaimNextReview(), clinician), clinician)


@app.command()
def claim(context: typer.Context, review: Word, clinician: As) -> None:
    """Claim a review for 30 minutes."""
    desk = desk_of(context)
    _claimed(desk, _do(desk, ClaimReview(review=review), clinician), clinician)


@app.command()
def renew(context: typer.Context, review: Word, clinician: As, token: Token) -> None:
    """Keep a claim 30 minutes longer."""
    desk = desk_of(context)
    _claimed(desk, _do(desk, RenewClaim(review=review, token=token), clinician), clinician)


@app.command()
def release(context: typer.Context, review: Word, clinician: As, token: Token) -> None:
    """Give a claim back, undecided."""
    desk = desk_of(context)
    released = _do(desk, ReleaseReview(review=review, token=token), clinician)
    desk.out.record(released, (("review", released.id), ("state", released.state)), "Released.")


@app.command()
def approve(
    context: typer.Context,
    review: Word,
    clinician: As,
    token: Token,
    note: Annotated[str, typer.Option(help="Why, where answers speak against it.")] = "",
) -> None:
    """Approve the answers; needs a licence for the patient's state."""
    desk = desk_of(context)
    _decided(desk, _do(desk, ApproveReview(review=review, token=token, note=note), clinician), "Approved.")


@app.command()
def correct(
    context: typer.Context,
    review: Word,
    clinician: As,
    token: Token,
    item: Annotated[
        list[str] | None, typer.Option("--item", metavar="KEY.ITEM=REASON", help="What to look at again, and why.")
    ] = None,
    note: Annotated[str, typer.Option(help="A sentence to it as a whole.")] = "",
) -> None:
    """Send it back to the patient."""
    desk = desk_of(context)
    corrections = tuple(_correction(one) for one in item or ())
    command = AskForCorrections(review=review, token=token, corrections=corrections, note=note)
    _decided(desk, _do(desk, command, clinician), "Sent back to the patient.")


@app.command()
def reject(
    context: typer.Context,
    review: Word,
    clinician: As,
    token: Token,
    reason: Annotated[str, typer.Option(help="Why; it stays with the decision.")],
) -> None:
    """Reject the order."""
    desk = desk_of(context)
    _decided(desk, _do(desk, RejectReview(review=review, token=token, reason=reason), clinician), "Rejected.")


def _correction(text: str) -> Correction:
    where, equals, reason = text.partition("=")
    key, dot, item = where.partition(".")
    if not equals or not dot:
        raise Invalid("That is no correction.", Fault("--item", "write KEY.ITEM=REASON"))
    return Correction(key=key, item=item, reason=reason)


def _do(desk: Desk, command: Command[T], clinician: str) -> T:
    return desk.services.application.execute(command, desk.standing_in(clinician))


def _view(desk: Desk, review: str, clinician: str) -> ReviewView:
    return desk.services.application.ask(GetReview(review=review), desk.standing_in(clinician))


def _claimed(desk: Desk, held: Review, clinician: str) -> None:
    _show(desk, _view(desk, held.id, clinician))


def _show(desk: Desk, view: ReviewView) -> None:
    held = view.card.review
    claim = held.claim
    desk.out.record(
        view,
        (
            ("review", held.id),
            ("order", held.order_number),
            ("state", held.state),
            ("waits for", view.card.waits_for),
            ("waited", str(timedelta(seconds=view.card.waited_seconds))),
            ("revision", held.revision),
            ("patient", held.patient),
            ("patient's state", view.patient_state),
            ("licence", view.licence or "valid"),
            ("claimed by", None if claim is None else claim.clinician),
            ("until", None if claim is None else claim.until),
            ("token", None if claim is None else claim.token),
            ("can be", view.card.actions),
            ("decisions", tuple(f"{one.at:%Y-%m-%d %H:%M} {one.outcome} by {one.clinician}" for one in view.decisions)),
        ),
    )
    if view.answers is not None and not desk.out.json:
        show_answers(desk, view.answers)


def _decided(desk: Desk, decision: Decision, sentence: str) -> None:
    licence = decision.licence
    desk.out.record(
        decision,
        (
            ("decision", decision.id),
            ("outcome", decision.outcome),
            ("clinician", decision.clinician),
            ("revision", decision.revision),
            ("licence", None if licence is None else f"{licence.state} {licence.number}, until {licence.expires_on}"),
            ("patient's state", decision.patient_state),
        ),
        sentence,
    )
