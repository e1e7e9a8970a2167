"""Invitations: asking an address to join, and joining after proof of control over it.

The secret of the link, and the proof, are identity's; here stands who is asked, into which role, and until when.
"""

from __future__ import annotations

from datetime import timedelta

from attrs import field, frozen

from hlc_core.access.api import PORTALS, Role
from hlc_core.kernel.commands import Command
from hlc_core.kernel.errors import Fault, Invalid
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import InvitationId, PatientId, RoleId, UserId
from hlc_core.kernel.machine import NoFacts
from hlc_core.kernel.text import email as checked_email
from hlc_core.kernel.text import folded, line
from hlc_core.patients.api import Contact, account_of, buyer
from hlc_core.people.errors import AlreadyInvited, AlreadyMember, InvitationTooOld
from hlc_core.people.events import InvitationAccepted, InvitationIssued
from hlc_core.people.machine import INVITATION, InvitationState, InvitationTrigger
from hlc_core.people.model import ClinicAssignment, Invitation, User
from hlc_core.people.ports import Env
from hlc_core.people.seats import refuse_without_seat
from hlc_core.people.users import Member, address_key, assign, expel, mirrored_in, new_user, refuse_role

LASTS = timedelta(days=7)


@frozen(kw_only=True)
class InviteUser(Command[Invitation]):
    """Ask an address to join in a role. `patient`: the patient whose portal account it will be."""

    email: str = field(repr=False)
    role: Role
    name: str = field(default="", repr=False)
    custom_role: RoleId | None = None
    patient: PatientId | None = None


def invite_user(command: InviteUser, env: Env) -> Invitation:
    """The invitation; a repetition answers the one that waits.

    Refuses: Invalid, RoleNotAssignable, BeyondOwnReach, AlreadyMember, AlreadyInvited, SeatsTaken, Missing (patient,
    custom role).
    """
    email = checked_email(command.email)
    name = line(command.name, "name", most=120)
    refuse_role(command.role, command.custom_role, env)
    key = address_key(email, env)
    _refuse_other_patient(command, email, env)
    waiting = env.invitations.pending(key)
    if waiting is not None and waiting.expires_at <= env.clock.now():
        env.invitations.save(_stepped(waiting, InvitationTrigger.EXPIRE))
        waiting = None
    if waiting is not None:
        if (waiting.role, waiting.custom_role) != (command.role, command.custom_role):
            raise AlreadyInvited(
                f"That address is invited as {waiting.role} already.", Fault("email", "revoke that invitation first")
            )
        return waiting
    _refuse_member(env.users.with_key(key), command.role, env)
    refuse_without_seat(command.role, env)
    now = env.clock.now()
    made = Invitation(
        id=InvitationId(env.ids.new("invt")),
        organization=env.organization.id,
        state=InvitationState.PENDING,
        email=email,
        email_key=key,
        name=name,
        role=command.role,
        invited_by=UserId(env.actor.id) if env.actor.id.startswith("usr_") else None,
        created_at=now,
        expires_at=now + LASTS,
        custom_role=command.custom_role,
        patient=command.patient,
    )
    env.invitations.add(made)
    env.outbox.put(InvitationIssued(invitation=made.id))
    return made


def _refuse_other_patient(command: InviteUser, email: str, env: Env) -> None:
    if command.patient is None:
        return
    if command.role is not Role.PATIENT:
        raise Invalid("Only a patient's account stands for a patient.", Fault("patient", "leave it out"))
    if folded(env.patients.get(command.patient).contact.email) != folded(email):
        raise Invalid("That is not the patient's address.", Fault("email", "the address that the patient has"))


def _refuse_member(known: User | None, role: Role, env: Env) -> None:
    held = None if known is None else env.assignments.of_user(known.id)
    if held is not None and held.active and (held.role is not Role.PATIENT or role is Role.PATIENT):
        raise AlreadyMember("That person is here already.", Fault("email", f"see user {held.user}"))


@frozen(kw_only=True)
class ResendInvitation(Command[Invitation]):
    """A new link, and seven more days; older links of the invitation end."""

    invitation: InvitationId


def resend_invitation(command: ResendInvitation, env: Env) -> Invitation:
    """Refuses: Missing, IllegalTransition, SeatsTaken (its time was over, and others have taken its seat)."""
    held = env.invitations.get(command.invitation)
    if held.expires_at <= env.clock.now():
        refuse_without_seat(held.role, env)
    again = evolve(_stepped(held, InvitationTrigger.RESEND), expires_at=env.clock.now() + LASTS)
    env.invitations.save(again)
    env.outbox.put(InvitationIssued(invitation=held.id))
    return again


