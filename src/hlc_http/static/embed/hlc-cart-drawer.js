// @ts-check
// The cart drawer for any web page. One file without a framework; see docs/guides/embed.md.
// It keeps to a shadow root, sets no style attribute, evaluates nothing, and shows what it is told as text only.
(() => {
  "use strict";
  /**
   * @typedef {{ amount: number, currency: string }} Money
   * @typedef {{ productId: string, name: string, image: string, quantity: number, total: Money, terms: string }} Item
   * @typedef {{ cartId: string, state: string, checkoutUrl: string, items: Item[], subtotal: Money, discount: Money,
   *   tax: Money, total: Money, actions: string[] }} Cart
   * @typedef {{ apiBase?: string, organization?: string, cartMountSelector?: string, openOnAdd?: boolean,
   *   buttonSelector?: string, title?: string, checkoutLabel?: string, accentColor?: string }} Config
   * @typedef {Config & { productIds?: string[] | string, checkoutTemplateId?: string }} Wish
   */
  const page = /** @type {Window & { HLCCartDrawerConfig?: Config, HLCCartDrawer?: object }} */ (window);
  if (page.HLCCartDrawer) return; // the page has the script twice
  const script = /** @type {HTMLScriptElement | null} */ (document.currentScript);
  const home = script && script.src ? new URL(script.src).origin : location.origin;
  const PAYABLE = ["OPEN", "FAILED", "ABANDONED"];

  /** @returns {Config} */
  const config = () => page.HLCCartDrawerConfig || {};
  /** @param {Config} wish */
  const baseOf = (wish) => (wish.apiBase || config().apiBase || home).replace(/\/+$/, "");
  /** @param {string[] | string | undefined} ids */
  const listed = (ids) => {
    const all = Array.isArray(ids) ? ids : (ids || "").split(",");
    return [...new Set(all.map((id) => String(id).trim()).filter(Boolean))];
  };

  class Refused extends Error {
    /** @param {number} status @param {string} detail */
    constructor(status, detail) { super(detail); this.status = status; }
  }

  /** One cart at one address of HLC. What the page's own storage keeps is its id, its count and its products. */
  class Shop {
    /** @param {string} base @param {string} organization */
    constructor(base, organization) {
      this.base = base;
      this.organization = organization;
      this.place = `hlc-cart:${base}${organization ? `:${organization}` : ""}`;
      /** @type {Cart | null} */
      this.cart = null;
      /** @type {{ id: string, count: number, products: string[] }} */
      this.kept = { id: "", count: 0, products: [] };
      /** @type {Promise<unknown>} */
      this.turn = Promise.resolve();
      this.recall();
    }

    recall() {
      try {
        const kept = JSON.parse(localStorage.getItem(this.place) || "null") || {};
        this.kept = { id: String(kept.id || ""), count: Number(kept.count) || 0, products: listed(kept.products) };
      } catch { /* storage is shut: the cart lives as long as the page */ }
    }

    /** @param {Cart | null} cart */
    take(cart) {
      const lives = cart !== null && PAYABLE.includes(cart.state) && cart.items.length > 0;
      this.cart = lives ? cart : null;
      this.kept = this.cart
        ? {
          id: this.cart.cartId,
          count: this.cart.items.reduce((sum, item) => sum + item.quantity, 0),
          products: this.cart.items.map((item) => item.productId),
        }
        : { id: "", count: 0, products: [] };
      try {
        if (this.cart) localStorage.setItem(this.place, JSON.stringify(this.kept));
        else localStorage.removeItem(this.place);
      } catch { /* as above */ }
      told(this);
    }

    /** One request after the other, so that quick clicks cannot overtake each other. @template T @param {() => Promise<T>} work */
    queued(work) {
      const next = this.turn.then(work);
      this.turn = next.catch(() => undefined);
      return next;
    }

    /** @param {string} method @param {string} path @param {object} [body] @returns {Promise<Cart>} */
    async call(method, path, body) {
      /** @type {Record<string, string>} */
      const headers = body ? { "Content-Type": "application/json" } : {};
      if (this.organization) headers["X-HLC-Organization"] = this.organization;
      let answer, told;
      try {
        answer = await fetch(`${this.base}/api/public/cart/${path}`, {
          method, headers, body: body && JSON.stringify(body), mode: "cors", credentials: "omit", cache: "no-store",
        });
        told = await answer.json();
      } catch {
        throw new Refused(0, "The shop cannot be reached. Please try again.");
      }
      if (!answer.ok) throw new Refused(answer.status, String(told.detail || "That did not work. Please try again."));
      return told;
    }

    /** A cart that is not there any more is forgotten; what is refused otherwise is the caller's to say.
     * @param {() => Promise<Cart>} work */
    change(work) {
      return this.queued(async () => {
        try {
          this.take(await work());
        } catch (error) {
          if (error instanceof Refused && error.status === 404) this.take(null);
          throw error;
        }
      });
    }

    refresh() {
      return this.queued(async () => {
        if (!this.kept.id) return;
        try {
          this.take(await this.call("GET", encodeURIComponent(this.kept.id)));
        } catch (error) {
          if (error instanceof Refused && error.status === 404) this.take(null);
          else throw error;
        }
      });
    }

    /** @param {string[]} products @param {string | undefined} template */
    add(products, template) {
      return this.queued(async () => {
        const body = {
          productIds: products,
          checkoutTemplateId: template || null,
          sourcePath: location.pathname,
          sourceDomain: location.hostname,
        };
        const id = this.kept.id;
        if (id) {
          try {
            const known = this.cart || await this.call("GET", encodeURIComponent(id));
            if (PAYABLE.includes(known.state)) {
              this.take(await this.call("POST", "create", { ...body, cartId: id }));
              return;
            }
          } catch (error) {
            if (!(error instanceof Refused && error.status === 404)) throw error;
            const gone = await this.call("GET", encodeURIComponent(id)).then(() => false, () => true);
            if (!gone) throw error; // the cart stands: it is a product that is not there
          }
          this.take(null);
        }
        this.take(await this.call("POST", "create", body));
      });
    }

    /** @param {string} product @param {number} quantity */
    quantity(product, quantity) {
      const path = `${encodeURIComponent(this.kept.id)}/items/${encodeURIComponent(product)}`;
      return this.change(() => quantity ? this.call("PATCH", path, { quantity }) : this.call("DELETE", path));
    }
  }

  /** @type {Map<string, Shop>} */
  const shops = new Map();
  /** @param {Config} wish */
  const shopOf = (wish) => {
    const base = baseOf(wish), organization = wish.organization || config().organization || "";
    const known = shops.get(`${base} ${organization}`);
    if (known) return known;
    const made = new Shop(base, organization);
    shops.set(`${base} ${organization}`, made);
    return made;
  };

  const CSS = `
:host { all: initial; }
* { box-sizing: border-box; margin: 0; }
button, a, dialog { font: 400 16px/1.5 system-ui, sans-serif; color: inherit; }
button { background: none; border: 0; padding: 0; cursor: pointer; }
button[disabled] { cursor: default; opacity: .4; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.icon { position: relative; display: grid; place-items: center; width: 44px; height: 44px; color: #15191d; border-radius: 10px; }
.icon svg { width: 24px; height: 24px; }
.badge { position: absolute; top: 2px; right: 0; min-width: 18px; height: 18px; padding: 0 5px; border-radius: 9px;
  background: var(--accent); color: var(--on-accent); font: 600 11px/18px system-ui, sans-serif; text-align: center; }
dialog { --paper: #fff; --ink: #15191d; --soft: #55606b; --line: #d9dee3; --bad: #a1161c;
  position: fixed; inset: 0 0 0 auto; width: min(26rem, 100vw); max-width: none; height: 100dvh; max-height: none;
  border: 0; padding: 0; background: var(--paper); color: var(--ink); box-shadow: -8px 0 40px rgb(0 0 0 / .18); }
dialog[open] { display: flex; flex-direction: column; animation: in .18s ease-out; }
dialog::backdrop { background: rgb(16 24 32 / .45); }
@keyframes in { from { transform: translateX(2rem); opacity: 0; } }
@media (prefers-reduced-motion: reduce) { dialog[open] { animation: none; } }
@media (prefers-color-scheme: dark) {
  dialog { --paper: #191d22; --ink: #eef1f4; --soft: #a6b1bc; --line: #2d343b; --bad: #ff9b9b; }
}
header { display: flex; align-items: center; justify-content: space-between; padding: .75rem .75rem .75rem 1.25rem;
  border-bottom: 1px solid var(--line); }
h2 { font: 600 18px/1.3 system-ui, sans-serif; }
.close { width: 44px; height: 44px; font-size: 24px; border-radius: 10px; }
ul { list-style: none; padding: 0 1.25rem; flex: 1; overflow-y: auto; overscroll-behavior: contain; }
li { display: grid; grid-template-columns: 56px 1fr auto; gap: .25rem .9rem; padding: 1rem 0; border-bottom: 1px solid var(--line); }
li > img, li > .blank { grid-row: span 3; width: 56px; height: 56px; border-radius: 10px; object-fit: cover; background: var(--line); }
.name { font-weight: 600; overflow-wrap: anywhere; }
.price { font-variant-numeric: tabular-nums; }
.terms { grid-column: 2 / -1; color: var(--soft); font-size: 14px; }
.how { grid-column: 2 / -1; display: flex; justify-content: space-between; align-items: center; }
.count { display: flex; align-items: center; border: 1px solid var(--line); border-radius: 10px; }
.count button { width: 40px; height: 40px; font-size: 18px; }
.count span { min-width: 1.75rem; text-align: center; font-variant-numeric: tabular-nums; }
.remove { color: var(--soft); text-decoration: underline; text-underline-offset: .2em; font-size: 14px; min-height: 40px; padding: 0 .25rem; }
.empty { padding: 3rem 1.25rem; text-align: center; color: var(--soft); flex: 1; }
.said { padding: .75rem 1.25rem; color: var(--bad); }
.said:empty { display: none; }
footer { padding: 1rem 1.25rem 1.25rem; border-top: 1px solid var(--line); }
dl { display: grid; grid-template-columns: 1fr auto; gap: .25rem; font-variant-numeric: tabular-nums; padding-bottom: 1rem; }
dd { text-align: right; }
dt, dd { color: var(--soft); }
.sum { color: var(--ink); font-weight: 600; font-size: 18px; }
.go { display: block; padding: .8rem 1rem; border-radius: 12px; background: var(--accent); color: var(--on-accent);
  font-weight: 600; text-align: center; text-decoration: none; }
[aria-busy="true"] { opacity: .6; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }`;
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(CSS);

  /** An element with attributes, listeners (functions) and children. Children are nodes or text, never markup.
   * @param {string} tag @param {Record<string, any>} attributes @param {(Node | string)[]} children */
  const make = (tag, attributes = {}, ...children) => {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (typeof value === "function") made.addEventListener(name, value);
      else if (value === true) made.setAttribute(name, "");
      else if (value !== false && value !== null) made.setAttribute(name, String(value));
    }
    made.append(...children);
    return made;
  };

  /** @param {Element} host */
  const rooted = (host) => {
    const root = host.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [sheet];
    return root;
  };

  /** The accent, and black or white on it, whichever can be read. @param {HTMLElement} element @param {string | undefined} accent */
  const painted = (element, accent) => {
    const colour = /^#[0-9a-f]{6}$/i.test(accent || "") ? String(accent) : "#0f766e";
    const [red, green, blue] = [1, 3, 5].map((at) => {
      const part = parseInt(colour.slice(at, at + 2), 16) / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    const light = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    element.style.setProperty("--accent", colour);
    element.style.setProperty("--on-accent", light > 0.179 ? "#15191d" : "#ffffff");
  };

  /** @param {Money} money */
  const priced = ({ amount, currency }) => {
    const format = new Intl.NumberFormat(document.documentElement.lang || undefined, { style: "currency", currency });
    return format.format(amount / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2));
  };

  /** Only pictures and pages over http: an address that would run something is none. @param {string} address @param {string} base */
  const web = (address, base) => {
    try {
      const url = new URL(address, `${base}/`);
      return ["http:", "https:"].includes(url.protocol) ? url.href : "";
    } catch {
      return "";
    }
  };

  /** The drawer itself: a modal dialog, so that focus, Escape and what lies behind it are the browser's business. */
  class Drawer {
    constructor() {
      this.host = make("hlc-cart-drawer");
      this.heading = make("h2", { id: "title" });
      this.list = make("ul", { tabindex: "-1" });
      this.empty = make("p", { class: "empty" }, "Your cart is empty.");
      this.said = make("p", { class: "said", role: "alert" });
      this.status = make("p", { class: "unseen", role: "status" });
      this.sums = make("dl");
      this.go = /** @type {HTMLAnchorElement} */ (make("a", { class: "go" }));
      this.foot = make("footer", {}, this.sums, this.go);
      this.dialog = /** @type {HTMLDialogElement} */ (make(
        "dialog",
        { "aria-labelledby": "title", click: (/** @type {Event} */ event) => this.outside(event) },
        make(
          "header", {}, this.heading,
          make("button", { class: "close", type: "button", "aria-label": "Close the cart", click: () => this.dialog.close() }, "×"),
        ),
        this.said, this.status, this.list, this.empty, this.foot,
      ));
      rooted(this.host).append(this.dialog);
      /** @type {Shop | null} */
      this.shop = null;
    }

    /** @param {Event} event */
    outside(event) {
      if (event.target === this.dialog) this.dialog.close();
    }

    /** @param {Shop} shop @param {Wish} wish */
    show(shop, wish) {
      const words = { ...config(), ...clean(wish) };
      this.shop = shop;
      this.heading.textContent = words.title || "Your cart";
      this.go.textContent = words.checkoutLabel || "Continue to checkout";
      painted(this.dialog, words.accentColor);
      if (!this.host.isConnected) document.body.append(this.host);
      this.draw();
      if (!this.dialog.open) this.dialog.showModal();
    }

    /** @param {string} sentence */
    say(sentence) {
      this.said.textContent = sentence;
    }

    draw() {
      const shop = this.shop, cart = shop && shop.cart;
      const items = cart ? cart.items : [];
      const held = /** @type {HTMLElement | null} */ (this.host.shadowRoot && this.host.shadowRoot.activeElement);
      const key = held ? held.dataset.key : "";
      this.list.replaceChildren(...(shop ? items.map((item) => this.line(shop, item)) : []));
      this.list.hidden = this.foot.hidden = items.length === 0;
      this.empty.hidden = items.length > 0;
      if (shop && cart) {
        const rows = [["Subtotal", cart.subtotal], ["Discount", cart.discount], ["Tax", cart.tax], ["Total", cart.total]];
        const shown = /** @type {[string, Money][]} */ (rows).filter(([name, money]) => money.amount || name === "Total");
        const whole = shown.length === 2 ? shown.slice(1) : shown;
        this.sums.replaceChildren(...whole.flatMap(([name, money]) => {
          const look = { class: name === "Total" ? "sum" : "" };
          return [make("dt", look, name), make("dd", look, `${name === "Discount" ? "−" : ""}${priced(money)}`)];
        }));
        this.go.href = web(cart.checkoutUrl, shop.base);
      }
      if (key) {
        const again = this.list.querySelector(`[data-key="${CSS_escape(key)}"]:not([disabled])`);
        const other = again || (this.list.hidden ? null : this.list);
        if (other instanceof HTMLElement) other.focus();
      }
    }

    /** @param {Shop} shop @param {Item} item */
    line(shop, item) {
      const change = (/** @type {number} */ quantity, /** @type {string} */ told) => () => this.work(shop, item, quantity, told);
      const step = (/** @type {string} */ sign, /** @type {string} */ says, /** @type {number} */ quantity, /** @type {boolean} */ off) =>
        make("button", {
          type: "button", "aria-label": says, "data-key": `${sign} ${item.productId}`, disabled: off,
          click: change(quantity, `${item.name}: ${quantity}`),
        }, sign);
      const source = item.image && web(item.image, shop.base);
      return make(
        "li", {},
        source ? make("img", { src: source, alt: "", loading: "lazy", width: "56", height: "56" }) : make("span", { class: "blank" }),
        make("span", { class: "name" }, item.name), make("span", { class: "price" }, priced(item.total)),
        make("span", { class: "terms" }, item.terms),
        make(
          "span", { class: "how" },
          make(
            "span", { class: "count", role: "group", "aria-label": `Quantity of ${item.name}` },
            step("−", `One less of ${item.name}`, item.quantity - 1, item.quantity <= 1),
            make("span", {}, String(item.quantity)),
            step("+", `One more of ${item.name}`, item.quantity + 1, item.quantity >= 99),
          ),
          make("button", {
            class: "remove", type: "button", "aria-label": `Remove ${item.name}`, "data-key": `x ${item.productId}`,
            click: change(0, `${item.name} was removed`),
          }, "Remove"),
        ),
      );
    }

    /** @param {Shop} shop @param {Item} item @param {number} quantity @param {string} told */
    async work(shop, item, quantity, told) {
      this.list.setAttribute("aria-busy", "true");
      try {
        await shop.quantity(item.productId, quantity);
        this.say("");
        this.status.textContent = told;
      } catch (error) {
        this.say(sentence(error));
        await shop.refresh().catch(() => undefined);
      }
      this.list.removeAttribute("aria-busy");
      this.draw();
    }
  }

  /** @param {unknown} error */
  const sentence = (error) => error instanceof Refused ? error.message : "That did not work. Please try again.";
  /** @param {string} text */
  const CSS_escape = (text) => window.CSS.escape(text);
  /** Without what was not said. @param {Wish} wish @returns {Wish} */
  const clean = (wish) => Object.fromEntries(Object.entries(wish).filter(([, value]) => value !== undefined && value !== ""));

  const drawer = new Drawer();
  /** @type {{ button: HTMLElement, badge: HTMLElement } | null} */
  let mounted = null;

  /** @param {Shop} shop */
  const told = (shop) => {
    const mine = shop === shopOf({});
    if (mine && mounted) {
      const count = shop.kept.count;
      mounted.badge.textContent = count > 99 ? "99+" : String(count);
      mounted.badge.hidden = count === 0;
      mounted.button.setAttribute("aria-label", count === 1 ? "Cart, 1 item" : `Cart, ${count} items`);
    }
    if (drawer.shop === shop && drawer.dialog.open) drawer.draw();
    document.dispatchEvent(new CustomEvent("hlc-cart", { detail: { count: shop.kept.count } }));
  };

  const icon = () => {
    const picture = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    for (const [name, value] of [["viewBox", "0 0 24 24"], ["fill", "none"], ["stroke", "currentColor"], ["stroke-width", "1.8"],
      ["stroke-linecap", "round"], ["stroke-linejoin", "round"], ["aria-hidden", "true"]]) picture.setAttribute(name, value);
    for (const line of ["M6.5 8h11l1 12h-13z", "M9 10.5V7a3 3 0 0 1 6 0v3.5"]) {
      const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
      path.setAttribute("d", line);
      picture.append(path);
    }
    return picture;
  };

  const mount = () => {
    const selector = config().cartMountSelector;
    const place = selector && document.querySelector(selector);
    if (!place || mounted) return;
    const badge = make("span", { class: "badge", hidden: true });
    const button = make("button", { class: "icon", type: "button", "aria-haspopup": "dialog", click: () => open({}) }, icon(), badge);
    const host = make("hlc-cart-icon");
    rooted(host).append(button);
    painted(button, config().accentColor);
    place.append(host);
    mounted = { button, badge };
  };

  /** Open the drawer, with these products added where some are named.
   * @param {Wish} wish @returns {Promise<void>} */
  async function open(wish = {}) {
    const shop = shopOf(wish), products = listed(wish.productIds);
    if (products.length) return add({ ...wish, openOnAdd: true });
    drawer.say("");
    drawer.show(shop, wish);
    await shop.refresh().catch((error) => drawer.say(sentence(error)));
    drawer.draw();
  }

  /** Add products; those that are in the cart already open it instead of counting up.
   * @param {Wish} wish @returns {Promise<void>} */
  async function add(wish = {}) {
    const shop = shopOf(wish), products = listed(wish.productIds);
    const fresh = products.filter((id) => !shop.kept.products.includes(id));
    if (!fresh.length) return open({ ...wish, productIds: [] });
    const opens = wish.openOnAdd ?? config().openOnAdd ?? true;
    try {
      await shop.add(fresh, wish.checkoutTemplateId);
      drawer.say("");
      if (opens) drawer.show(shop, wish);
    } catch (error) {
      drawer.show(shop, wish); // what went wrong is said, even where the drawer was to stay shut
      drawer.say(sentence(error));
    }
  }

  document.addEventListener("click", (event) => {
    const clicked = event.target instanceof Element && event.target.closest(config().buttonSelector || "[data-hlc-product-ids]");
    if (!(clicked instanceof HTMLElement)) return;
    const said = clicked.dataset;
    event.preventDefault();
    if (clicked.getAttribute("aria-busy") === "true") return;
    clicked.setAttribute("aria-busy", "true");
    add({
      productIds: said.hlcProductIds,
      checkoutTemplateId: said.hlcTemplateId,
      title: said.hlcTitle,
      checkoutLabel: said.hlcCheckoutLabel,
      accentColor: said.hlcAccent,
      openOnAdd: said.hlcOpenOnAdd === undefined ? undefined : said.hlcOpenOnAdd !== "false",
    }).finally(() => clicked.removeAttribute("aria-busy"));
  });
  window.addEventListener("storage", (event) => {
    for (const shop of shops.values()) {
      if (event.key !== shop.place) continue;
      shop.recall();
      if (!shop.kept.id) shop.cart = null;
      told(shop);
    }
  });
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) shopOf({}).refresh().catch(() => undefined); // back from the cart page
  });

  page.HLCCartDrawer = Object.freeze({ open, add });
  const begin = () => {
    mount();
    const shop = shopOf({});
    told(shop);
    shop.refresh().catch(() => undefined);
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", begin);
  else begin();
})();
