// The page of a draft by keyboard: from paragraph to paragraph, from comment to comment, into a form and out of it.
(() => {
  const draft = document.querySelector(".draft[data-new]");
  const dialog = document.getElementById("keys");
  const told = document.getElementById("told");

  document.addEventListener("keydown", (event) => {
    const form = event.target.closest(".comment-form");
    if (!form) return;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      form.requestSubmit();
    } else if (event.key === "Escape" && form.closest(".slot")) {
      event.preventDefault();
      close(form);
    }
  });

  // A form opened beside its paragraph can be closed again: what stood there comes back, the words stay kept.
  const before = new WeakMap();
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { target } = event.detail;
    if (target.classList.contains("slot") && !before.has(target)) before.set(target, target.innerHTML);
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    const form = event.detail.target.querySelector(".comment-form");
    if (!form) return;
    const first = form.querySelector(wanted === "reason" ? "[name=reason]" : "[name=wording]") || form.querySelector("textarea");
    if (first) first.focus();
  });
  const close = (form) => {
    const slot = form.closest(".slot");
    slot.innerHTML = before.get(slot) || "";
    if (window.htmx) window.htmx.process(slot);
    const link = slot.querySelector("a");
    if (link) link.focus();
    const words = document.getElementById("told-closed");
    if (told && words) told.textContent = words.innerHTML.trim();
  };

  if (!draft || !dialog) return;
  let here = null;
  let wanted = "wording";
  const stops = (selector) => [...draft.querySelectorAll(selector)];
  const go = (selector, by) => {
    const all = stops(selector);
    const from = here && here.isConnected ? here : document.activeElement;
    const follows = (one) => from.compareDocumentPosition(one) & Node.DOCUMENT_POSITION_FOLLOWING;
    const precedes = (one) => from.compareDocumentPosition(one) & Node.DOCUMENT_POSITION_PRECEDING;
    const isIn = from && draft.contains(from);
    const candidates = isIn ? all.filter((one) => one !== from && !one.contains(from) && (by > 0 ? follows(one) : precedes(one))) : all;
    const next = by > 0 ? candidates[0] : candidates[candidates.length - 1];
    if (!next) return;
    here = next;
    next.tabIndex = -1;
    next.focus({ preventScroll: true });
    next.scrollIntoView({ block: "center" });
    tell(next);
  };
  const tell = (one) => {
    if (!one.classList.contains("numbered")) return; // a comment says itself
    const words = document.getElementById("told-place").innerHTML.trim();
    const count = one.querySelectorAll(".comment").length;
    told.textContent = words.replace("{0}", one.dataset.number).replace("{1}", String(count));
  };
  document.addEventListener("focusin", (event) => {
    const place = event.target.closest(".comment, .numbered");
    if (place && draft.contains(place)) here = place;
  });
  const open = (name) => {
    const place = (here || draft.querySelector(".numbered")).closest(".numbered") || draft.querySelector(".numbered");
    const slot = document.getElementById(`slot-${place.id}`);
    const form = slot && slot.querySelector(".comment-form");
    wanted = name;
    if (form) form.querySelector(`[name=${name}]`).focus();
    else if (slot && slot.querySelector("a")) slot.querySelector("a").click();
  };
  const find = () => {
    const field = document.querySelector("input[type=search]");
    if (field) field.focus();
  };
  const letters = {
    j: () => go(".numbered[id]", 1),
    k: () => go(".numbered[id]", -1),
    n: () => go(".comment", 1),
    b: () => go(".comment", -1),
    c: () => open("reason"),
    p: () => open("wording"),
    "/": find,
  };
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select, [contenteditable], dialog");
    if (typing || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const act = letters[event.key];
    if (!act || document.getElementById("letters-off").checked) return;
    event.preventDefault();
    act();
  });
})();
