/** Keeps the counts beside the provisions true after something was posted or deleted here. */

import { blocksIn } from "./offsets.js";
import { words } from "./words.js";

/** @typedef {import("./offsets.js").TextMap} TextMap */

const LOST = / \([^()]*\)$/; // what pages/words.py adds about words that are gone

/** What each control's label ends with, about what has not been seen. @type {WeakMap<Element, string>} */
const unseen = new WeakMap();

/**
 * Count one comment more, or one less, at every provision that the range touches and all around them.
 * @param {TextMap} map
 * @param {{start: number, end: number}} span
 * @param {1 | -1} by
 */
export function count(map, span, by) {
  /** @type {Set<Element>} */
  const controls = new Set();
  for (const block of blocksIn(map, span.start, span.end)) {
    for (const control of controlsAround(map, block.element)) controls.add(control);
  }
  for (const control of controls) set(control, countOf(control) + by);
}

/** List the controls of the provisions around a block, the innermost first. @param {TextMap} map @param {Element} block */
export function controlsAround(map, block) {
  const controls = [];
  for (let at = /** @type {Element | null} */ (block); at && at !== map.root; at = at.parentElement) {
    const control = controlOf(at);
    if (control) controls.push(control);
  }
  return controls;
}

/** Set every count to what the server says. @param {TextMap} map @param {readonly {pid: string, remarks: number}[]} provisions */
export function setCounts(map, provisions) {
  const counts = new Map(provisions.map(({ pid, remarks }) => [pid, remarks]));
  for (const control of map.root.querySelectorAll("a.n")) {
    const many = counts.get(blockOf(control)?.id ?? "") ?? 0;
    if (many !== countOf(control)) set(control, many);
  }
}

/** Say at a control how many of its comments have not been seen. @param {Element} control @param {number} many */
export function setNew(control, many) {
  const label = labelOf(control);
  unseen.set(control, many ? words.ofThemNew(many) : "");
  control.setAttribute("aria-label", label + unseen.get(control));
  control.toggleAttribute("data-unread", many > 0);
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
  const said = labelOf(control).slice(0, -lostOf(control).length || undefined);
  const marked = countOf(control) ? words.commentsOn(words.comments(countOf(control)), "\0") : words.commentOn("\0");
  const [before, after] = /** @type {[string, string]} */ (marked.split("\0"));
  return said.slice(before.length, said.length - after.length);
}

/** Give a control's label without what has not been seen. @param {Element} control */
function labelOf(control) {
  const label = control.getAttribute("aria-label") ?? "";
  return label.slice(0, label.length - (unseen.get(control)?.length ?? 0));
}

/** Give what a control's label says of comments whose words are gone. @param {Element} control */
function lostOf(control) {
  return control.hasAttribute("data-lost") ? (LOST.exec(labelOf(control))?.[0] ?? "") : "";
}

/** @param {Element} control */
export function countOf(control) {
  const badge = control.querySelector("b");
  return Number((badge?.dataset["count"] ?? "").replace(/\D/g, ""));
}

/** @param {Element} control @param {number} many */
function set(control, many) {
  const name = nameOf(control);
  const badge = document.createElement("b");
  badge.dataset["count"] = words.number(Math.max(0, many)); // an attribute: see manuscript.py
  const fresh = unseen.get(control) ?? "";
  const lost = lostOf(control);
  control.replaceChildren(...(many > 0 ? [badge] : []));
  const label = many > 0 ? words.commentsOn(words.comments(many), name) + lost + fresh : words.commentOn(name);
  control.setAttribute("aria-label", label);
}
