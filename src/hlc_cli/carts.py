"""`hlc carts`: what is being bought."""

from __future__ import annotations

from typing import Annotated

import typer

from hlc_cli.desk import desk_of
from hlc_cli.group import Cursor, Limit, group
from hlc_core.cart.api import Cart, CartState, ListCarts

app = group("Carts: what is being bought, and what was left behind.")


@app.command("list")
def list_(
    context: typer.Context,
    state: Annotated[CartState | None, typer.Option(help="Only these.")] = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> None:
    """Carts, newest first."""
    desk = desk_of(context)
    page = desk.ask(ListCarts(state=state, cursor=cursor, limit=limit))
    desk.out.page(
        page,
        ("state", ">lines", ">total", "coupon", "last active", "id"),
        lambda one: (one.state, len(one.lines), _total(one), one.coupon, one.active_at, one.id),
    )


def _total(cart: Cart) -> object:
    return None if cart.quote is None else cart.quote.total
