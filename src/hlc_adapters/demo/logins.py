"""People who can sign in to the demo: one of each role, with passwords that follow from its key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hlc_adapters.credentials.secrets import keyed_secrets
from hlc_adapters.services import Services
from hlc_core.access.api import Role
from hlc_core.identity.api import FindAccount, set_password
from hlc_core.intake.api import IntakeState, ListIntakes
from hlc_core.kernel.commands import system
from hlc_core.kernel.ids import PLATFORM, OrganizationId, PatientId, UserId
from hlc_core.kernel.text import folded
from hlc_core.people.api import CreateUser, ListUsers, MakeSuperAdmin, Member
from hlc_core.recovery.api import ListRecoveries
from hlc_core.subscriptions.api import ListSubscriptions, State

SUPER = "root@example.com"
CLINICIAN = "clinician@example.com"
STAFF = (
    ("admin@example.com", "Alma Admin", Role.ORG_ADMIN),
    (CLINICIAN, "Cleo Clinician", Role.CLINICIAN),
    ("staff@example.com", "Sami Staff", Role.STAFF),
    (SUPER, "Rosa Root", Role.ORG_ADMIN),
)


def password_of(email: str, key: str) -> str:
    """The password of somebody in the demo: the same each time, another in each demo."""
    letters = keyed_secrets(key).derived("demo", email).casefold().replace("-", "x").replace("_", "y")
    return "-".join(letters[at : at + 5] for at in (0, 5, 10))


def make_logins(services: Services, organization: OrganizationId, key: str) -> UserId:
    """Make them; answers with the clinician."""
    envelope = system(organization, "demo")
    people: dict[str, UserId] = {}
    for email, name, role in STAFF:
        made = services.application.execute(CreateUser(email=email, name=name, role=role), envelope)
        people[email] = made.user.id
        if email == SUPER:
            services.application.execute(MakeSuperAdmin(user=made.user.id), envelope)
        set_password(made.user.id, password_of(email, key), services.porter)
    return people[CLINICIAN]


def patients_of(services: Services, organization: OrganizationId) -> Mapping[str, Member]:
    """Patients with an account who have something to see: one whose subscription runs, one whose payment failed, one
    who is asked about an answer again."""
    road, envelope = services.application, system(organization, "demo")
    failed = road.ask(ListRecoveries(limit=1), envelope).items
    asked = road.ask(ListIntakes(state=IntakeState.NEEDS_CORRECTION, limit=1), envelope).items
    running = road.ask(ListSubscriptions(states=(State.ACTIVE,), limit=1), envelope).items
    words: dict[PatientId | None, str] = {
        **{one.patient: "patient" for one in running},
        **{one.patient: "patient who is asked again" for one in asked},
        **{one.patient: "patient whose payment failed" for one in failed},
    }
    found: dict[str, Member] = {}
    cursor: str | None = None
    while True:
        page = road.ask(ListUsers(patients=True, limit=200, cursor=cursor), envelope)
        found |= {words[one.assignment.patient]: one for one in page.items if one.assignment.patient in words}
        cursor = page.next
        if cursor is None or len(found) == len(words):
            return dict(sorted(found.items()))


def _knows_password(member: Member, services: Services, key: str) -> None:
    porter = services.porter
    envelope = system(PLATFORM, "demo")
    account = porter.road.ask(FindAccount(email_key=porter.fingerprints.of(folded(member.user.email))), envelope)
    if not account.password:
        set_password(member.user.id, password_of(member.user.email, key), porter)


def shown(services: Services, organization: OrganizationId, key: str) -> Iterator[tuple[str, str]]:
    """Who they are and how they sign in; patients get their password when they are first shown."""
    for email, _, role in STAFF:
        word = "super admin" if email == SUPER else role.replace("_", " ").lower()
        yield f"sign in as {word}", f"{email}  {password_of(email, key)}"
    for word, patient in patients_of(services, organization).items():
        _knows_password(patient, services, key)
        yield f"sign in as a {word}", f"{patient.user.email}  {password_of(patient.user.email, key)}"
