/** Makes elements without writing HTML: words go in as text, always. */

/**
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Record<string, string>} [attributes]
 * @param {...(Node | string | null | undefined)} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/**
 * @param {string} label
 * @param {string} className
 * @param {(event: MouseEvent) => void} onClick
 */
export function button(label, className, onClick) {
  const element = make("button", { type: "button", class: className }, label);
  element.addEventListener("click", onClick);
  return element;
}

/** List the elements that fit a selector. @param {string} selector @param {ParentNode} [place] @returns {HTMLElement[]} */
export function every(selector, place = document) {
  return [.../** @type {NodeListOf<HTMLElement>} */ (place.querySelectorAll(selector))];
}

/** The lower edge of the header that stays at the window's top, in px. */
export function windowTop() {
  return Math.max(0, document.querySelector(".site-head")?.getBoundingClientRect().bottom ?? 0);
}

/** Announce a message to screen readers. @param {string} message */
export function announce(message) {
  const place = document.getElementById("_status");
  if (place) place.textContent = message;
}

/** Copy the element in one of the page's templates. @param {string} id @returns {HTMLElement} */
export function fromTemplate(id) {
  const template = document.getElementById(id);
  const element = template instanceof HTMLTemplateElement && template.content.firstElementChild?.cloneNode(true);
  if (!(element instanceof HTMLElement)) throw new Error(`The page has no template ${id}`);
  return element;
}

/** Find what must be there. @param {ParentNode} place @param {string} selector @returns {HTMLElement} */
export function find(place, selector) {
  const found = place.querySelector(selector);
  if (!(found instanceof HTMLElement)) throw new Error(`The page has no ${selector}`);
  return found;
}

/** Put the focus on something that is no control. @param {HTMLElement | null | undefined} element @param {FocusOptions} [options] */
export function focusOn(element, options) {
  if (!element) return;
  element.tabIndex = -1;
  element.focus(options);
}

/** The scroll behaviour: instant for people who prefer reduced motion. @returns {ScrollBehavior} */
export function scrolling() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches ? "instant" : "smooth";
}
