// How far work is: said aloud only when it changes. After a lost connection the bar asks again, less often.
(() => {
  const live = document.querySelector("[data-job-step]");
  if (!live) return;
  document.addEventListener("htmx:afterSwap", () => {
    const bar = document.querySelector("[data-job-said]");
    if (bar && live.textContent !== bar.dataset.jobSaid) live.textContent = bar.dataset.jobSaid;
  });
  const again = (event) => {
    if (event.detail.elt.matches("[data-job-said]")) window.htmx.trigger(event.detail.elt, "job-again");
  };
  document.addEventListener("htmx:responseError", again);
  document.addEventListener("htmx:sendError", again);
})();
