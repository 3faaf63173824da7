// Deciding by keyboard: n and p go to the next comment and the one before, u to the next undecided one; where the page
// ends they go on to the next page. The bar below says where one is and has the same steps as buttons.
(() => {
  const list = document.querySelector(".decisions");
  const told = document.getElementById("steps-told");
  if (!list || !told) return;
  const comments = [...list.querySelectorAll("article.decision")];
  const words = (id) => document.getElementById(id).innerHTML.trim();

  let here = -1;
  const go = (place) => {
    here = place;
    comments[place].focus({ preventScroll: true });
    comments[place].scrollIntoView({ block: "start" });
    tell(comments[place]);
  };
  const tell = (comment, before = "") => {
    const { number, place } = comment.dataset;
    const text = words("told-step").replace("{0}", number).replace("{1}", place).replace("{2}", list.dataset.count);
    told.textContent = before + text;
  };
  const turn = (name, otherwise) => {
    const link = list.querySelector(`[data-page=${name}]`);
    if (link) link.click();
    else told.textContent = words(otherwise);
  };
  const steps = {
    next: () => (here + 1 < comments.length ? go(here + 1) : turn("next", "told-ends")),
    before: () => (here > 0 ? go(here - 1) : turn("before", "told-ends")),
    undecided: () => {
      const open = comments.map((comment, place) => ("undecided" in comment.dataset ? place : -1)).filter((place) => place >= 0);
      const next = open.find((place) => place > here);
      if (next !== undefined) go(next);
      else if (list.querySelector("[data-page=undecided]")) turn("undecided", "");
      else if (open.length && open[0] !== here) go(open[0]);
      else told.textContent = words("told-decided");
    },
  };
  document.addEventListener("focusin", (event) => {
    const comment = event.target.closest("article.decision");
    if (comment) here = comments.indexOf(comment);
  });
  for (const button of list.querySelectorAll("[data-go]")) {
    button.hidden = false;
    button.addEventListener("click", () => steps[button.dataset.go]());
  }

  for (const link of list.querySelectorAll("[data-page]")) link.hidden = true; // the buttons go there

  const find = () => {
    const field = document.getElementById("f-words");
    field.closest("details").open = true;
    field.focus();
  };
  const letters = { n: steps.next, p: steps.before, u: steps.undecided, "/": find };
  document.addEventListener("keydown", (event) => {
    const form = event.target.closest(".decision-form");
    if (form && event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      form.requestSubmit();
      return;
    }
    const typing = event.target.closest("input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable], dialog");
    if (typing || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const act = letters[event.key];
    if (!act || document.getElementById("letters-off").checked) return;
    event.preventDefault();
    act();
  });

  const said = () => {
    const decided = document.getElementById("decided");
    return decided ? `${decided.textContent.trim()} ` : "";
  };
  // After a decision the address becomes that of the comment one is at: to be loaded again, kept, or sent to somebody.
  const settle = (comment) => {
    const query = new URLSearchParams(window.location.search);
    query.delete("decided");
    query.set("number", comment.dataset.number);
    window.history.replaceState(null, "", `?${query}#${comment.id}`);
  };
  // The address names a comment: it has the focus, and what was said at the top of the page is said where one looks.
  const arrive = () => {
    const name = decodeURIComponent(window.location.hash.slice(1));
    const target = document.getElementById(name);
    const place = comments.indexOf(name === "next" && target ? target.nextElementSibling : target);
    if (place >= 0) {
      go(place);
      told.textContent = "";
      setTimeout(() => tell(comments[place], said()), 200); // what is there from the start is not read aloud
      if (name === "next") settle(comments[place]);
    } else if (/^comment-\d{1,6}$/.test(name) && !new URLSearchParams(window.location.search).has("number")) {
      const query = new URLSearchParams(window.location.search);
      query.set("number", name.slice("comment-".length));
      window.location.replace(`?${query}#${name}`); // it is on another page
    }
  };
  arrive();
  window.addEventListener("hashchange", arrive);
  const refusal = list.querySelector("#refusal");
  if (refusal) refusal.focus();
})();
