"""The one function that decides what somebody may do, and the one that says why. Source: spec/access."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from attrs import frozen

from hlc_core.access.model import Override, Plan, Role
from hlc_core.access.permissions import SENTENCES
from hlc_core.access.roles import BUILT_IN, FLOOR, OUT_OF_REACH, PLAN


class Layer(StrEnum):
    """Where a key can be lost, in the order in which they are asked."""

    ROLE = "role"
    ORGANIZATION = "organization"
    PLAN = "plan"
    CUSTOM_ROLE = "custom_role"
    OVERRIDE = "override"
    IMPERSONATION = "impersonation"


@frozen(kw_only=True)
class Layers:
    """All that decides for one person in one organization.

    `off` are the keys that the organization turned off; `custom` those of the custom role, None without one.
    `overrides` count only where the organization turned that layer on. `impersonated`: asked while somebody else acts
    as this person.
    """

    role: Role
    off: frozenset[str] = frozenset()
    plan: Plan = Plan.NONE
    custom: frozenset[str] | None = None
    overrides: tuple[Override, ...] = ()
    overrides_on: bool = False
    impersonated: bool = False


@frozen(kw_only=True)
class Verdict:
    """What one layer says of a key; `remedy` is what would have to change where it refuses."""

    layer: Layer
    passes: bool
    because: str
    remedy: str = ""


@frozen(kw_only=True)
class Explanation:
    """Whether a key is held and why. `refused_by` is the first layer that refuses, None where the key is held."""

    key: str
    means: str
    allowed: bool
    refused_by: Layer | None
    because: str
    remedy: str
    layers: tuple[Verdict, ...]


def effective(layers: Layers) -> frozenset[str]:
    """The keys that are held.

    Role AND organization AND plan AND custom role AND override; then the role's floor comes back where organization
    and plan allow it. A super admin passes all of these. Nobody does what is out of reach while acting for others.
    """
    held = BUILT_IN[layers.role]
    if layers.role is not Role.SUPER_ADMIN:
        ceiling = (held - layers.off) & PLAN[layers.plan][layers.role]
        held = ceiling if layers.custom is None else ceiling & layers.custom
        held = (held - _refused(layers)) | (FLOOR[layers.role] & ceiling)
    return held - OUT_OF_REACH if layers.impersonated else held


def explain(key: str, layers: Layers) -> Explanation:
    """Which layer refuses the key, and what would have to change; says exactly what `effective` does."""
    verdicts = tuple(_verdicts(key, layers))
    refusing = next((one for one in verdicts if not one.passes), None)
    return Explanation(
        key=key,
        means=SENTENCES.get(key, "no such key"),
        allowed=refusing is None,
        refused_by=None if refusing is None else refusing.layer,
        because=verdicts[-1].because if refusing is None else refusing.because,
        remedy="" if refusing is None else refusing.remedy,
        layers=verdicts,
    )


def _refused(layers: Layers) -> frozenset[str]:
    if not layers.overrides_on:
        return frozenset()
    return frozenset(override.key for override in layers.overrides if not override.granted)


def _verdicts(key: str, layers: Layers) -> Iterable[Verdict]:
    role, bypasses = layers.role, layers.role is Role.SUPER_ADMIN
    holders = ", ".join(one for one in Role if key in BUILT_IN[one]) or "nobody"
    held = key in BUILT_IN[role]
    yield Verdict(
        layer=Layer.ROLE,
        passes=held,
        because=f"the role {role} has it" if held else f"the role {role} does not have it",
        remedy="" if held else f"give the person a role that has it: {holders}",
    )
    if bypasses:
        yield Verdict(layer=Layer.ORGANIZATION, passes=True, because="a super admin passes all toggles")
    else:
        yield from _ceiling(key, layers)
        yield from _narrowing(key, layers)
    if layers.impersonated:
        reachable = key not in OUT_OF_REACH
        yield Verdict(
            layer=Layer.IMPERSONATION,
            passes=reachable,
            because="it may be done for others" if reachable else "nobody does this while acting for somebody else",
            remedy="" if reachable else "end the impersonation, and do it as yourself",
        )


def _ceiling(key: str, layers: Layers) -> Iterable[Verdict]:
    on = key not in layers.off
    yield Verdict(
        layer=Layer.ORGANIZATION,
        passes=on,
        because="the organization has it on" if on else "it is turned off for the whole organization",
        remedy="" if on else "a super admin turns it on for the organization",
    )
    bought = key in PLAN[layers.plan][layers.role] or key not in BUILT_IN[layers.role]
    yield Verdict(
        layer=Layer.PLAN,
        passes=bought,
        because=f"the plan {layers.plan} leaves it" if bought else f"the plan {layers.plan} does not include it",
        remedy="" if bought else "the organization takes a larger plan",
    )


def _narrowing(key: str, layers: Layers) -> Iterable[Verdict]:
    floor = key in FLOOR[layers.role]
    kept = "the role cannot do without it, so nothing below the organization takes it away"
    if layers.custom is not None:
        named = key in layers.custom
        yield Verdict(
            layer=Layer.CUSTOM_ROLE,
            passes=named or floor,
            because="the custom role names it" if named else kept if floor else "the custom role does not name it",
            remedy="" if named or floor else "add it to the custom role, or take the custom role off",
        )
    if layers.overrides_on:
        free = key not in _refused(layers)
        yield Verdict(
            layer=Layer.OVERRIDE,
            passes=free or floor,
            because="no override refuses it" if free else kept if floor else "an override of this person refuses it",
            remedy="" if free or floor else "delete the override",
        )
