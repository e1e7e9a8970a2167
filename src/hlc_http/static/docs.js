// Trying requests on the documentation page; without scripts the page is still the whole reference.
(() => {
  "use strict";
  const shown = (id) => { const element = document.getElementById(id); element.hidden = false; return element; };
  shown("key-card");
  for (const id of ["key", "organization"]) {
    const field = document.getElementById(id);
    field.value = sessionStorage.getItem(`hlc-${id}`) || "";
    field.addEventListener("input", () => sessionStorage.setItem(`hlc-${id}`, field.value));
  }
  const filter = shown("filter");
  filter.addEventListener("input", () => {
    const words = filter.value.trim().toLowerCase();
    for (const section of document.querySelectorAll(".tag-section")) {
      let any = false;
      for (const op of section.querySelectorAll(".op")) {
        op.hidden = words !== "" && !op.dataset.find.includes(words);
        any = any || !op.hidden;
      }
      section.hidden = !any;
    }
  });
  const open = () => { const op = document.getElementById(location.hash.slice(1)); if (op && op.matches("details")) op.open = true; };
  window.addEventListener("hashchange", open); open();
  for (const form of document.querySelectorAll("form.try")) {
    form.hidden = false;
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const output = form.querySelector("output"), box = form.querySelector(".shown");
      let path = form.dataset.path;
      const query = new URLSearchParams(), headers = {};
      for (const field of form.querySelectorAll("[data-name]")) {
        if (field.value === "") continue;
        if (field.dataset.place === "path") path = path.replace(`{${field.dataset.name}}`, encodeURIComponent(field.value));
        else if (field.dataset.place === "query") query.set(field.dataset.name, field.value);
        else headers[field.dataset.name] = field.value;
      }
      const key = document.getElementById("key").value, organization = document.getElementById("organization").value;
      if (key) headers["X-API-Key"] = key;
      if (organization) headers["X-HLC-Organization"] = organization;
      const body = form.querySelector("[data-body]");
      if (body) headers["Content-Type"] = "application/json";
      output.textContent = "Sending…";
      const started = performance.now();
      try {
        const answer = await fetch(path + (query.size ? `?${query}` : ""), { method: form.dataset.method, headers, body: body ? body.value : undefined, cache: "no-store" });
        const text = await answer.text();
        output.textContent = `${answer.status} ${answer.statusText} · ${Math.round(performance.now() - started)} ms`;
        let pretty = text;
        try { pretty = JSON.stringify(JSON.parse(text), null, 2); } catch { /* not JSON: shown as it is */ }
        box.hidden = false;
        box.firstElementChild.textContent = pretty || "(no body)";
      } catch (error) {
        output.textContent = `No answer: ${error.message}`;
      }
    });
  }
})();
