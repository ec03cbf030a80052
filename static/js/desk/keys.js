// The desk by keyboard: arrows between visits and columns, n new, / find, t today, ? the list of keys. Without this file
// everything is a link or a button.
"use strict";

(() => {
  const WIDE = matchMedia("(min-width: 60rem)");
  const STOPS = "#sheet .visit > a, #sheet .gap button, #sheet .v a, #sheet .v button";

  // Which of list and columns suits this window is said by a cookie; the first page may have guessed wrong.
  const wide = () => (WIDE.matches ? "1" : "0");
  const remembered = () => (document.cookie.match(/(?:^|; )turnet_wide=([01])/) || [])[1];
  const remember = () => {
    document.cookie = `turnet_wide=${wide()}; path=/desk; max-age=31536000; samesite=strict`;
    return remembered() === wide();
  };
  const guessed = remembered();
  const drawn = () => (document.querySelector("#sheet.board") ? "1" : document.querySelector("#sheet #list") ? "0" : "");
  const own = (url) => new URLSearchParams(url.search).has("as");
  if (guessed !== wide() && remember() && drawn() && drawn() !== wide() && !own(location)) location.replace(location.href);
  WIDE.addEventListener("change", () => {
    if (remember() && drawn() && !own(location) && !document.querySelector("#visit.open")) location.reload();
  });

  // --- one visit beside the day

  const close = (href) => {
    const sheet = document.querySelector("#visit.open");
    if (!sheet) return false;
    const opened = document.querySelector("#sheet [aria-current='true']");
    const empty = document.createElement("section");
    empty.className = "sheet";
    empty.id = "visit";
    empty.hidden = true;
    sheet.replaceWith(empty);
    opened?.removeAttribute("aria-current");
    opened?.focus();
    history.replaceState(null, "", href);
    return true;
  };

  document.addEventListener("click", (event) => {
    const shut = event.target.closest("[data-close]");
    if (shut && close(shut.href)) event.preventDefault();
    const row = event.target.closest("#sheet a[hx-target='#visit']");
    if (!row) return;
    for (const other of document.querySelectorAll("#sheet a[aria-current]")) other.removeAttribute("aria-current");
    row.setAttribute("aria-current", "true");
  });

  document.addEventListener("htmx:after:swap", () => {
    const sheet = document.querySelector("#visit.open");
    if (!sheet || sheet.dataset.greeted) return;
    sheet.dataset.greeted = "1";
    if (!sheet.contains(document.activeElement) && !WIDE.matches) sheet.focus({ preventScroll: true });
  });

  // What was unfolded stays so when the page renews itself.
  const unfolded = new Set();
  document.addEventListener(
    "toggle",
    ({ target }) => {
      if (target.dataset?.keep) unfolded[target.open ? "add" : "delete"](target.dataset.keep);
    },
    true,
  );
  document.addEventListener("htmx:after:swap", () => {
    for (const fold of document.querySelectorAll("details[data-keep]")) if (unfolded.has(fold.dataset.keep)) fold.open = true;
  });

  // A form that somebody has begun to fill keeps saying what they saw then, or renewing the page would hide a conflict.
  const SEEN = ["version", "seen"];
  const begun = new WeakMap();
  document.addEventListener("input", ({ target: { form } }) => {
    if (!form?.closest("#visit") || begun.has(form)) return;
    begun.set(form, SEEN.map((name) => form.elements[name]?.value));
  });
  document.addEventListener("htmx:after:swap", () => {
    for (const form of document.querySelectorAll("#visit form"))
      begun.get(form)?.forEach((value, n) => form.elements[SEEN[n]] && (form.elements[SEEN[n]].value = value));
  });

  // --- moving about

  const typing = (target) => target.closest("input, textarea, select, [contenteditable], dialog[open]");
  const here = () => document.activeElement?.closest(STOPS);

  const upDown = (by) => {
    const within = here()?.closest(".col");
    const stops = [...(within || document).querySelectorAll(within ? ".v a, .v button" : STOPS)].filter((one) => one.offsetParent);
    const at = stops.indexOf(here());
    const to = at < 0 ? start(stops) : stops[at + by];
    to?.focus();
    return Boolean(to);
  };

  // The first visit that is not over: what somebody who has just sat down looks for.
  const start = (stops) => stops.find((one) => !one.closest("[data-state='done'], [data-state='no-show'], [data-state='cancelled']")) || stops[0];

  const sideways = (by) => {
    const column = here()?.closest(".col");
    if (!column) return upDownOrDay(by);
    const columns = [...document.querySelectorAll("#sheet .col")];
    const top = here().getBoundingClientRect().top;
    for (let n = columns.indexOf(column) + by; n >= 0 && n < columns.length; n += by) {
      const stops = [...columns[n].querySelectorAll(".v a, .v button")];
      if (!stops.length) continue;
      stops.sort((a, b) => Math.abs(a.getBoundingClientRect().top - top) - Math.abs(b.getBoundingClientRect().top - top));
      stops[0].focus();
      return true;
    }
    return true;
  };

  const upDownOrDay = (by) => {
    if (document.querySelector("#sheet .col")) return upDown(1);
    const link = document.querySelector(by > 0 ? "a.step[rel='next']" : "a.step[rel='prev']");
    link?.click();
    return Boolean(link);
  };

  const forward = document.dir === "rtl" ? -1 : 1;
  const find = () => {
    const field = document.querySelector(".find input, input[type='search']");
    if (field?.offsetParent) field.focus();
    else location.assign("/desk/patients");
    return true;
  };
  const go = (href) => () => (location.assign(href), true);
  const ACTS = {
    ArrowDown: () => upDown(1),
    ArrowUp: () => upDown(-1),
    ArrowRight: () => sideways(forward),
    ArrowLeft: () => sideways(-forward),
    n: go(`/desk/new?back=${encodeURIComponent(location.pathname + location.search)}`),
    t: go("/desk"),
    "/": find,
    "?": () => (document.querySelector("#keys")?.showModal(), true),
    Escape: () => close(document.querySelector("[data-close]")?.href),
  };

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (typing(event.target) && event.key !== "Escape") return;
    if (event.target.closest("dialog[open]")) return;
    if (document.querySelector("details[name][open]") && event.key === "Escape") return;
    const act = ACTS[event.key];
    if (act && (event.key.startsWith("Arrow") ? document.querySelector("#sheet") : true) && act()) event.preventDefault();
  });
})();
