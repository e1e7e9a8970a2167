"""What stands in for Stripe.js in front of the fake: one card field that knows Stripe's test numbers."""

from __future__ import annotations

NUMBERS = {
    "4242424242424242": "pm_card_visa",
    "5555555555554444": "pm_card_mastercard",
    "4000000000000002": "pm_card_visa_chargeDeclined",
    "4000000000009995": "pm_card_visa_chargeDeclinedInsufficientFunds",
    "4000002760003184": "pm_card_authenticationRequired",
}
"""Stripe's test numbers, and the methods that they become."""

_SCRIPT = """
window.Stripe = (key) => {
  const NUMBERS = __NUMBERS__;
  if (!key.startsWith("pk_test_")) throw new Error("The fake takes test keys only.");
  const input = document.createElement("input");
  return {
    elements: () => ({ create: () => ({
      mount: (place) => {
        input.inputMode = "numeric";
        input.setAttribute("aria-labelledby", "card-label");
        place.append(input);
      },
      on: () => undefined,
      focus: () => input.focus(),
    }) }),
    createPaymentMethod: async () => {
      const id = NUMBERS[input.value.replace(/ /g, "")];
      return id ? { paymentMethod: { id } } : { error: { message: "Your card number is invalid." } };
    },
  };
};
"""


def stripe_js() -> str:
    """The script."""
    pairs = ", ".join(f'"{number}": "{method}"' for number, method in NUMBERS.items())
    return _SCRIPT.replace("__NUMBERS__", f"{{ {pairs} }}")
