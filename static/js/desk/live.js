// Open desks hear of every change over one stream a tab, and ask themselves every 20 seconds while it is down. Acts made
// without a line are refused here, before anything is sent. A page without this file works; it is renewed by hand.
"use strict";

(() => {
  const line = document.getElementById("live");
  if (!line) return;
  const said = line.dataset;
  const ASK_AGAIN = 20_000, SILENT = 40_000, LONGEST_WAIT = 30_000, BURST = 120;

  let since = said.since;
  let stream, heard = 0, wait = 1000, again, asking, told, over = false;
  let reachable = true;

  // --- what the line at the top says

  const say = (text, { refused = false, link } = {}) => {
    line.hidden = !text;
    line.classList.toggle("refused", refused);
    line.setAttribute("role", refused ? "alert" : "status");
    line.firstElementChild.textContent = text ?? "";
    line.querySelector("a")?.remove();
    if (link) line.append(Object.assign(document.createElement("a"), link));
  };

  const reach = (now) => {
    if (over) return;
    if (now && !reachable) say();
    if (!now && !line.classList.contains("refused")) say(said.offline);
    reachable = now;
  };

  const refuse = (text) => say(text, { refused: true });

  // --- hearing of changes

  const changed = () => {
    clearTimeout(told);
    told = setTimeout(() => {
      if (document.querySelector("[data-dragging]")) return changed();
      document.body.dispatchEvent(new CustomEvent("desk-changed", { bubbles: true }));
    }, BURST);
  };

  const now = (stamp) => {
    if (stamp && stamp !== since) {
      since = stamp;
      changed();
    }
  };

  const close = () => {
    stream?.close();
    stream = undefined;
  };

  // A page with something half written stays, so that nothing is lost; any other goes to the login at once.
  const signedOut = () => {
    over = true;
    close();
    clearTimeout(again);
    clearTimeout(asking);
    if (!written()) return location.reload();
    say(said.ended, { refused: true, link: { href: "/login", target: "_blank", rel: "opener", textContent: said.login } });
  };

  const written = () =>
    [...document.querySelectorAll("main input, main textarea")].some(
      (field) => !["hidden", "checkbox", "radio", "submit", "search"].includes(field.type) && field.value !== field.defaultValue,
    );

  const open = () => {
    if (over || document.hidden) return;
    close();
    clearTimeout(again);
    heard = Date.now();
    stream = new EventSource(`${said.stream}?since=${encodeURIComponent(since)}`);
    const hear = (event) => {
      heard = Date.now();
      wait = 1000;
      clearTimeout(asking);
      asking = undefined;
      reach(true);
      now(event.lastEventId);
    };
    stream.addEventListener("beat", hear);
    stream.addEventListener("changed", hear);
    stream.addEventListener("signed-out", signedOut);
    stream.addEventListener("crowded", () => {
      close();
      ask();
    });
    stream.onerror = lost;
  };

  const lost = () => {
    close();
    if (over) return;
    ask();
    clearTimeout(again);
    again = setTimeout(open, wait);
    wait = Math.min(wait * 2, LONGEST_WAIT);
  };

  // --- asking, while the stream is down

  const ask = async () => {
    clearTimeout(asking);
    if (over) return false;
    asking = setTimeout(ask, ASK_AGAIN);
    try {
      const answer = await fetch(said.stream, { headers: { Accept: "text/plain" }, redirect: "manual", cache: "no-store" });
      if (answer.type === "opaqueredirect" || answer.status === 401) return signedOut(), false;
      reach(true);
      if (answer.ok) now(await answer.text());
      return true;
    } catch {
      reach(false);
      return false;
    }
  };

  // --- sleep and waking: hidden tabs hold no stream, because a browser has few lines to one server

  const wake = () => {
    if (document.hidden) return close();
    if (!stream || Date.now() - heard > SILENT / 2) open();
  };

  document.addEventListener("visibilitychange", wake);

  // Logging out here ends the stream too, and hearing of that must not overtake the answer.
  document.addEventListener("submit", (event) => {
    if (event.target.getAttribute("action") === "/logout") {
      over = true;
      close();
    }
  });
  addEventListener("pageshow", (event) => event.persisted && wake());
  addEventListener("pagehide", close);
  addEventListener("online", open);
  addEventListener("offline", () => {
    close();
    reach(false);
  });
  setInterval(() => {
    if (stream && Date.now() - heard > SILENT) lost();
  }, 5000);

  // --- acts without a line

  const passed = new WeakSet();

  addEventListener(
    "submit",
    async (event) => {
      const form = event.target, by = event.submitter;
      if (form.method !== "post" || passed.delete(form) || (navigator.onLine && reachable)) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      if (!navigator.onLine || !(await ask())) return refuse(said.refused);
      say();
      passed.add(form);
      form.requestSubmit(by?.form === form ? by : undefined);
    },
    true,
  );

  const acts = ({ ctx }) => ctx && !/^get$/i.test(ctx.request?.method ?? "get");

  document.addEventListener("htmx:before:request", (event) => {
    if (navigator.onLine || !acts(event.detail)) return;
    event.preventDefault();
    refuse(said.refused);
  });

  document.addEventListener("htmx:error", (event) => {
    if (!(event.detail?.error instanceof TypeError) || !event.detail.ctx) return;
    if (acts(event.detail)) refuse(said.unsure);
    lost();
  });

  // An answer ends what was refused before it.
  document.addEventListener("htmx:after:request", (event) => {
    if (acts(event.detail) && line.classList.contains("refused") && !over) say();
  });

  open();
  navigator.serviceWorker?.register(said.worker, { scope: "/desk" }).catch(() => {});
})();
