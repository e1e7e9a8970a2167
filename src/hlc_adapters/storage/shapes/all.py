"""Every shape there is: the tables of the database."""

from __future__ import annotations

from typing import Any

from hlc_adapters.storage.shape import Shape
from hlc_adapters.storage.shapes import (
    cart,
    catalog,
    encryption,
    jobs,
    orders,
    organizations,
    patients,
    payments,
    platform,
)
from hlc_adapters.storage.shapes import subscriptions as standing

ALL: tuple[Shape[Any], ...] = (
    *encryption.SHAPES,
    *platform.SHAPES,
    *organizations.SHAPES,
    *catalog.SHAPES,
    *patients.SHAPES,
    *cart.SHAPES,
    *payments.SHAPES,
    *orders.SHAPES,
    *standing.SHAPES,
    *jobs.SHAPES,
)
