// What the stranger's page does itself: the configuration, and its buttons.
"use strict";
const shop = "http://127.0.0.1:3200";
window.HLCCartDrawerConfig = {
  apiBase: shop,
  cartMountSelector: "#portals-cart-app",
  openOnAdd: true,
  title: "Your cart",
  checkoutLabel: "Continue to checkout",
  accentColor: "#1a3c5e",
};
const products = (new URLSearchParams(location.search).get("products") || "").split(",").filter(Boolean);
document.getElementById("none").hidden = products.length > 0;
for (const button of document.querySelectorAll("[data-product]")) {
  const places = button.dataset.product.split(",").map((place) => products[Number(place) - 1]).filter(Boolean);
  if (places.length) button.dataset.hlcProductIds = places.join(",");
}
document.getElementById("by-open").addEventListener("click", () => {
  window.HLCCartDrawer.open({ apiBase: shop, productIds: products.slice(0, 1), checkoutTemplateId: "default" });
});
document.getElementById("by-add").addEventListener("click", () => {
  window.HLCCartDrawer.add({ apiBase: shop, productIds: products.slice(1, 2), openOnAdd: false });
});
