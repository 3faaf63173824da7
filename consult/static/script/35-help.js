// The help on the keys of a page: opened with ? or its button. In it the single letters can be switched off, on every page
// that has them; the box is what those pages look at, and the browser remembers how it was left.
(() => {
  const OFF = "consult:letters-off";
  const dialog = document.getElementById("keys");
  const opener = document.getElementById("show-keys");
  if (!dialog || !opener) return;
  const box = document.getElementById("letters-off");
  try { box.checked = localStorage.getItem(OFF) === "1"; } catch { /* there is no storage: the letters are on */ }
  box.addEventListener("change", () => {
    try { localStorage.setItem(OFF, box.checked ? "1" : "0"); } catch { /* then it holds for this page only */ }
  });
  opener.hidden = false;
  opener.addEventListener("click", () => dialog.showModal());
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable], dialog");
    if (event.key !== "?" || typing || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    event.preventDefault();
    dialog.showModal();
  });
})();
