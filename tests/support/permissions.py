"""The properties of permissions, checked over random layers: `check(count, seed)` goes as deep as it is asked to.

The model beside the decision is the sentence of the spec, said again in the plainest way: one key at a time.
"""

from __future__ import annotations

from random import Random

from hlc_core.access.api import (
    BUILT_IN,
    FLOOR,
    OUT_OF_REACH,
    PLAN,
    SENTENCES,
    Layers,
    Override,
    Plan,
    Role,
    effective,
    explain,
)
from hlc_core.kernel.evolve import evolve

EVERY = tuple(sorted(SENTENCES))


def layers_of(random: Random) -> Layers:
    """Any layers: each of them absent, empty, dense or full."""
    return Layers(
        role=random.choice(list(Role)),
        off=_some(random),
        plan=random.choice(list(Plan)),
        custom=None if random.random() < 0.3 else _some(random),
        overrides=tuple(
            Override(key=key, granted=random.random() < 0.3, reason="because") for key in sorted(_some(random))
        ),
        overrides_on=random.random() < 0.6,
        impersonated=random.random() < 0.2,
    )


def _some(random: Random) -> frozenset[str]:
    share = random.choice((0.0, 0.05, 0.3, 0.7, 0.95, 1.0))
    return frozenset(key for key in EVERY if random.random() < share)


def expected(layers: Layers, key: str) -> bool:
    """The spec, for one key."""
    if layers.impersonated and key in OUT_OF_REACH:
        return False
    if key not in BUILT_IN[layers.role]:
        return False
    if layers.role is Role.SUPER_ADMIN:
        return True
    if key in layers.off or key not in PLAN[layers.plan][layers.role]:
        return False
    if key in FLOOR[layers.role]:
        return True
    if layers.custom is not None and key not in layers.custom:
        return False
    refused = any(one.key == key and not one.granted for one in layers.overrides)
    return not (layers.overrides_on and refused)


def wrong_with(layers: Layers, random: Random) -> tuple[str, ...]:
    """What does not hold for these layers; nothing is the good answer."""
    held = effective(layers)
    key = random.choice(EVERY)
    more_off = evolve(layers, off=layers.off | {key})
    no_custom, custom = evolve(layers, custom=None), evolve(layers, custom=_some(random))
    less = None if layers.custom is None else evolve(layers, custom=layers.custom - {key})
    refusing = Override(key=key, granted=False, reason="because")
    refused = evolve(layers, overrides=(*layers.overrides, refusing), overrides_on=True)
    granting = Override(key=key, granted=True, reason="because")
    granted = evolve(layers, overrides=(*layers.overrides, granting))
    ceiling = BUILT_IN[layers.role]
    floor = FLOOR[layers.role] & ceiling & (PLAN[layers.plan][layers.role] - layers.off)
    floor = frozenset() if layers.role is Role.SUPER_ADMIN else floor
    bypass = layers.role is Role.SUPER_ADMIN and not layers.impersonated
    laws = {
        "the decision is the spec's": held == frozenset(one for one in EVERY if expected(layers, one)),
        "the explanation says what the decision does": explain(key, layers).allowed == (key in held),
        "a refusal names a layer and a remedy": key in held or bool(explain(key, layers).remedy),
        "nobody holds more than the built-in role": held <= ceiling,
        "turning a feature off never grants": effective(more_off) <= held,
        "what is off is held by super admins only": layers.role is Role.SUPER_ADMIN or key not in effective(more_off),
        "adding a custom role never grants": effective(custom) <= effective(no_custom),
        "a smaller custom role never grants": less is None or effective(less) <= held,
        "an override never grants": effective(refused) <= held and effective(granted) <= held,
        "an override that expressly leaves changes nothing": effective(granted) == held,
        "a larger plan never takes": held <= effective(evolve(layers, plan=Plan.NONE)),
        "enterprise is pro plus": effective(evolve(layers, plan=Plan.ENTERPRISE))
        == effective(evolve(layers, plan=Plan.PRO_PLUS)),
        "the floor survives what is below the organization": floor - (OUT_OF_REACH if layers.impersonated else set())
        <= held,
        "super admins pass all toggles": not bypass or held == ceiling,
        "acting for somebody never grants": effective(evolve(layers, impersonated=True))
        <= effective(evolve(layers, impersonated=False)) - OUT_OF_REACH,
    }
    return tuple(law for law, holds in laws.items() if not holds)


def check(count: int, seed: int = 0) -> tuple[str, ...]:
    """What did not hold in so many random layers, with the seed of each."""
    found: list[str] = []
    for place in range(seed, seed + count):
        random = Random(place)
        found += [f"{law} (seed {place})" for law in wrong_with(layers_of(random), random)]
    return tuple(found)
