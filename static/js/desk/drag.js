// Visits are dragged on the day's columns with a mouse or a pen; where one is dropped, the page that moves it opens as a
// dialog. Escape puts it back. Empty time says why it is empty. Without this file each visit has its "Move" page.
"use strict";

(() => {
  const STEP = 5, FAR = 6, EDGE = 48;
  let held; // {li, grid, ghost, s, col, x, y, grab}
  let box; // the open dialog

  const back = () => {
    const here = new URL(location.href);
    here.searchParams.delete("did");
    return here.pathname + here.search;
  };

  // --- where on the grid

  const rowOf = (li) => li.getBoundingClientRect().height / Number(li.dataset.d);

  const opening = (grid) => {
    const [hour, minute = 0] = grid.querySelector(".hours-axis li").textContent.match(/\d+/g).map(Number);
    return hour * 60 + minute;
  };

  const clock = (grid, s, between = ":") => {
    const wall = opening(grid) + s * STEP;
    return [Math.floor(wall / 60), wall % 60].map((part) => String(part).padStart(2, "0")).join(between);
  };

  const columnAt = (grid, x) =>
    [...grid.querySelectorAll(".col")].find((col) => {
      const { left, right } = col.getBoundingClientRect();
      return left <= x && x < right;
    });

  const isGrid = (grid) => getComputedStyle(grid).display === "grid";

  // --- a drag

  const lift = ({ clientX, clientY }) => {
    const { li, grid } = held;
    held.ghost = li.cloneNode(true);
    held.ghost.removeAttribute("id");
    held.ghost.removeAttribute("data-visit");
    held.ghost.classList.add("ghost");
    held.ghost.inert = true;
    li.classList.add("lifted");
    grid.dataset.dragging = "";
    held.row = rowOf(li);
    held.col = li.closest(".col");
    held.s = held.from = Number(li.dataset.s);
    held.home = held.col;
    carry({ clientX, clientY });
  };

  const carry = ({ clientX, clientY }) => {
    const { grid, li, ghost, row, grab } = held;
    const col = columnAt(grid, clientX) ?? held.col;
    const list = col.querySelector("ol");
    const last = Math.round(list.getBoundingClientRect().height / row) - Number(li.dataset.d);
    held.s = Math.max(0, Math.min(last, Math.round((clientY - grab - list.getBoundingClientRect().top) / row)));
    held.col = col;
    ghost.dataset.s = held.s;
    const time = ghost.querySelector("time");
    time.textContent = clock(grid, held.s, time.textContent.includes(".") ? "." : ":");
    if (ghost.parentElement !== list) list.append(ghost);
    if (clientY < EDGE) scrollBy(0, -EDGE / 4);
    if (clientY > innerHeight - EDGE) scrollBy(0, EDGE / 4);
  };

  const putBack = () => {
    if (!held) return;
    held.ghost?.remove();
    held.li.classList.remove("lifted");
    delete held.grid.dataset.dragging;
    held = undefined;
  };

  const drop = () => {
    const { li, grid, col, home, s, from } = held;
    if (col === home && s === from) return putBack();
    const asked = new URLSearchParams({ day: col.dataset.day, time: clock(grid, s), back: back() });
    if (col.dataset.who) asked.set("who", col.dataset.who);
    if (col.dataset.room) asked.set("room", col.dataset.room);
    ask(`/desk/visits/${li.dataset.visit}/move?${asked}`, putBack);
  };

  document.addEventListener("pointerdown", (event) => {
    const li = event.target.closest?.(".grid[data-move] .v[data-visit]");
    if (!li || event.button || event.pointerType === "touch" || !/^(booked|confirmed)$/.test(li.dataset.state)) return;
    const grid = li.closest(".grid");
    if (!isGrid(grid)) return;
    held = { li, grid, x: event.clientX, y: event.clientY, grab: event.clientY - li.getBoundingClientRect().top };
  });

  document.addEventListener("pointermove", (event) => {
    if (!held || box) return;
    if (held.ghost) return carry(event);
    if (Math.hypot(event.clientX - held.x, event.clientY - held.y) > FAR) lift(event);
  });

  document.addEventListener("pointerup", () => {
    if (!held || box) return;
    if (!held.ghost) return (held = undefined);
    // The click that follows would open the visit.
    addEventListener("click", swallow, { capture: true, once: true });
    setTimeout(() => removeEventListener("click", swallow, { capture: true }), 0);
    drop();
  });

  const swallow = (event) => {
    event.preventDefault();
    event.stopImmediatePropagation();
  };

  document.addEventListener("pointercancel", () => box || putBack());

  // A link is draggable by itself, and so is text.
  document.addEventListener("dragstart", (event) => event.target.closest?.(".grid[data-move] .v") && event.preventDefault());

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !held || box?.open) return;
    event.stopPropagation();
    if (box) return box.dispatchEvent(new Event("close"));
    addEventListener("click", swallow, { capture: true, once: true });
    putBack();
  }, true);

  // --- by keyboard: `m` moves the visit that is chosen

  document.addEventListener("keydown", (event) => {
    if (event.key !== "m" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, textarea, select, dialog[open]")) return;
    const row = document.activeElement.closest("#sheet a[hx-target='#visit'], #visit.open");
    const id = row && (row.closest("[data-visit]")?.dataset.visit ?? new URL(row.href ?? location).searchParams.get("visit"));
    if (!id) return;
    event.preventDefault();
    location.assign(`/desk/visits/${id}/move?${new URLSearchParams({ back: back() })}`);
  });

  // --- the dialog

  // It opens once its content is there, so that focus and eyes land on the question.
  const ask = async (url, closed) => {
    const title = document.title, own = document.createElement("dialog");
    box = own;
    own.className = "dropped";
    own.append(document.createElement("div"));
    document.body.append(own);
    own.addEventListener("close", () => {
      own.remove();
      box = undefined;
      document.title = title;
      closed?.();
    });
    own.addEventListener("click", (event) => {
      if (event.target !== own && !event.target.closest("[data-leave]")) return;
      event.preventDefault();
      own.close();
    });
    const target = own.firstElementChild;
    try {
      await htmx.ajax("GET", url, { target, source: target, swap: "innerHTML" });
    } finally {
      if (own.isConnected && target.children.length) {
        own.showModal();
        (own.querySelector(".btn:not(.quiet, .warm)") ?? own.querySelector("a, button"))?.focus();
      } else if (own.isConnected) own.dispatchEvent(new Event("close"));
    }
  };

  // --- empty time

  document.addEventListener("click", (event) => {
    const list = event.target.closest?.(".grid .col > ol");
    if (!list || event.target.closest(".v:not(.off)") || box) return;
    const grid = list.closest(".grid"), some = grid.querySelector(".v[data-d]"), col = list.closest(".col");
    if (!isGrid(grid) || !some || !col.dataset.who) return;
    const s = Math.floor((event.clientY - list.getBoundingClientRect().top) / rowOf(some));
    ask(`/desk/why?${new URLSearchParams({ day: col.dataset.day, time: clock(grid, s), who: col.dataset.who, back: back() })}`);
  });
})();
