/** Creates and finds elements. Text is never parsed as HTML. */

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

/** List the elements that match a selector. @param {string} selector @param {ParentNode} [place] @returns {HTMLElement[]} */
export function every(selector, place = document) {
  return [.../** @type {NodeListOf<HTMLElement>} */ (place.querySelectorAll(selector))];
}

/** Return the bottom of the sticky header in the window, in px. */
export function headerBottom() {
  return Math.max(0, document.querySelector(".site-head")?.getBoundingClientRect().bottom ?? 0);
}

/** Announce a message to screen readers. @param {string} message */
export function announce(message) {
  const place = document.getElementById("_status");
  if (place) place.textContent = message;
}

/** Clone the element in one of the page's templates. @param {string} id @returns {HTMLElement} */
export function fromTemplate(id) {
  const template = document.getElementById(id);
  const element = template instanceof HTMLTemplateElement && template.content.firstElementChild?.cloneNode(true);
  if (!(element instanceof HTMLElement)) throw new Error(`The page has no template ${id}`);
  return element;
}

/** Find a required element. @param {ParentNode} place @param {string} selector @returns {HTMLElement} */
export function findRequired(place, selector) {
  const found = place.querySelector(selector);
  if (!(found instanceof HTMLElement)) throw new Error(`The page has no ${selector}`);
  return found;
}

/** Focus an element that is not a control. @param {HTMLElement | null | undefined} element @param {FocusOptions} [options] */
export function focusOn(element, options) {
  if (!element) return;
  element.tabIndex = -1;
  element.focus(options);
}

/** Return the scroll behavior: instant for people who prefer reduced motion. @returns {ScrollBehavior} */
export function scrollBehavior() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches ? "instant" : "smooth";
}
