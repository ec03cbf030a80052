// Answering an SMS: how many it makes while it is typed, and answers to begin with put into the box without leaving it.
// Without this file the quick answers are links to the same page, and the server counts.
(() => {
  "use strict";

  const BASIC = new Set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà",
  );
  const WIDE = new Set("^{}\\[~]|€\f");

  // As `turnet.messaging.sms_text` counts: no character is cut in half between two parts.
  const parts = (text) => {
    const letters = [...text.replace(/[–—‑−־]/g, "-").replace(/[’‘]/g, "'").replace(/[“”„]/g, '"').replace(/…/g, "...").replace(/\s+/g, " ").trim()];
    const basic = letters.every((letter) => BASIC.has(letter) || WIDE.has(letter));
    const widths = letters.map((letter) => (basic ? (WIDE.has(letter) ? 2 : 1) : letter.length));
    const [alone, joined] = basic ? [160, 153] : [70, 67];
    if (widths.reduce((sum, width) => sum + width, 0) <= alone) return 1;
    let count = 1, used = 0;
    for (const width of widths) {
      if (used + width > joined) (count += 1), (used = 0);
      used += width;
    }
    return count;
  };

  const count = (box) => {
    const said = JSON.parse(box.dataset.parts);
    const output = box.form.querySelector("output");
    output.value = box.value.trim() ? (said[parts(box.value) - 1] ?? said.at(-1)) : "";
  };

  document.addEventListener("input", ({ target }) => target.dataset?.parts && count(target));

  document.addEventListener("click", (event) => {
    const quick = event.target.closest?.("[data-quick]");
    if (!quick || event.metaKey || event.ctrlKey) return;
    const box = quick.closest("form").querySelector("[data-parts]");
    event.preventDefault();
    box.value = quick.textContent.trim();
    count(box);
    box.focus();
  });

  // Their next SMS is seen before one begins to answer; what a colleague did may be overlooked.
  document.addEventListener("htmx:after:swap", () => {
    const box = document.querySelector("[data-parts]"), thread = document.getElementById("thread");
    const version = box?.form.elements.version;
    if (box && !box.value.trim() && version.dataset.desk === thread.dataset.desk) version.value = thread.dataset.version;
  });

  const box = document.querySelector("[data-parts]");
  if (box) count(box);
})();