@frozen(kw_only=True)
class RevokeInvitation(Command[Invitation]):
    """The link leads nowhere any more."""

    invitation: InvitationId


def revoke_invitation(command: RevokeInvitation, env: Env) -> Invitation:
    """Refuses: Missing, IllegalTransition (accepted or expired)."""
    held = env.invitations.get(command.invitation)
    if held.state is InvitationState.REVOKED:
        return held
    gone = _stepped(held, InvitationTrigger.REVOKE)
    env.invitations.save(gone)
    return gone


@frozen(kw_only=True)
class Accepted:
    """Who joined. `new`: the platform did not know them; else their account and password stay as they are."""

    invitation: Invitation
    member: Member
    new: bool


@frozen(kw_only=True)
class AcceptInvitation(Command[Accepted]):
    """The invited proved that the address is theirs. Sent by identity, after the proof."""

    invitation: InvitationId
    name: str = field(default="", repr=False)


def accept_invitation(command: AcceptInvitation, env: Env) -> Accepted:
    """The member. Accepting again answers who joined.

    Refuses: Missing, InvitationTooOld, IllegalTransition, SeatsTaken (the limit was lowered meanwhile).
    """
    held = env.invitations.get(command.invitation)
    if held.state is InvitationState.ACCEPTED and held.user is not None:
        return Accepted(invitation=held, member=_standing(held.user, env), new=False)
    if held.state is InvitationState.PENDING and held.expires_at <= env.clock.now():
        raise InvitationTooOld("This invitation is too old.", Fault("invitation", "ask for a new one"))
    known = env.users.with_key(held.email_key)
    refuse_without_seat(held.role, env, asked=True)
    joined = _joined(held, known, line(command.name, "name", most=120) or held.name, env)
    accepted = evolve(_stepped(held, InvitationTrigger.ACCEPT), user=joined.user.id)
    env.invitations.save(accepted)
    env.outbox.put(InvitationAccepted(invitation=held.id, user=joined.user.id))
    return Accepted(invitation=accepted, member=joined, new=known is None)


def _joined(invitation: Invitation, known: User | None, name: str, env: Env) -> Member:
    held = None if known is None else env.assignments.of_user(known.id)
    patient = _patient(invitation, held, name, env)
    if known is not None and held is not None:
        return _refreshed(invitation, known, held, patient, env)
    custom = invitation.custom_role
    if known is not None:
        return assign(known, invitation.role, env, custom_role=custom, patient=patient)
    called = name or invitation.email.partition("@")[0]
    user = new_user(invitation.email, called, invitation.role, PORTALS[invitation.role][0], env)
    return assign(user, invitation.role, env, custom_role=custom, patient=patient, new=True)


def _refreshed(
    invitation: Invitation, user: User, held: ClinicAssignment, patient: PatientId | None, env: Env
) -> Member:
    """The assignment, as the invitation wants it; whoever works here already keeps what they are."""
    works = held.active and held.role is not Role.PATIENT
    role, custom = (held.role, held.custom_role) if works else (invitation.role, invitation.custom_role)
    fresh = evolve(held, active=True, role=role, custom_role=custom, patient=held.patient or patient)
    env.assignments.save(fresh)
    mirrored = mirrored_in(user, fresh)
    if fresh.role is not held.role:
        return Member(user=expel(mirrored, env), assignment=fresh)
    env.users.save(mirrored)
    return Member(user=mirrored, assignment=fresh)


def _patient(invitation: Invitation, held: ClinicAssignment | None, name: str, env: Env) -> PatientId | None:
    """Whom the account stands for: who was named, else whose address it is, else somebody new."""
    if invitation.role is not Role.PATIENT:
        return None
    if held is not None and held.patient is not None:
        return held.patient
    if invitation.patient is not None:
        return invitation.patient
    account = account_of(invitation.email, env)
    if account is not None:
        return account.id
    called = name or invitation.email.partition("@")[0]
    return buyer(Contact(email=invitation.email, name=called), None, env).id


def _standing(user: UserId, env: Env) -> Member:
    held = env.assignments.of_user(user)
    if held is None:
        raise InvitationTooOld("This invitation was used.", Fault("invitation", "ask for a new one"))
    return Member(user=env.users.get(user), assignment=held)


def _stepped(held: Invitation, trigger: InvitationTrigger) -> Invitation:
    return evolve(held, state=INVITATION.step(held.state, trigger, NoFacts()))
