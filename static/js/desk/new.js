// Booking at the desk: choosing a patient with the arrows and Enter, putting the form aside with `p`.
// Without this file the form is whole: "Find" lists the patients, every act is a button.
(() => {
  "use strict";

  const byId = (id) => document.getElementById(id);
  const options = () => [...document.querySelectorAll("#suggestions [role=option]")];
  let asked = ""; // What the suggestions were asked for …
  let shown = ""; // … and what those on the page answer.
  let entered = false; // Enter came before its suggestions did.
  let focusing = ""; // Where the focus goes when the form comes back.

  // What was unfolded by hand stays so when the form comes back.
  const unfolded = new Map();
  document.addEventListener(
    "toggle",
    ({ target }) => target.id && target.closest("#visit") && unfolded.set(target.id, target.open),
    true,
  );
  const unfold = () => {
    for (const [id, open] of unfolded) if (open && byId(id)) byId(id).open = true;
  };

  const point = (index) => {
    const all = options();
    all.forEach((option, place) => option.setAttribute("aria-selected", place === index));
    const q = byId("q");
    q.setAttribute("aria-expanded", all.length > 0);
    if (!all[index]) return q.removeAttribute("aria-activedescendant");
    q.setAttribute("aria-activedescendant", all[index].id);
    all[index].scrollIntoView({ block: "nearest" });
  };

  const pointed = () => options().findIndex((option) => option.getAttribute("aria-selected") === "true");

  const close = () => {
    entered = false;
    byId("suggestions").replaceChildren();
    point(-1);
  };

  const choose = (option) => {
    const patient = byId("patient");
    patient.value = option.dataset.patient;
    close();
    focusing = "book";
    patient.dispatchEvent(new Event("chosen"));
  };

  // Nobody is known by that name or number: what was typed begins a new patient.
  const begin = () => {
    const text = byId("q").value.trim();
    const field = text.includes("@") ? "email" : /\p{L}/u.test(text) ? "name" : "phone";
    byId(field).value ||= text;
    byId("fresh").open = true;
    byId(field === "name" ? "phone" : "name").focus();
  };

  const enter = () => {
    const all = options();
    if (all.length) choose(all[Math.max(pointed(), 0)]);
    else begin();
  };

  document.addEventListener("htmx:before:request", (event) => {
    if (event.target.id === "q") asked = event.target.value;
  });

  document.addEventListener("htmx:after:swap", ({ target }) => {
    unfold();
    const next = focusing && !byId("patient") && byId(focusing);
    if (next) {
      focusing = "";
      next.focus();
    }
    if (target.id !== "q") return;
    shown = asked;
    point(options().length ? 0 : -1);
    if (entered && shown === target.value) {
      entered = false;
      enter();
    }
  });

  document.addEventListener("input", ({ target }) => {
    if (target.id !== "q") return;
    entered = false;
    if (!target.value.trim()) close();
  });

  document.addEventListener("keydown", (event) => {
    if (event.target.id !== "q" || event.isComposing) return;
    const all = options();
    const step = { ArrowDown: 1, ArrowUp: all.length - 1 }[event.key];
    if (step !== undefined && all.length) {
      event.preventDefault();
      point((pointed() + step) % all.length);
    } else if (event.key === "Escape") {
      close();
    } else if (event.key === "Enter" && event.target.value.trim()) {
      event.preventDefault();
      if (shown === event.target.value) enter();
      else entered = true;
    }
  });

  document.addEventListener("click", (event) => {
    const option = event.target.closest("#suggestions [role=option]");
    if (option) choose(option);
    else if (byId("suggestions") && !event.target.closest(".combo")) close();
  });

  document.addEventListener("keydown", (event) => {
    const writes = event.target.matches("input:not([type=radio], [type=checkbox]), textarea, select");
    if (event.key !== "p" || event.ctrlKey || event.metaKey || event.altKey || writes || !byId("park")) return;
    event.preventDefault();
    byId("park").click();
  });
})();
