// Without a connection the change that is being typed is shown all the same: words of the draft and of the wording are
// compared here, more simply than the server does it. Who has a connection sees the server's picture.
(() => {
  const MOST = 1500; // words of either text: the comparison takes their product
  const words = (text) => text.match(/[\p{L}\p{N}\p{M}]+|[^\p{L}\p{N}\p{M}]/gu) || [];

  // Lengths of the longest common subsequences of what is left of two lists of words from each place on.
  const lengths = (before, after) => {
    const row = () => new Uint16Array(after.length + 1);
    const table = Array.from({ length: before.length + 1 }, row);
    for (let i = before.length - 1; i >= 0; i -= 1) {
      for (let j = after.length - 1; j >= 0; j -= 1) {
        const longer = Math.max(table[i + 1][j], table[i][j + 1]);
        table[i][j] = before[i] === after[j] ? table[i + 1][j + 1] + 1 : longer;
      }
    }
    return table;
  };
  const compare = (before, after) => {
    const table = lengths(before, after);
    const found = [];
    const add = (kind, word) => {
      const last = found[found.length - 1];
      if (last && last.kind === kind) last.text += word;
      else found.push({ kind, text: word });
    };
    let i = 0;
    let j = 0;
    while (i < before.length || j < after.length) {
      if (i < before.length && j < after.length && before[i] === after[j]) {
        add("same", before[i]);
        i += 1;
        j += 1;
      } else if (i < before.length && (j === after.length || table[i + 1][j] >= table[i][j + 1])) {
        add("del", before[i]);
        i += 1;
      } else {
        add("ins", after[j]);
        j += 1;
      }
    }
    return found;
  };

  const show = (target, changes) => {
    const line = document.createElement("p");
    line.className = "change mb-0";
    line.lang = "";
    for (const { kind, text } of changes) {
      if (kind === "same") line.append(text);
      else {
        const part = document.createElement(kind);
        const aloud = document.createElement("span");
        aloud.className = "visually-hidden";
        aloud.lang = document.documentElement.lang;
        aloud.textContent = `${target.dataset[kind]}: `;
        part.append(aloud, text);
        line.append(part);
      }
    }
    const told = document.createElement("p");
    told.className = "small mb-1";
    told.textContent = target.dataset.alone;
    target.replaceChildren(told, line);
  };

  document.addEventListener("htmx:sendError", (event) => {
    const { elt, target } = event.detail;
    const form = elt.closest && elt.closest(".comment-form");
    const original = form && form.querySelector("template[data-original]");
    if (!original || !target || !target.classList.contains("preview")) return;
    const before = words(original.content.textContent);
    const after = words(elt.value);
    if (Math.max(before.length, after.length) <= MOST) show(target, compare(before, after));
  });
})();
