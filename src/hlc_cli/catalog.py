"""`hlc products`: what is sold."""

from __future__ import annotations

from typing import Annotated

import typer

from hlc_cli.desk import desk_of
from hlc_cli.group import Cursor, Limit, group
from hlc_core.catalog.api import GetProduct, ListProducts, Product
from hlc_core.kernel.ids import ProductId
from hlc_core.kernel.text import counted

app = group("Products: what is sold. `hlc import products` brings them in.")


@app.command("list")
def list_(context: typer.Context, limit: Limit = 50, cursor: Cursor = None) -> None:
    """Products, withdrawn ones included, with their prices and terms."""
    desk = desk_of(context)
    page = desk.ask(ListProducts(active_only=False, cursor=cursor, limit=limit))
    desk.out.page(
        page,
        ("name", ">price", "billing", "rx", "sold", "external id", "id"),
        lambda one: (
            one.name,
            one.price,
            billing(one),
            one.offer.needs_prescription,
            one.active,
            one.external_id,
            one.id,
        ),
    )


@app.command()
def show(context: typer.Context, product: Annotated[str, typer.Argument(help="Its id.")]) -> None:
    """One product."""
    desk = desk_of(context)
    one = desk.ask(GetProduct(product=ProductId(product)))
    offer = one.offer
    desk.out.record(
        one,
        (
            ("name", one.name),
            ("id", one.id),
            ("external id", one.external_id),
            ("sold", one.active),
            ("price", one.price),
            ("billing", billing(one)),
            ("trial days", offer.trial_days or None),
            ("needs prescription", offer.needs_prescription),
            ("needs labs", offer.needs_labs),
            ("questionnaires", offer.questionnaires),
            ("drugs", tuple(f"{drug.name} ({drug.compound})" for drug in offer.drugs)),
            ("buy link", f"{desk.services.settings.base_url}/buy/{one.id}"),
            ("description", offer.description),
        ),
    )


def billing(product: Product) -> str:
    """How it is paid, in words."""
    offer = product.offer
    if offer.interval is None:
        return "once"
    words = [str(offer.interval)]
    if offer.prepaid_months:
        words = [f"{counted(offer.prepaid_months, 'month')} at once"]
    if offer.cycles:
        words.append(counted(offer.cycles, "time"))
    return ", ".join(words)
