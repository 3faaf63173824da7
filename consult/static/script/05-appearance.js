// The switch between light and dark changes the page at once, so that nothing typed on it is lost. Without this script
// the same form loads the page again. On a narrow screen the pages of a round are a strip: show where one is in it.
(() => {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    const button = event.submitter;
    if (!button || button.name !== "theme") return;
    event.preventDefault();
    document.documentElement.dataset.bsTheme = button.value;
    for (const other of form.querySelectorAll("button")) other.setAttribute("aria-pressed", String(other === button));
    const sent = new FormData(form);
    sent.set(button.name, button.value);
    fetch(form.action, { method: "POST", body: sent, redirect: "manual" }).catch(() => {});
  });

  const strip = document.querySelector(".pages ul");
  if (!strip) return;
  const tell = () => {
    strip.parentElement.classList.toggle("is-at-end", strip.scrollLeft + strip.clientWidth >= strip.scrollWidth - 4);
  };
  const show = () => {
    const current = strip.querySelector("[aria-current]");
    if (current) strip.scrollLeft = current.offsetLeft - (strip.clientWidth - current.offsetWidth) / 2;
    tell();
  };
  strip.addEventListener("scroll", tell, { passive: true });
  window.addEventListener("resize", show);
  show();
})();
