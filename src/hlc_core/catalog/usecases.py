"""Changing what is sold, which coupons run, and how the checkout page looks."""

from __future__ import annotations

from attrs import frozen

from hlc_core.catalog.errors import CodeTaken, ExternalIdTaken, LimitInUse, TemplateNameTaken
from hlc_core.catalog.events import ProductAdded, ProductChanged, ProductWithdrawn
from hlc_core.catalog.machine import RedemptionState
from hlc_core.catalog.model import CheckoutTemplate, Coupon, CouponTerms, Offer, PageDesign, Product
from hlc_core.catalog.offers import MOST_CLAIMS, sound_code, sound_design, sound_offer, sound_terms
from hlc_core.catalog.ports import Env
from hlc_core.kernel.commands import Command
from hlc_core.kernel.errors import Fault
from hlc_core.kernel.evolve import evolve
from hlc_core.kernel.ids import CouponId, ProductId, TemplateId
from hlc_core.kernel.text import folded


@frozen(kw_only=True)
class AddProduct(Command[Product]):
    """A new product, on sale at once."""

    offer: Offer
    external_id: str | None = None


def add_product(command: AddProduct, env: Env) -> Product:
    """Refuses: NotAnOffer, ExternalIdTaken."""
    offer = sound_offer(command.offer, env.organization.currency)
    if command.external_id is not None and env.products.with_external_ids((command.external_id,)):
        raise ExternalIdTaken(
            f"A product with the external id {command.external_id} is there already.",
            Fault("external_id", "choose another one, or change that product"),
        )
    return new_product(offer, command.external_id, True, env)


def new_product(offer: Offer, external_id: str | None, active: bool, env: Env) -> Product:
    """A sound offer as a product; imports call this, too."""
    product = Product(
        id=ProductId(env.ids.new("prod")),
        organization=env.organization.id,
        offer=offer,
        active=active,
        external_id=external_id,
    )
    env.products.add(product)
    env.outbox.put(ProductAdded(product=product.id))
    return product


@frozen(kw_only=True)
class ChangeProduct(Command[Product]):
    """Another offer for the same product. What was sold before keeps its terms."""

    product: ProductId
    offer: Offer


def change_product(command: ChangeProduct, env: Env) -> Product:
    """Refuses: Missing, NotAnOffer."""
    offer = sound_offer(command.offer, env.organization.currency)
    return replace(env.products.get(command.product), offer, None, env)


def replace(product: Product, offer: Offer, active: bool | None, env: Env) -> Product:
    """The product under another offer, told once if anything differs; imports call this, too."""
    changed = evolve(product, offer=offer, active=product.active if active is None else active)
    if changed == product:
        return product
    env.products.save(changed)
    withdrawn = product.active and not changed.active
    env.outbox.put(ProductWithdrawn(product=product.id) if withdrawn else ProductChanged(product=product.id))
    return changed


@frozen(kw_only=True)
class WithdrawProduct(Command[Product]):
    """It can no longer be bought; subscriptions to it go on."""

    product: ProductId


def withdraw_product(command: WithdrawProduct, env: Env) -> Product:
    """Refuses: Missing. Withdrawing twice is withdrawing once."""
    product = env.products.get(command.product)
    return replace(product, product.offer, False, env)


@frozen(kw_only=True)
class RestoreProduct(Command[Product]):
    """It can be bought again."""

    product: ProductId


def restore_product(command: RestoreProduct, env: Env) -> Product:
    """Refuses: Missing."""
    product = env.products.get(command.product)
    return replace(product, product.offer, True, env)


@frozen(kw_only=True)
class AddCoupon(Command[Coupon]):
    """A new coupon, running from its start."""

    code: str
    terms: CouponTerms


def add_coupon(command: AddCoupon, env: Env) -> Coupon:
    """Refuses: NotACoupon, CodeTaken."""
    code, terms = sound_code(command.code), sound_terms(command.terms, env.organization.currency)
    if env.coupons.with_code(folded(code)) is not None:
        raise CodeTaken(f"There is a coupon {code} already.")
    coupon = Coupon(
        id=CouponId(env.ids.new("coup")),
        organization=env.organization.id,
        code=code,
        folded_code=folded(code),
        terms=terms,
    )
    env.coupons.add(coupon)
    return coupon


