"""From products and prices to order lines, amounts and needs. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hlc_core.catalog.api import PricedLine, Product, Reduction
from hlc_core.invoicing.api import InvoiceLine
from hlc_core.kernel.errors import Fault
from hlc_core.kernel.ids import SubscriptionId
from hlc_core.kernel.money import Money, total, zero
from hlc_core.orders.model import Amounts, Billing, Needs, OrderLine, ReductionType, SourceContext

_NO_NEW_CARE = frozenset({SourceContext.RENEWAL, SourceContext.REFILL})


def bought(
    product: Product,
    priced: PricedLine,
    reduction: Reduction | None = None,
    *,
    subscription: SubscriptionId | None = None,
    billing: Billing | None = None,
) -> OrderLine:
    """The priced product as an order line, under today's terms."""
    percent = reduction is not None and reduction.percent is not None and not priced.discount.is_zero
    return OrderLine(
        product=product.id,
        name=product.name,
        quantity=priced.quantity,
        list_price=priced.subtotal,
        price=priced.subtotal - priced.discount,
        drug_name=", ".join(drug.compound for drug in product.offer.drugs),
        reduction_amount=(reduction.percent or 0) if percent and reduction is not None else priced.discount.amount,
        reduction_type=ReductionType.PERCENT if percent else ReductionType.DOLLAR,
        tax=priced.tax,
        subscription=subscription,
        billing=billing,
    )


def amounts_of(lines: Sequence[OrderLine], credit_used: Money | None = None) -> Amounts:
    """What the lines come to: base is list prices and tax, discount what was taken off. Refuses: MixedCurrencies."""
    currency = lines[0].price.currency
    taxes = total((line.tax or zero(currency) for line in lines), currency)
    base = total((line.list_price for line in lines), currency)
    net = total((line.price for line in lines), currency)
    return Amounts(base=base + taxes, discount=base - net, credit_used=credit_used or zero(currency))


def needs_of(products: Sequence[Product], context: SourceContext) -> Needs:
    """What these products need. Renewals and refills go on under the first approval: no questions, no new review."""
    offers = [product.offer for product in products]
    first = context not in _NO_NEW_CARE
    questionnaires = tuple(dict.fromkeys(key for offer in offers for key in offer.questionnaires)) if first else ()
    prescription = any(offer.needs_prescription for offer in offers)
    return Needs(
        questionnaires=questionnaires,
        review=first and (prescription or bool(questionnaires)),
        prescription=prescription,
        labs=first and any(offer.needs_labs for offer in offers),
        shipment=any(offer.ships for offer in offers),
    )


def invoice_lines(lines: Sequence[OrderLine], amounts: Amounts) -> tuple[InvoiceLine, ...]:
    """The order's lines as an invoice has them; credit used is a line of its own."""
    billed = [
        InvoiceLine(
            name=line.name,
            amount=line.price if line.tax is None else line.price + line.tax,
            quantity=line.quantity,
            product=line.product,
            medication_type=line.drug_name,
            discount=line.list_price - line.price,
            tax=line.tax,
        )
        for line in lines
    ]
    if not amounts.credit_used.is_zero:
        billed.append(InvoiceLine(name="Credit used", amount=-amounts.credit_used))
    return tuple(billed)


def faults_of(lines: Sequence[OrderLine], amounts: Amounts, currency: str) -> Iterator[Fault]:
    """What is wrong with lines and amounts that are to become an order."""
    if not lines:
        yield Fault("lines", "at least one line")
        return
    for place, line in enumerate(lines):
        if not 1 <= line.quantity <= 99:
            yield Fault(f"lines[{place}].quantity", "between 1 and 99")
        if any(money.currency != currency for money in (line.list_price, line.price, line.tax or line.price)):
            yield Fault(f"lines[{place}].price", f"in {currency}, the currency of the organization")
            return
        if not 0 <= line.price.amount <= line.list_price.amount:
            yield Fault(f"lines[{place}].price", "not below zero and not above the list price")
    if any(money.currency != currency for money in (amounts.base, amounts.discount, amounts.credit_used)):
        yield Fault("amounts", f"in {currency}, the currency of the organization")
        return
    right = amounts_of(lines)
    if (right.base, right.discount) != (amounts.base, amounts.discount):
        yield Fault("amounts", f"the lines come to {right.base} less {right.discount}")
    if amounts.credit_used.amount < 0 or amounts.total.amount < 0:
        yield Fault("amounts.credit_used", "not below zero and not above what is left to pay")
