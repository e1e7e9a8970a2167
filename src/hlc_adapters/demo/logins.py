"""People who can sign in to the demo: one of each role, with passwords that follow from its key."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hlc_adapters.credentials.secrets import keyed_secrets
from hlc_adapters.services import Services
from hlc_core.access.api import Role
from hlc_core.identity.api import set_password
from hlc_core.kernel.commands import system
from hlc_core.kernel.ids import OrganizationId, PatientId, UserId
from hlc_core.people.api import CreateUser, ListUsers, MakeSuperAdmin, Member
from hlc_core.recovery.api import RECOVERY_URL, ListRecoveries

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
    """Make them, and give the clinic's first patient with an account a password, too; answers with the clinician."""
    envelope = system(organization, "demo")
    people: dict[str, UserId] = {}
    for email, name, role in STAFF:
        made = services.application.execute(CreateUser(email=email, name=name, role=role), envelope)
        people[email] = made.user.id
        if email == SUPER:
            services.application.execute(MakeSuperAdmin(user=made.user.id), envelope)
        set_password(made.user.id, password_of(email, key), services.porter)
    patient = patient_of(services, organization)
    if patient is not None:
        set_password(patient.user.id, password_of(patient.user.email, key), services.porter)
    for debtor in debtors_of(services, organization):
        set_password(debtor.user.id, password_of(debtor.user.email, key), services.porter)
    return people[CLINICIAN]


def debtors_of(services: Services, organization: OrganizationId) -> Sequence[Member]:
    """Patients with an account whose renewal failed, the longest ago first."""
    envelope = system(organization, "demo")
    cases = services.application.ask(ListRecoveries(limit=200), envelope).items
    wanted = {case.patient: place for place, case in enumerate(reversed(cases))}
    found: dict[int, Member] = {}
    cursor: str | None = None
    while len(found) < len(wanted):
        page = services.application.ask(ListUsers(patients=True, cursor=cursor, limit=200), envelope)
        known = ((wanted.get(one.assignment.patient or PatientId("")), one) for one in page.items)
        found |= {place: one for place, one in known if place is not None}
        if page.next is None:
            break
        cursor = page.next
    return [found[place] for place in sorted(found)]


def patient_of(services: Services, organization: OrganizationId) -> Member | None:
    """The first patient with an account."""
    page = services.application.ask(ListUsers(patients=True, limit=1), system(organization, "demo"))
    return page.items[0] if page.items else None


def shown(services: Services, organization: OrganizationId, key: str) -> Iterator[tuple[str, str]]:
    """Who they are and how they sign in."""
    for email, _, role in STAFF:
        word = "super admin" if email == SUPER else role.replace("_", " ").lower()
        yield f"sign in as {word}", f"{email}  {password_of(email, key)}"
    patient = patient_of(services, organization)
    if patient is not None:
        yield "sign in as a patient", f"{patient.user.email}  {password_of(patient.user.email, key)}"
    for debtor in debtors_of(services, organization)[:1]:
        yield "sign in as a patient whose renewal failed", f"{debtor.user.email}  {password_of(debtor.user.email, key)}"
        yield "and pay it with a new card", f"{services.settings.base_url}{RECOVERY_URL}"
