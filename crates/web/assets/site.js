// The pages work without this. With it, times are written in the zone of whoever reads, and what waits for a
// change to take effect is brought up to date until it has.
(() => {
  "use strict";
  const FORMS = {
    clock: { timeStyle: "long" },
    full: { dateStyle: "long", timeStyle: "long" },
  };
  const EVERY_MS = 1000;
  const language = document.documentElement.lang === "en" ? "en-GB" : document.documentElement.lang;

  const localize = (root) => {
    for (const time of root.querySelectorAll("time[data-form]")) {
      // Days and months stay as they are: what is counted by days is counted by days in UTC.
      const form = FORMS[time.dataset.form];
      if (form) time.textContent = new Intl.DateTimeFormat(language, form).format(new Date(time.dateTime));
    }
  };

  const waiting = () => document.querySelector("[data-live]");

  const ask = async () => {
    const answer = await fetch(location.href, { headers: { accept: "text/html" }, redirect: "error" });
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    const nexts = [...fresh.querySelectorAll("[role=status]")];
    for (const old of document.querySelectorAll("[role=status]")) {
      const next = nexts.shift();
      if (next) {
        old.replaceChildren(...next.childNodes);
        old.toggleAttribute("data-live", next.hasAttribute("data-live"));
      } else {
        old.remove();
      }
      localize(old);
    }
  };

  const follow = async () => {
    try {
      await ask();
    } finally {
      if (waiting()) setTimeout(follow, EVERY_MS);
    }
  };

  localize(document);
  if (waiting()) setTimeout(follow, EVERY_MS);
})();
