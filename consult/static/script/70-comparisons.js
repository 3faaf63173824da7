// From difference to difference with n and p. What is said of it is its label, so the focus says it aloud.
(() => {
  const steps = document.querySelector("[data-steps]");
  if (!steps) return;
  steps.hidden = false;
  const all = () => [...document.querySelectorAll(".passage[data-difference]")];

  // Where the reader is: at the difference that had the focus last, else at the first that is not above the window.
  let last = null;
  document.addEventListener("focusin", (event) => {
    last = event.target.closest(".passage[data-difference]") || last;
  });
  const step = (by) => {
    const found = all();
    const from = found.indexOf(last);
    const seen = found.findIndex((one) => one.getBoundingClientRect().top >= 0);
    const first = by > 0 ? (seen < 0 ? found.length : seen) : (seen < 0 ? found.length : seen) - 1;
    const next = from < 0 ? first : from + by;
    if (next >= 0 && next < found.length) {
      found[next].focus({ preventScroll: true });
      found[next].scrollIntoView({ block: "start" });
      return;
    }
    const page = document.querySelector(by > 0 ? "a[rel=next]" : "a[rel=prev]");
    if (page) page.click();
  };
  steps.addEventListener("click", (event) => {
    const button = event.target.closest("[data-step]");
    if (button) step(Number(button.dataset.step));
  });
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]");
    if (typing || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (event.key === "n") step(1);
    else if (event.key === "p") step(-1);
  });
})();
