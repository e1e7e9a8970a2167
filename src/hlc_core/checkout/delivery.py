"""Where the parcel goes. Source: spec/commerce, Checkout; a product says whether it ships."""

from __future__ import annotations

from collections.abc import Sequence

from hlc_core.catalog.api import Product
from hlc_core.checkout.errors import AddressNeeded
from hlc_core.kernel.errors import Fault, Invalid
from hlc_core.patients.api import Address, Patient, incomplete, misplaced


def destination(given: Address | None, sold: Sequence[Product], known: Patient | None) -> Address | None:
    """The address given, else that of the buyer who proved who they are; None only where nothing is shipped.

    Refuses: AddressNeeded (none, or parts of it are missing), Invalid (a state that its country does not have).
    """
    address = given if given is not None or known is None else known.address
    if address is not None and (faults := tuple(misplaced(address))):
        raise Invalid("The address cannot be used.", *faults)
    shipped = ", ".join(product.name for product in sold if product.offer.ships)
    if not shipped:
        return address
    if address is None:
        raise AddressNeeded(f"An address is needed: {shipped} is shipped.", Fault("address", "where the parcel goes"))
    if missing := tuple(incomplete(address)):
        raise AddressNeeded(f"The address is not complete, and {shipped} is shipped.", *missing)
    return address
