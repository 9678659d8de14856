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

/** Put in HTML that the server has rendered and made safe; nothing else may come this way. @param {string} safe */
export function fromServer(safe) {
  const template = document.createElement("template");
  template.innerHTML = safe;
  return template.content;
}

/** Say something to those who do not see it happen. @param {string} message */
export function announce(message) {
  const place = document.getElementById("_status");
  if (place) place.textContent = message;
}