@frozen(kw_only=True)
class ChangeCoupon(Command[Coupon]):
    """Other terms for the next who use it. What was quoted or sold before keeps its reduction."""

    coupon: CouponId
    terms: CouponTerms


def change_coupon(command: ChangeCoupon, env: Env) -> Coupon:
    """Refuses: Missing, NotACoupon, LimitInUse (a total limit below, or beside, what was already claimed)."""
    terms = sound_terms(command.terms, env.organization.currency)
    coupon = env.coupons.get(command.coupon)
    if _limit_in_use(coupon, terms.total_limit, env):
        raise LimitInUse("More than that was claimed already, or was claimed without a limit.")
    changed = evolve(coupon, terms=terms)
    env.coupons.save(changed)
    return changed


def _limit_in_use(coupon: Coupon, limit: int | None, env: Env) -> bool:
    before = coupon.terms.total_limit
    if limit is None or limit == before:
        return False
    claims = env.coupon_redemptions
    placed = claims.below_slot(coupon.id, MOST_CLAIMS)
    taken = claims.count(coupon.id, RedemptionState.HELD) + claims.count(coupon.id, RedemptionState.REDEEMED)
    return taken > len(placed) or any(claim.slot is not None and claim.slot > limit for claim in placed)


@frozen(kw_only=True)
class WithdrawCoupon(Command[Coupon]):
    """Nobody can use it any more; what is held by a paying checkout still counts."""

    coupon: CouponId


def withdraw_coupon(command: WithdrawCoupon, env: Env) -> Coupon:
    """Refuses: Missing."""
    withdrawn = evolve(env.coupons.get(command.coupon), active=False)
    env.coupons.save(withdrawn)
    return withdrawn


@frozen(kw_only=True)
class RestoreCoupon(Command[Coupon]):
    """It can be used again, within its dates and limits."""

    coupon: CouponId


def restore_coupon(command: RestoreCoupon, env: Env) -> Coupon:
    """Refuses: Missing."""
    restored = evolve(env.coupons.get(command.coupon), active=True)
    env.coupons.save(restored)
    return restored


@frozen(kw_only=True)
class AddCheckoutTemplate(Command[CheckoutTemplate]):
    """A new page design; the organization's first one becomes its default."""

    name: str
    design: PageDesign


def add_checkout_template(command: AddCheckoutTemplate, env: Env) -> CheckoutTemplate:
    """Refuses: NotADesign, TemplateNameTaken."""
    name, design = sound_design(command.name, command.design)
    if env.checkout_templates.named(name) is not None:
        raise TemplateNameTaken(f"There is a checkout template {name} already.")
    template = CheckoutTemplate(
        id=TemplateId(env.ids.new("tmpl")),
        organization=env.organization.id,
        name=name,
        design=design,
        default=env.checkout_templates.default() is None,
    )
    env.checkout_templates.add(template)
    return template


@frozen(kw_only=True)
class ChangeCheckoutTemplate(Command[CheckoutTemplate]):
    """Another design, and perhaps another name, for the same template."""

    template: TemplateId
    name: str
    design: PageDesign


def change_checkout_template(command: ChangeCheckoutTemplate, env: Env) -> CheckoutTemplate:
    """Refuses: Missing, NotADesign, TemplateNameTaken."""
    name, design = sound_design(command.name, command.design)
    template = env.checkout_templates.get(command.template)
    other = env.checkout_templates.named(name)
    if other is not None and other.id != template.id:
        raise TemplateNameTaken(f"There is a checkout template {name} already.")
    changed = evolve(template, name=name, design=design)
    env.checkout_templates.save(changed)
    return changed


@frozen(kw_only=True)
class MakeTemplateDefault(Command[CheckoutTemplate]):
    """The template that links without one get."""

    template: TemplateId


def make_template_default(command: MakeTemplateDefault, env: Env) -> CheckoutTemplate:
    """Refuses: Missing."""
    template = env.checkout_templates.get(command.template)
    before = env.checkout_templates.default()
    if before is not None and before.id != template.id:
        env.checkout_templates.save(evolve(before, default=False))
    chosen = evolve(template, default=True)
    env.checkout_templates.save(chosen)
    return chosen
