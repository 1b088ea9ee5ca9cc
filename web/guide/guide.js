// The guide: one card at a time beside the list of their titles. All cards lie on one another, so that the place they take
// is that of the longest and nothing moves as one turns them. Nothing is remembered.

import { CARDS } from "./cards.js";
import { element } from "./element.js";

const COUNT = CARDS.length;

/**
 * @param {HTMLElement} root a section without content
 * @param {(patch: object) => void} apply sets the page: {settings?, compare?, colour?}
 * @param {HTMLElement | null} [shown] where the page shows what it was set to; brought into sight after `apply`
 */
export function mountGuide(root, apply, shown = document.getElementById("runs")) {
  let at = 0;
  const button = (words, onClick) => {
    const made = element("button", { type: "button" }, words);
    made.addEventListener("click", onClick);
    return made;
  };
  const titles = CARDS.map(({ title }, which) => button(`${which + 1}. ${title}`, () => turn(which)));
  const cards = CARDS.map((card) => cardOf(card, button("Show me", () => showMe(card))));
  const place = element("p", { className: "guide-place" });
  const back = button("Previous", () => turn(at - 1));
  const next = button("Next", () => turn(at + 1));
  const note = noteOf(button, () => headingOf(at).focus());

  root.replaceChildren(
    element("h2", {}, "What you are looking at"),
    element("div", { className: "guide-reader" },
      element("ol", { className: "guide-titles" }, ...titles.map((title) => element("li", {}, title))),
      element("div", { className: "guide-cards" }, ...cards),
      element("div", { className: "row guide-steps" }, back, place, next)),
    note.box,
  );
  show();

  function headingOf(which) {
    return cards[which].querySelector("h3");
  }

  function turn(which) {
    at = which;
    show();
    note.close();
    headingOf(at).focus(); // it is read out, and Tab goes on from there
  }

  function show() {
    cards.forEach((card, which) => card.classList.toggle("guide-card-shown", which === at));
    titles.forEach((title, which) => {
      if (which === at) title.setAttribute("aria-current", "step");
      else title.removeAttribute("aria-current");
    });
    place.textContent = `Card ${at + 1} of ${COUNT}`;
    back.disabled = at === 0;
    next.disabled = at === COUNT - 1;
  }

  function showMe({ patch, look }) {
    apply(patch);
    shown?.scrollIntoView({ block: "start" });
    note.open(look);
  }
}

function cardOf({ title, text, look, links }, showMe) {
  const away = (to) => (to.startsWith("https:") ? { rel: "noreferrer" } : {});
  const anchors = links.map(({ words, to }) => element("a", { href: to, ...away(to) }, words));
  return element("article", { className: "guide-card" },
    element("h3", { tabIndex: -1 }, title),
    ...text.map((words) => element("p", {}, words)),
    element("p", { className: "guide-look" }, element("strong", {}, "To look at: "), look),
    element("div", { className: "row" }, showMe, ...anchors));
}

/** What to look at, kept in sight while the reader is up at the runs. It covers a little, and moves nothing. */
function noteOf(button, onBack) {
  const words = element("p");
  const close = () => (box.hidden = true);
  const row = element("div", { className: "row" },
    button("Back to the guide", () => {
      close();
      onBack();
    }),
    button("Close", close));
  const box = element("aside", { className: "guide-note", hidden: true, tabIndex: -1, ariaLabel: "To look at" }, words, row);
  box.addEventListener("keydown", ({ key }) => key === "Escape" && close());
  return {
    box,
    close,
    open(look) {
      words.textContent = look;
      box.hidden = false;
      box.focus({ preventScroll: true }); // read out; not a button, so the page's own keys work
    },
  };
}
