// What is typed into the form of a comment or a decision stays in this browser until it is saved: through a reload, a lost
// connection, a sign-in that has ended, a crash. It comes back into the same form of the same person.
(() => {
  const PREFIX = "consult-kept:";
  const FIELDS = ["quote", "wording", "reason", "type", "decision", "duplicate_of", "choice"];
  // Buttons of which one is chosen are one field: its value can be read and set as any other's.
  const fieldsOf = (form) => FIELDS.map((name) => [name, form.elements.namedItem(name)]).filter(([, field]) => field);

  // A browser may have no storage, or a full one: writing goes on all the same.
  const attempt = (work, otherwise) => {
    try {
      return work();
    } catch {
      return otherwise;
    }
  };
  const keys = () => attempt(() => Object.keys(localStorage).filter((key) => key.startsWith(PREFIX)), []);
  const read = (key) => attempt(() => JSON.parse(localStorage.getItem(key)), null);
  const drop = (key) => attempt(() => localStorage.removeItem(key));

  const keep = (form) => {
    const typed = Object.fromEntries(fieldsOf(form).map(([name, field]) => [name, field.value]));
    const version = form.elements.namedItem("version");
    // On a page that shows both texts only a button names a version, the newer one: these words were begun on the older.
    const begun = version && version.type === "hidden" ? version.value : (read(PREFIX + form.dataset.kept) || {}).version;
    const kept = { at: Date.now() / 1000, typed, formKey: form.elements.namedItem("form_key").value, version: begun };
    const isKept = attempt(() => {
      localStorage.setItem(PREFIX + form.dataset.kept, JSON.stringify(kept));
      return true;
    }, false);
    form.toggleAttribute("data-unkept", !isKept); // until the server has it: 40-writing.js
  };

  const bringBack = (form) => {
    const kept = read(PREFIX + form.dataset.kept);
    if (!kept || !kept.typed || kept.at <= Number(form.dataset.keptAt)) return; // the server has later words, in the form
    const other = fieldsOf(form).filter(([name, field]) => name in kept.typed && kept.typed[name] !== field.value);
    if (!other.length) return;
    other.forEach(([name, field]) => {
      field.value = kept.typed[name];
    });
    const folded = form.closest("details");
    if (folded) folded.open = true;
    // The version that was read when these words were begun: who changed the comment since is not overwritten.
    const version = form.elements.namedItem("version");
    if (version && version.type === "hidden" && kept.version) version.value = kept.version;
    form.querySelector(".kept-words").hidden = false;
    other.forEach(([, field]) => {
      (field instanceof RadioNodeList ? field[0] : field).dispatchEvent(new Event("input", { bubbles: true }));
    });
  };

  const typedIn = (event) => {
    const form = event.target.closest && event.target.closest("form[data-kept]");
    if (form) keep(form);
  };
  ["input", "change", "submit"].forEach((name) => document.addEventListener(name, typedIn));

  document.addEventListener("click", (event) => {
    const button = event.target.closest(".kept-words button");
    if (!button) return;
    const form = button.closest("form");
    drop(PREFIX + form.dataset.kept);
    if (!form.dataset.keep) {
      window.location.reload(); // only this browser kept it
      return;
    }
    const forget = new FormData();
    forget.set("place", form.dataset.place);
    forget.set("csrf_token", form.elements.namedItem("csrf_token").value);
    fetch(`${form.dataset.keep}/forget`, { method: "POST", body: forget, redirect: "manual" })
      .catch(() => {})
      .then(() => window.location.reload());
  });

  // A form that the browser sends by itself leaves the page with its words: nobody need be asked.
  document.addEventListener("submit", (event) => {
    if (event.target.matches("form[data-kept]:not([data-place])")) event.target.removeAttribute("data-unkept");
  });

  // What is kept nowhere is lost with the page: whoever leaves it is asked.
  window.addEventListener("beforeunload", (event) => {
    if (document.querySelector("form[data-unkept]")) event.preventDefault();
  });

  // Somebody else may use this computer next.
  document.addEventListener("submit", (event) => {
    const question = event.target.dataset.unsaved;
    if (!question) return;
    const own = keys().filter((key) => key.startsWith(`${PREFIX}${event.target.dataset.person}:`));
    if (!own.length) return;
    if (window.confirm(question)) own.forEach(drop);
    else event.preventDefault();
  });

  const saved = /(?:^|; )consult_saved=([^;]+)/.exec(document.cookie);
  if (saved) keys().filter((key) => (read(key) || {}).formKey === saved[1]).forEach(drop);
  const all = () => document.querySelectorAll("form[data-kept]").forEach(bringBack);
  all();
  // At once, before anybody can type into a form that has come: what is typed takes the place of what is kept.
  document.addEventListener("htmx:afterSwap", all);
  document.addEventListener("htmx:afterSettle", all);
})();
