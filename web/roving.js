// One tab stop for many items: Tab enters the group once, arrow keys, Home and End move inside it.

const MOVES = {
  ArrowLeft: (at) => at - 1,
  ArrowUp: (at) => at - 1,
  ArrowRight: (at) => at + 1,
  ArrowDown: (at) => at + 1,
  Home: () => 0,
  End: (_, last) => last,
};

/**
 * @param {HTMLElement} box
 * @param {() => HTMLElement[]} items those that can be reached now, in reading order
 */
export function rove(box, items) {
  box.addEventListener("focusin", ({ target }) => {
    const all = items();
    const item = all.find((one) => one.contains(target));
    if (!item) return;
    for (const one of all) one.tabIndex = one === item ? 0 : -1;
  });
  box.addEventListener("keydown", (event) => {
    if (!(event.key in MOVES) || event.ctrlKey || event.metaKey || event.altKey) return;
    const all = items();
    const at = all.indexOf(document.activeElement);
    if (at < 0) return;
    event.preventDefault(); // also tells the page's own arrow keys to keep out
    all[Math.max(0, Math.min(all.length - 1, MOVES[event.key](at, all.length - 1)))].focus();
  });
}
