// Words marked in a paragraph become a comment on exactly these words. Everything works without this script too.
(() => {
  const draft = document.querySelector(".draft[data-new]");
  const button = document.getElementById("comment-words");
  const refusal = document.getElementById("refusal");
  if (refusal) refusal.focus();
  if (!draft || !draft.dataset.new || !button) return;

  // The offset of a selection's end in the paragraph's text: where its span begins, plus the characters inside it.
  const offsetOf = (node, inside) => {
    const element = node.nodeType === Node.TEXT_NODE ? node.parentElement : node;
    const span = element && element.closest("[data-at]");
    if (!span) return null;
    const at = Number(span.dataset.at);
    if (span.dataset.width) return at + (inside > 0 ? 1 : 0);
    return at + (node.nodeType === Node.TEXT_NODE ? [...node.textContent.slice(0, inside)].length : 0);
  };

  const chosen = () => {
    const selection = window.getSelection();
    if (!selection.rangeCount || selection.isCollapsed) return null;
    const range = selection.getRangeAt(0);
    const place = range.startContainer.parentElement && range.startContainer.parentElement.closest(".numbered");
    if (!place || !draft.contains(place) || !place.contains(range.endContainer)) return null;
    const start = offsetOf(range.startContainer, range.startOffset);
    const end = offsetOf(range.endContainer, range.endOffset);
    if (start === null || end === null || end <= start) return null;
    return { number: place.dataset.number, start, end, box: range.getBoundingClientRect() };
  };

  document.addEventListener("selectionchange", () => {
    const found = chosen();
    button.hidden = !found;
    if (!found) return;
    button.style.left = `${Math.max(8, found.box.left + window.scrollX)}px`;
    button.style.top = `${found.box.bottom + window.scrollY + 6}px`;
  });

  button.addEventListener("mousedown", (event) => event.preventDefault());
  button.addEventListener("click", () => {
    const found = chosen();
    if (!found) return;
    const query = new URLSearchParams({ paragraph: found.number, start: found.start, end: found.end });
    window.location.assign(`${draft.dataset.new}?${query}`);
  });
})();
