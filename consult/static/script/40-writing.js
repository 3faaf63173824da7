// A comment form is kept on the server too, when the typing pauses, and sent in the background: what could not be sent
// stays where it is, with a sentence that says what to do. 40-keeping.js keeps the same words in the browser.
(() => {
  const PAUSE = 1500;
  const PREFIX = "consult-kept:";
  const FIELDS = ["organisation", "paragraph", "start", "end", "quote", "type", "wording", "reason", "version"];
  const say = (form, name) => form.querySelector(`template[data-say="${name}"]`).innerHTML;
  const field = (form, name) => form.elements.namedItem(name);
  const keyOf = (form) => PREFIX + form.dataset.kept;
  const drop = (key) => {
    try { localStorage.removeItem(key); } catch { /* there is no storage, so there is nothing in it */ }
  };

  const timers = new WeakMap();
  const typed = new WeakMap(); // how often something was typed: what the server has may be older
  const post = (form, url, names, more) => {
    const data = new FormData();
    for (const name of names) {
      const one = field(form, name);
      if (one && one.type !== "submit") data.set(name, one.value); // a button is what somebody may choose, not what is typed
    }
    data.set("place", form.dataset.place);
    data.set("csrf_token", field(form, "csrf_token").value);
    return fetch(url, { method: "POST", body: data, redirect: "manual", ...more });
  };
  const underway = new WeakMap(); // what is being kept must not arrive behind the saving that ends the keeping
  const keep = async (form) => {
    const note = form.querySelector("[data-kept-note]");
    const before = typed.get(form);
    underway.set(form, post(form, form.dataset.keep, FIELDS).catch(() => null));
    const answer = await underway.get(form);
    const isKept = answer && answer.status === 204;
    note.textContent = isKept ? say(form, "kept").trim() : "";
    if (isKept && typed.get(form) === before) form.removeAttribute("data-unkept");
  };
  const changed = (event) => {
    const form = event.target.closest(".comment-form[data-place]");
    if (!form) return;
    typed.set(form, (typed.get(form) || 0) + 1);
    clearTimeout(timers.get(form));
    timers.set(form, setTimeout(() => keep(form), PAUSE));
  };
  document.addEventListener("input", changed);
  document.addEventListener("change", changed);

  const prepare = () => {
    for (const tools of document.querySelectorAll("[data-tools]")) tools.hidden = false;
  };
  document.addEventListener("htmx:load", prepare);
  prepare();

  // The three tools change the wording as typing would.
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-do]");
    const form = button && button.closest(".comment-form");
    if (!form) return;
    const wording = field(form, "wording");
    if (button.dataset.do === "delete") wording.value = "";
    else if (button.dataset.do === "as-it-was") wording.value = form.querySelector("template[data-original]").content.textContent;
    else wording.value = `${wording.value}\n\n`;
    wording.focus();
    wording.setSelectionRange(wording.value.length, wording.value.length);
    wording.dispatchEvent(new Event("input", { bubbles: true }));
  });

  // A page in place of the form says in a sentence why there is none any more.
  const refusalIn = (text) => {
    const told = new DOMParser().parseFromString(text, "text/html").querySelector("main .lead[role=alert]");
    return told ? told.textContent.trim() : "";
  };
  const trouble = (form, name, sentence) => {
    const box = form.querySelector("[data-trouble]");
    if (sentence) box.textContent = sentence;
    else box.innerHTML = say(form, name); // our own sentence out of the page, nothing that anybody typed
    box.hidden = false;
    box.focus();
  };
  const renewToken = async (form) => {
    const answer = await fetch(form.dataset.token, { cache: "no-store" });
    if (answer.ok) field(form, "csrf_token").value = (await answer.text()).trim();
    return answer.ok;
  };
  const showAnswer = (form, text) => {
    const page = new DOMParser().parseFromString(text, "text/html");
    const fresh = page.querySelector(".comment-form");
    if (!fresh) return false;
    form.replaceWith(fresh);
    prepare();
    if (window.htmx) window.htmx.process(fresh);
    const refusal = fresh.querySelector("#refusal");
    if (refusal) refusal.focus();
    return true;
  };
  // To an address that differs from this one by its anchor at most a browser only scrolls: the page must come anew.
  const goOn = (next) => {
    const target = new URL(next, window.location.href);
    const isHere = target.pathname === window.location.pathname && target.search === window.location.search;
    window.location.assign(next);
    if (isHere) window.location.reload();
  };
  const send = async (form, button, again) => {
    const body = new FormData(form);
    if (button && button.name) body.set(button.name, button.value);
    const answer = await fetch(form.action, { method: "POST", body, headers: { "X-Form": "fetch" } });
    const next = answer.headers.get("X-Location");
    if (answer.status === 204 && next) {
      form.removeAttribute("data-unkept");
      goOn(next);
      return;
    }
    if (answer.status === 400 && again && (await renewToken(form))) {
      await send(form, button, false);
    } else if (answer.headers.get("X-Reason") === "signed-out" || answer.redirected) {
      trouble(form, "signed-out");
    } else {
      const text = await answer.text();
      if (!showAnswer(form, text)) trouble(form, "failed", refusalIn(text));
    }
  };
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.matches(".comment-form[data-place]")) return;
    if (event.submitter && event.submitter.hasAttribute("formaction")) {
      if (!event.submitter.hasAttribute("formtarget")) form.removeAttribute("data-unkept");
      return;
    }
    event.preventDefault();
    if (form.dataset.sending) return;
    form.dataset.sending = "1";
    clearTimeout(timers.get(form));
    try {
      await underway.get(form);
      await send(form, event.submitter, true);
    } catch {
      trouble(form, "offline");
    } finally {
      delete form.dataset.sending;
    }
  });

  // "Do not save" throws the words away, here and on the server; Escape closes and keeps them.
  document.addEventListener("click", (event) => {
    const link = event.target.closest(".comment-form [data-close]");
    if (!link) return;
    const form = link.closest("form");
    clearTimeout(timers.get(form));
    form.removeAttribute("data-unkept");
    drop(keyOf(form));
    post(form, `${form.dataset.keep}/forget`, [], { keepalive: true }).catch(() => {}); // the page goes on meanwhile
  });

  // Words left behind in this browser, for this round, are told on the page of the draft.
  const box = document.getElementById("left-behind");
  if (!box) return;
  const start = `${PREFIX}${document.body.dataset.person}:${box.dataset.round}:`;
  const names = (() => {
    try { return Object.keys(localStorage); } catch { return []; }
  })();
  for (const key of names.filter((name) => name.startsWith(start))) {
    const [kind, number, range] = key.slice(start.length).split(":");
    const isChange = kind === "edit";
    const pattern = isChange ? "comment" : number ? "paragraph" : "whole";
    const [first, last] = (range || "").split("-");
    const query = new URLSearchParams(range ? { paragraph: number, start: first, end: last } : { paragraph: number });
    const link = document.createElement("a");
    link.href = isChange ? `${box.dataset.change}/${number}` : `${box.dataset.new}?${query}`;
    link.textContent = box.querySelector(`[data-name="${pattern}"]`).innerHTML.trim().replace("{0}", number);
    const item = document.createElement("li");
    item.append(link);
    box.querySelector("ul").append(item);
    box.hidden = false;
  }
  if (!box.hidden) document.querySelector("main h1").after(box);
})();
