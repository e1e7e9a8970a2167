"""Shapes of organizations."""

from hlc_adapters.storage.shape import Shape, text
from hlc_core.organizations.model import Organization

ORGANIZATIONS: Shape[Organization] = Shape(
    "organizations",
    Organization,
    (
        text("slug"),
        text("checkout_domain", lambda o: o.domains.checkout or None),
        text("consultation_domain", lambda o: o.domains.consultation or None),
        text("portal_domain", lambda o: o.domains.portal or None),
    ),
    kind="organization",
    shared=True,
)

SHAPES = (ORGANIZATIONS,)
