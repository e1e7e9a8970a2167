// The gateway's own card fields: the number is typed into its frame and becomes a token before the form is sent.
(() => {
  "use strict";
  const place = document.getElementById("card-field");
  const form = place.closest("form");
  const fault = document.getElementById("card-fault");
  const token = form.elements.paymentToken;
  const button = form.querySelector("button:not([type=button])");
  const say = (sentence) => { fault.textContent = sentence; };
  const look = getComputedStyle(document.body);
  let working = false, card = null, stripe = null;
  form.addEventListener("submit", async (event) => {
    if (token.value) return;
    event.preventDefault();
    if (working || !card) return;
    working = true;
    button.setAttribute("aria-busy", "true");
    say("");
    try {
      const made = await stripe.createPaymentMethod({ type: "card", card });
      if (made.error) { say(made.error.message); return; }
      token.value = made.paymentMethod.id;
      setTimeout(() => form.requestSubmit(button)); // not within the event that is being answered
    } catch {
      say("The card could not be read. Please try again.");
    } finally {
      working = false;
      if (!token.value) button.removeAttribute("aria-busy");
    }
  }, { capture: true });
  const script = document.createElement("script");
  script.src = place.dataset.script;
  script.onerror = () => say("The payment provider cannot be reached. Please reload the page in a moment.");
  script.onload = () => {
    stripe = window.Stripe(place.dataset.key);
    card = stripe.elements().create("card", {
      hidePostalCode: true,
      style: { base: { color: look.color, fontFamily: look.fontFamily, fontSize: "16px" } },
    });
    card.mount(place);
    card.on("change", (change) => say(change.error ? change.error.message : ""));
    place.addEventListener("click", () => card.focus());
    document.getElementById("card-label").addEventListener("click", () => card.focus());
  };
  document.head.append(script);
})();
