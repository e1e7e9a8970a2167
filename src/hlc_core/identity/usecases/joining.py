"""What was bought under somebody's address joins their record when they prove that the address is theirs.

A password is set only by a link that was mailed to the address (or by an operator who vouches for it), so whoever signs
in has proved it. Source: spec/commerce, Checkout 3.
"""

from __future__ import annotations

from attrs import frozen

from hlc_core.identity.ports import Env
from hlc_core.kernel.commands import Command, Query
from hlc_core.kernel.ids import PatientId, UserId
from hlc_core.patients.api import Patient, join_proved, provisional_of
from hlc_core.people.api import User


def joined_at_sign_in(user: User, env: Env) -> int:
    """How many purchases' records join that of the person at the clinic of the transaction."""
    held = env.assignments.of_user(user.id)
    return 0 if held is None or held.patient is None else join_proved(held.patient, user.email, env)


@frozen(kw_only=True)
class OwnStrays(Query[tuple[PatientId, ...]]):
    """Records of purchases under the address of the patient who asks that have not joined theirs yet."""


def own_strays(query: OwnStrays, env: Env) -> tuple[PatientId, ...]:
    """Those made since the sign-in. None for whoever acts for somebody else: they prove nothing."""
    return tuple(one.id for one in _strays(env))


@frozen(kw_only=True)
class JoinOwn(Command[int]):
    """What was bought under one's own address since one signed in joins one's record."""


def join_own(command: JoinOwn, env: Env) -> int:
    """How many records joined; 0 for whoever acts for somebody else, and for a key, which has no address."""
    strays = _strays(env)
    return join_proved(strays[0].claims, strays[0].contact.email, env) if strays and strays[0].claims else 0


def _strays(env: Env) -> tuple[Patient, ...]:
    if env.actor.impersonates or env.actor.patient is None:
        return ()
    user = env.users.find(UserId(env.actor.id))
    return () if user is None else provisional_of(env.actor.patient, user.email, env)
