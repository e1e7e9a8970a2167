"""Every shape there is: the tables of the database."""

from __future__ import annotations

from typing import Any

from hlc_adapters.storage.shape import Shape
from hlc_adapters.storage.shapes import (
    care,
    cart,
    catalog,
    encryption,
    identity,
    jobs,
    notifications,
    orders,
    organizations,
    partners,
    patients,
    payments,
    people,
    platform,
    prescriptions,
    provider_queue,
)
from hlc_adapters.storage.shapes import subscriptions as standing

ALL: tuple[Shape[Any], ...] = (
    *encryption.SHAPES,
    *platform.SHAPES,
    *organizations.SHAPES,
    *catalog.SHAPES,
    *patients.SHAPES,
    *people.SHAPES,
    *identity.SHAPES,
    *cart.SHAPES,
    *payments.SHAPES,
    *orders.SHAPES,
    *standing.SHAPES,
    *provider_queue.SHAPES,
    *partners.SHAPES,
    *prescriptions.SHAPES,
    *care.SHAPES,
    *jobs.SHAPES,
    *notifications.SHAPES,
)
