// The list of keys: a dialog that `?` opens and Esc closes.

import { element } from "./element.js";

/** Inputs in which no characters are typed. */
const NO_TEXT = ["range", "checkbox", "radio", "button", "submit", "file"];

/** Whether a character typed into an element is meant for it. @param {Element} target */
export const takesText = ({ tagName, type, isContentEditable }) =>
  isContentEditable === true || ["TEXTAREA", "SELECT"].includes(tagName) || (tagName === "INPUT" && !NO_TEXT.includes(type));

/** Whether a key asks for the list. @param {KeyboardEvent} event */
export const asksForKeys = ({ key, ctrlKey, metaKey, altKey, defaultPrevented, target }) =>
  key === "?" && !ctrlKey && !metaKey && !altKey && !defaultPrevented && !takesText(target);

/**
 * @param {HTMLDialogElement} dialog without content
 * @param {Array<{title: string, keys: Array<[string[], string]>}>} groups of keys with what they do
 * @returns {{open: () => void}}
 */
export function mountKeys(dialog, groups) {
  const title = element("h2", { id: `${dialog.id}-title`, tabIndex: -1, autofocus: true }, "Keys"); // in focus at first: a long list opens at its top
  const close = element("button", { type: "button" }, "Close");
  close.addEventListener("click", () => dialog.close());
  dialog.classList.add("keys");
  dialog.setAttribute("aria-labelledby", title.id);
  dialog.replaceChildren(title, element("div", { className: "keys-groups" }, ...groups.map(groupOf)), close);

  const open = () => dialog.open || dialog.showModal();
  // Outside of the box is the dialog itself; a press in it closes as well.
  dialog.addEventListener("click", ({ target }) => target === dialog && dialog.close());
  // While the list is open, the page behind it hears no keys.
  dialog.addEventListener("keydown", (event) => event.stopPropagation());
  document.addEventListener("keydown", (event) => {
    if (!asksForKeys(event)) return;
    event.preventDefault();
    open();
  });
  return { open };
}

function groupOf({ title, keys }) {
  const lines = keys.map(([names, does]) => element("div", {},
    element("dt", {}, ...names.flatMap((name, at) => (at > 0 ? [" ", element("kbd", {}, name)] : [element("kbd", {}, name)]))),
    element("dd", {}, does)));
  return element("section", {}, element("h3", {}, title), element("dl", {}, ...lines));
}
