// What pages gain with scripts on; everything works without.
(() => {
  "use strict";
  document.documentElement.classList.add("js");
  for (const field of document.querySelectorAll("select[data-sends]")) {
    field.addEventListener("change", () => field.form.requestSubmit());
  }
  for (const form of document.forms) {
    form.addEventListener("submit", (event) => {
      if (event.defaultPrevented) return; // the card is being read first
      if (form.dataset.sent === "yes") { event.preventDefault(); return; }
      form.dataset.sent = "yes";
      for (const button of form.querySelectorAll("button")) {
        button.setAttribute("aria-busy", "true");
        if (button.dataset.busy) button.textContent = button.dataset.busy;
      }
    });
  }
  window.addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
  const faults = document.getElementById("faults");
  if (faults) faults.focus();
  const here = document.querySelector(".tabs [aria-current]");
  if (here) here.scrollIntoView({ block: "nearest", inline: "center" });
  const waiting = document.querySelector("[data-watch]");
  if (waiting) {
    let pause = 1500;
    const look = async () => {
      try {
        const answer = await fetch(waiting.dataset.watch, { headers: { Accept: "application/json" }, cache: "no-store" });
        if (answer.ok && (await answer.json()).state !== waiting.dataset.state) { location.reload(); return; }
      } catch { /* the network may come back */ }
      pause = Math.min(pause * 1.4, 15000);
      setTimeout(look, pause);
    };
    setTimeout(look, pause);
  }
})();
