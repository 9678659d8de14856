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

/**
 * Make a button that stands in the text, without adding a word to it: the style sheet draws its name.
 * @param {string} label
 * @param {string} className
 * @param {(event: MouseEvent) => void} onClick
 */
export function drawnButton(label, className, onClick) {
  const element = button("", `${className} drawn`, onClick);
  element.setAttribute("aria-label", label);
  return element;
}

/**
 * Show a dialog until it is closed, and put the focus back where it was.
 * @param {string} title @param {string} className @param {string} closeWord @param {...(Node | string)} content
 */
export function showDialog(title, className, closeWord, ...content) {
  const before = document.activeElement;
  const close = button(closeWord, "button plain", () => dialog.close());
  const head = make("header", {}, make("h2", { id: "_dialog-title" }, title), close);
  const dialog = make("dialog", { class: className, "aria-labelledby": "_dialog-title" }, head, ...content);
  dialog.addEventListener("close", () => {
    dialog.remove();
    if (before instanceof HTMLElement) before.focus({ preventScroll: true });
  });
  document.body.append(dialog);
  dialog.showModal();
  close.focus();
  return dialog;
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
