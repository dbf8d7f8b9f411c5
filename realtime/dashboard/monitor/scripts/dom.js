/** Elements, made without markup: whatever comes from a server is text, and stays text. */

const SVG = "http://www.w3.org/2000/svg";

/**
 * An element. `attributes` are set as they are, but for `class`, `on` (handlers by event) and `data` (data attributes);
 * true is an empty attribute, and false, null and undefined are left out. Children are elements or text.
 */
export function h(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

/** The same, of SVG. */
export function s(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (name === "on") for (const [event, handler] of Object.entries(value)) element.addEventListener(event, handler);
    else if (name === "data") Object.assign(element.dataset, value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** Change the text only when it is another one: selections and screen readers are left alone. */
export function say(element, text) {
  const told = text === null || text === undefined ? "" : String(text);
  if (element.textContent !== told) element.textContent = told;
}

/** Set or take an attribute, if that changes anything. */
export function mark(element, name, value) {
  if (value === false || value === null || value === undefined) element.removeAttribute(name);
  else if (element.getAttribute(name) !== String(value)) element.setAttribute(name, String(value));
}

/** Children that are kept by a key: those that go on stay the same elements, so that focus and scrolling stay. */
export class Keyed {
  #made = new Map();

  /** `make` is called with an item that is new. */
  constructor(parent, make) {
    this.parent = parent;
    this.make = make;
  }

  /** Elements by key; `items` are in their order. */
  update(items, keyOf) {
    const wanted = new Map(items.map((item) => [keyOf(item), item]));
    for (const [key, part] of this.#made) {
      if (wanted.has(key)) continue;
      part.element.remove();
      this.#made.delete(key);
    }
    let place = this.parent.firstElementChild;
    for (const [key, item] of wanted) {
      if (!this.#made.has(key)) this.#made.set(key, this.make(item));
      const part = this.#made.get(key);
      part.update(item);
      if (part.element === place) place = place.nextElementSibling;
      else this.parent.insertBefore(part.element, place);
    }
  }
}

let announced = "";

/** Tell it to screen readers, in their own time. */
export function announce(text) {
  if (text === announced) return;
  announced = text;
  say(document.getElementById("announcements"), text);
}
