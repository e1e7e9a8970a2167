"""The mobile app's modules: on unless turned off for a role, never more than the keys allow."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from core.people.team import OTHER, acting, person, second_clinic
from hlc_core.access.api import BUILT_IN, MOBILE_TOGGLES, SENTENCES, MobileModule, Role, mobile_modules
from hlc_core.access.mobile import SHOWS, toggle
from hlc_core.kernel.errors import Invalid
from hlc_core.organizations.api import PermissionSettings
from hlc_core.people.api import MakeSuperAdmin, OwnRights
from support.refusals import refused
from support.worlds import World

KEYS = st.frozensets(st.sampled_from(sorted(SENTENCES)))
OFF = st.frozensets(st.sampled_from(sorted(MOBILE_TOGGLES)))


@given(st.sampled_from(list(Role)), KEYS, KEYS, OFF, OFF)
def test_toggles_only_hide(
    role: Role, held: frozenset[str], more: frozenset[str], off: frozenset[str], also: frozenset[str]
) -> None:
    """Monotone in the keys and in what is turned off; another role's toggles never matter."""
    seen = set(mobile_modules(role, held, off))

    assert seen <= set(mobile_modules(role, held | more, off))
    assert set(mobile_modules(role, held, off | also)) <= seen
    assert all(SHOWS[one] & held and toggle(role, one) not in off for one in seen)
    assert seen == set(mobile_modules(role, held, frozenset(one for one in off if one.startswith(f"{role}:"))))


def test_every_module_shows_something_that_somebody_may_see() -> None:
    """And every role sees its account."""
    for module in MobileModule:
        assert [role for role in Role if SHOWS[module] & BUILT_IN[role]]
    assert all(MobileModule.ACCOUNT in mobile_modules(role, BUILT_IN[role], frozenset()) for role in Role)


def test_a_clinic_turns_modules_off_for_a_role(world: World) -> None:
    """For nobody else, at no other clinic, and for no super admin; a module or role that is not there is refused."""
    second_clinic(world)
    staff, doctor = (person(world, f"{name}@example.com", role).user for name, role in PEOPLE)
    root = person(world, "root@example.com").user
    there = person(world, "far@example.com", at=OTHER).user
    world.execute(MakeSuperAdmin(user=root.id))
    world.change(permissions=PermissionSettings(mobile_off=("STAFF:orders", "STAFF:billing.invoices")))

    shown = {
        who: world.ask(OwnRights(), envelope).mobile
        for who, envelope in (
            ("staff", acting(world, staff.id)),
            ("doctor", acting(world, doctor.id)),
            ("root", acting(world, root.id)),
            ("elsewhere", acting(world, there.id, OTHER)),
        )
    }

    assert ["doctor", "root", "elsewhere"] == [who for who, seen in shown.items() if MobileModule.ORDERS in seen]
    assert MobileModule.PATIENTS in shown["staff"]
    for wrong in ("STAFF:nothing", "orders", "BOSS:orders"):
        with refused(Invalid) as told:
            world.change(permissions=PermissionSettings(mobile_off=(wrong,)))
        assert "permissions.mobileOff" == told.faults[0].field


PEOPLE = (("staff", Role.STAFF), ("doctor", Role.CLINICIAN))
