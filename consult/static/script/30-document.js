// The document page: the outline, where one is, sections that come when one comes near. All of it works without this too.
(() => {
  const draft = document.querySelector(".document .draft");
  if (!draft) return;
  const outline = document.querySelector(".outline");
  const whereNow = document.querySelector(".where-now");
  const wide = window.matchMedia("(min-width: 75rem)");
  const RETRY = 4000;

  // The outline is open where there is room for it beside the text.
  const fit = () => {
    if (outline) outline.open = wide.matches;
  };
  fit();
  wide.addEventListener("change", fit);

  // ---- sections -------------------------------------------------------------------------------------------------
  const near = new IntersectionObserver(
    (entries) => {
      for (const entry of entries) {
        if (entry.isIntersecting) entry.target.dispatchEvent(new CustomEvent("near"));
      }
    },
    { rootMargin: "900px 0px" },
  );
  const watch = (section) => {
    near.unobserve(section);
    near.observe(section);
  };
  draft.querySelectorAll(".section.waiting").forEach(watch);

  // A section that could not be loaded is asked for again when the connection may be back.
  const again = (event) => {
    const section = event.detail.elt;
    if (section.classList && section.classList.contains("waiting")) window.setTimeout(() => watch(section), RETRY);
  };
  document.addEventListener("htmx:sendError", again);
  document.addEventListener("htmx:responseError", again);
  window.addEventListener("online", () => draft.querySelectorAll(".section.waiting").forEach(watch));

  // What is read stays where it is when a section above it comes and takes up another height.
  const firstInView = () => {
    for (const section of draft.querySelectorAll(".section:not(.waiting)")) {
      const box = section.getBoundingClientRect();
      if (box.bottom <= 0) continue;
      if (box.top > window.innerHeight) break;
      for (const line of section.querySelectorAll(".numbered")) {
        const { top, bottom } = line.getBoundingClientRect();
        if (bottom > 0) return { line, top };
      }
    }
    return null;
  };
  let held = null;
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.target.classList.contains("waiting")) held = firstInView();
  });
  document.addEventListener("htmx:afterSwap", () => {
    if (!held) return;
    const moved = held.line.getBoundingClientRect().top - held.top;
    held = null;
    if (moved) window.scrollBy({ top: moved, behavior: "instant" });
  });

  const wantedAfter = new Map(); // section -> the id to go to when it is there
  document.addEventListener("htmx:load", (event) => {
    const section = event.detail.elt;
    if (!section.classList || !section.classList.contains("section") || section.classList.contains("waiting")) return;
    section.querySelectorAll(".numbered").forEach((line) => lines.observe(line));
    document.dispatchEvent(new CustomEvent("consult:section", { detail: { section } }));
    const id = wantedAfter.get(section.dataset.section);
    wantedAfter.delete(section.dataset.section);
    if (id) goTo(id);
  });

  // ---- jumping --------------------------------------------------------------------------------------------------
  const goTo = (id) => {
    const place = document.getElementById(id);
    if (!place) return false;
    if (window.location.hash !== `#${id}`) window.location.hash = id;
    else place.scrollIntoView();
    if (!place.hasAttribute("tabindex")) place.setAttribute("tabindex", "-1");
    place.focus({ preventScroll: true });
    return true;
  };

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href]");
    if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey) return;
    const address = new URL(link.href);
    const id = decodeURIComponent(address.hash.slice(1));
    if (!id || address.pathname !== window.location.pathname) return;
    if (document.getElementById(id)) {
      event.preventDefault();
      if (!wide.matches && outline && outline.contains(link)) outline.open = false;
      goTo(id);
      return;
    }
    const section = link.dataset.section && document.getElementById(`section-${link.dataset.section}`);
    if (!section || !section.classList.contains("waiting")) return; // the server knows the way
    event.preventDefault();
    if (!wide.matches && outline) outline.open = false;
    wantedAfter.set(link.dataset.section, id);
    section.scrollIntoView();
    section.dispatchEvent(new CustomEvent("near"));
  });

  // An address that names a place which is not here yet: the server is asked for the section with it.
  const asked = decodeURIComponent(window.location.hash.slice(1));
  if (/^(p-|comment-)/.test(asked) && !document.getElementById(asked)) {
    const here = new URL(window.location.href);
    if (here.searchParams.get("at") !== asked) {
      here.searchParams.delete("section");
      here.searchParams.set("at", asked);
      window.location.replace(here);
    }
  }

  // ---- where one is ---------------------------------------------------------------------------------------------
  const links = outline ? [...outline.querySelectorAll("a")] : [];
  const visible = new Set();
  const tell = () => {
    const first = [...visible].sort((a, b) => (a.compareDocumentPosition(b) & Node.DOCUMENT_POSITION_FOLLOWING ? -1 : 1))[0];
    if (!first) return;
    if (whereNow && /^\d+$/.test(first.dataset.number)) {
      whereNow.textContent = whereNow.dataset.words.replace("{0}", first.dataset.number);
      whereNow.hidden = false;
    }
    let current = null;
    for (const link of links) {
      const heading = document.getElementById(link.hash.slice(1));
      const isBefore = heading
        ? heading === first || heading.compareDocumentPosition(first) & Node.DOCUMENT_POSITION_FOLLOWING
        : Number(link.dataset.section) < Number(first.closest(".section").dataset.section);
      if (isBefore) current = link;
    }
    for (const link of links) {
      if (link === current) link.setAttribute("aria-current", "location");
      else link.removeAttribute("aria-current");
    }
  };
  let pending = false;
  const lines = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (entry.isIntersecting) visible.add(entry.target);
      else visible.delete(entry.target);
    }
    if (pending) return;
    pending = true;
    window.requestAnimationFrame(() => {
      pending = false;
      tell();
    });
  }, { rootMargin: "-40px 0px 0px 0px" });
  draft.querySelectorAll(".numbered").forEach((line) => lines.observe(line));
})();
