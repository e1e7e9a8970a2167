"""Shapes of organizations."""

from hlc_adapters.storage.shape import Shape, Unique, text
from hlc_core.organizations.model import Organization, OrganizationSecrets

ORGANIZATIONS: Shape[Organization] = Shape(
    "organizations",
    Organization,
    (
        text("slug"),
        text("checkout_domain", lambda o: o.domains.checkout or None),
        text("consultation_domain", lambda o: o.domains.consultation or None),
        text("portal_domain", lambda o: o.domains.portal or None),
    ),
    uniques=(
        Unique("one_organization_per_slug", ("slug",), everywhere=True),
        Unique("one_organization_per_checkout_domain", ("checkout_domain",), everywhere=True),
        Unique("one_organization_per_consultation_domain", ("consultation_domain",), everywhere=True),
        Unique("one_organization_per_portal_domain", ("portal_domain",), everywhere=True),
    ),
    kind="organization",
    shared=True,
    tracked=True,
)

SECRETS: Shape[OrganizationSecrets] = Shape(
    "organization_secrets", OrganizationSecrets, sealed=True, kind="secrets", tracked=True, hidden=frozenset({"value"})
)

SHAPES = (ORGANIZATIONS, SECRETS)
