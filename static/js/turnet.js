// What pages do beyond htmx: menus that close, one word when the answer is slow. Everything works without this file.
"use strict";

const open = (within) => within.querySelectorAll("details[name][open]");

document.addEventListener("click", (event) => {
  for (const menu of open(document)) if (!menu.contains(event.target)) menu.open = false;
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of open(document)) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// After one second without an answer the page says so, in the place where it will say what changed.
let patience;
document.addEventListener("htmx:before:request", () => {
  const status = document.querySelector("[data-slow]");
  if (status) patience = setTimeout(() => (status.textContent = status.dataset.slow), 1000);
});
document.addEventListener("htmx:finally:request", () => clearTimeout(patience));

// A tablet that nobody has touched for a while forgets what was half typed.
for (const form of document.querySelectorAll("form[data-forget]")) {
  let left;
  form.addEventListener("input", () => {
    clearTimeout(left);
    left = setTimeout(() => form.reset(), form.dataset.forget * 1000);
  });
}
