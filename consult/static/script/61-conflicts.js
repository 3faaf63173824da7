// Who has not written a wording yet begins with that of the variant chosen last. Without script the server does it.
(() => {
  const form = document.getElementById("settle");
  if (!form) return;
  const wording = form.elements.wording;
  form.addEventListener("change", (event) => {
    const { text } = event.target.dataset;
    if (text === undefined || wording.value !== wording.dataset.given) return;
    wording.value = text;
    wording.dataset.given = wording.value;
    form.elements.given.value = wording.value;
  });
  // Words that came back are shown as what they will do, once htmx listens.
  window.addEventListener("load", () => {
    if (!form.querySelector(".kept-words").hidden) wording.dispatchEvent(new Event("input", { bubbles: true }));
  });
})();
