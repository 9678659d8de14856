/** Keeps the counts beside the provisions true after something was posted or deleted here. */

import { blocksIn } from "./offsets.js";
import { words } from "./words.js";

/** @typedef {import("./offsets.js").TextMap} TextMap */

const LOST = / \([\d,]+ remarks? on words no longer here\)$/; // as pages/words.py says it

/**
 * Count one remark more, or one less, at every provision that the range touches and all around them.
 * @param {TextMap} map
 * @param {{start: number, end: number}} span
 * @param {1 | -1} by
 */
export function count(map, span, by) {
  /** @type {Set<Element>} */
  const controls = new Set();
  for (const block of blocksIn(map, span.start, span.end)) {
    for (let at = /** @type {Element | null} */ (block.element); at && at !== map.root; at = at.parentElement) {
      const control = controlOf(at);
      if (control) controls.add(control);
    }
  }
  for (const control of controls) change(control, by);
}

/** Find the control that stands before a block, or begins a list item, a section or a table row. @param {Element} element */
export function controlOf(element) {
  if (element.matches("li, section, tr")) {
    return element.querySelector(element.matches("tr") ? ".n" : ":scope > .n");
  }
  const before = element.previousElementSibling;
  return before?.matches(".n") ? before : null;
}

/** Find the control of the innermost provision around a block. @param {Element} element @param {Element} root */
export function nearestControl(element, root) {
  for (let at = /** @type {Element | null} */ (element); at && at !== root; at = at.parentElement) {
    const control = controlOf(at);
    if (control) return control;
  }
  return null;
}

/** Give the block that a control stands before. @param {Element} control @returns {HTMLElement | null} */
export function blockOf(control) {
  const next = control.nextElementSibling;
  return next?.matches("[data-start]") ? /** @type {HTMLElement} */ (next) : (next?.querySelector("[data-start]") ?? null);
}

/** Give the name of the provision that a control stands for. @param {Element} control */
export function nameOf(control) {
  const label = control.getAttribute("aria-label") ?? "";
  const counted = words.remarksOn(words.remarks(countOf(control)), "");
  if (label.startsWith(counted)) return label.slice(counted.length).replace(LOST, "");
  return label.slice(words.commentOn("").length);
}

/** @param {Element} control */
function countOf(control) {
  return Number((control.textContent ?? "").replace(/\D/g, ""));
}

/** @param {Element} control @param {number} by */
function change(control, by) {
  const name = nameOf(control);
  const many = Math.max(0, countOf(control) + by);
  const badge = document.createElement("b");
  badge.textContent = many.toLocaleString("en");
  control.replaceChildren(...(many ? [badge] : []));
  const lost = LOST.exec(control.getAttribute("aria-label") ?? "")?.[0] ?? "";
  const label = many ? words.remarksOn(words.remarks(many), name) + lost : words.commentOn(name);
  control.setAttribute("aria-label", label);
}
