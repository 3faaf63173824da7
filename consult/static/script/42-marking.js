// Words marked in a paragraph become a comment on exactly these words. Everything works without this script too.
(() => {
  const draft = document.querySelector(".draft[data-new]");
  const button = document.getElementById("comment-words");
  const refusal = document.getElementById("refusal");
  if (refusal) refusal.focus();

  // What a page asks for in the background may fail: the connection is gone, or the person is signed out.
  const failed = (event) => {
    const { elt, target } = event.detail;
    if (elt.tagName === "A" && elt.href) window.location.assign(elt.href);
    else if (target && target.classList.contains("preview")) {
      target.textContent = target.dataset.failed;
    }
  };
  document.addEventListener("htmx:responseError", failed);
  document.addEventListener("htmx:sendError", failed);
  if (!draft || !draft.dataset.new || !button) return;

  // Positions count code points of the paragraph's text. A span knows where it begins; an atom is one character wide.
  const widthOf = (span) => (span.dataset.width ? 1 : [...span.textContent].length);
  const inside = (span, node, offset, otherwise) => {
    if (span.dataset.width || node.nodeType !== Node.TEXT_NODE || !span.contains(node)) return otherwise;
    return [...node.textContent.slice(0, offset)].length;
  };
  const positions = (range, place) => {
    const spans = [...place.querySelectorAll(".text [data-at]")].filter((span) => range.intersectsNode(span));
    if (!spans.length) return null;
    const first = spans[0];
    const last = spans[spans.length - 1];
    return {
      start: Number(first.dataset.at) + inside(first, range.startContainer, range.startOffset, 0),
      end: Number(last.dataset.at) + inside(last, range.endContainer, range.endOffset, widthOf(last)),
    };
  };

  const chosen = () => {
    const selection = window.getSelection();
    if (!selection.rangeCount || selection.isCollapsed) return null;
    const range = selection.getRangeAt(0);
    const element = (node) => (node.nodeType === Node.TEXT_NODE ? node.parentElement : node);
    const place = element(range.startContainer).closest(".numbered");
    if (!place || !draft.contains(place) || !place.contains(range.endContainer)) return null;
    const found = positions(range, place);
    if (!found || found.end <= found.start) return null;
    return { number: place.dataset.number, ...found, box: range.getBoundingClientRect() };
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
