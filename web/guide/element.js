// Elements from their parts. Text only ever becomes text, never HTML.

/**
 * @param {string} tag
 * @param {Record<string, unknown>} properties of the element, as in `Object.assign`
 * @param {...(Node | string)} children
 * @returns {HTMLElement}
 */
export function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}
