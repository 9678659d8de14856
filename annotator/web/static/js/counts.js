/** Updates the counts next to the provisions after posting or deleting. */

import { every } from "./elements.js";
import { blocksIn } from "./offsets.js";
import { words } from "./words.js";

/**
 * Count one comment more, or one less, at every provision that the range touches and all around them.
 * @param {TextMap} map
 * @param {{start: number, end: number}} span
 * @param {1 | -1} by
 */
export function count(map, span, by) {
  const controls = blocksIn(map, span.start, span.end).flatMap(({ element }) => controlsAround(map, element));
  for (const control of new Set(controls)) set(control, countOf(control) + by);
}

/** List the controls of the provisions around a block, the innermost first. @param {TextMap} map @param {Element} block @returns {HTMLElement[]} */
export function controlsAround(map, block) {
  const controls = [];
  for (let at = /** @type {Element | null} */ (block); at && at !== map.root; at = at.parentElement) {
    const control = controlOf(at);
    if (control) controls.push(control);
  }
  return controls;
}

/** Set every count to what the server says. @param {TextMap} map @param {readonly Tally[]} provisions */
export function setCounts(map, provisions) {
  const counts = new Map(provisions.map(({ pid, remarks }) => [pid, remarks]));
  for (const control of every("a.n", map.root)) {
    const many = counts.get(blockOf(control)?.id ?? "") ?? 0;
    if (many !== countOf(control)) set(control, many);
  }
}

/** Show at a control the number of unread comments. @param {HTMLElement} control @param {number} many */
export function setNew(control, many) {
  control.dataset["unread"] = String(many);
  label(control);
}

/** Find the control before a block, or begins a list item, a section or a table row. @param {Element} element @returns {HTMLElement | null} */
export function controlOf(element) {
  if (element.matches("li, section, tr")) {
    return element.querySelector(element.matches("tr") ? ".n" : ":scope > .n");
  }
  const before = element.previousElementSibling;
  return /** @type {HTMLElement | null} */ (before?.matches(".n") ? before : null);
}

/** The heading of the section around an element; empty without one. @param {Element | null} element */
export function headingOf(element) {
  return element?.closest("section")?.querySelector("h2, h3, h4, h5, h6")?.textContent ?? "";
}

/** Name the place of an element as people cite it: "Being honest ¶ 6", a heading by its section. @param {TextMap} map @param {Element} element */
export function placeOf(map, element) {
  const section = headingOf(element) || words.beginning;
  const unit = controlsAround(map, element)[0]?.dataset["unit"];
  return unit ? `${section} ¶ ${unit}` : section;
}

/** Return the block after a control. @param {Element} control @returns {HTMLElement | null} */
export function blockOf(control) {
  const next = control.nextElementSibling;
  return next?.matches("[data-start]") ? /** @type {HTMLElement} */ (next) : (next?.querySelector("[data-start]") ?? null);
}

/** @param {Element} control */
export function countOf(control) {
  return Number((control.querySelector("b")?.dataset["count"] ?? "").replace(/\D/g, ""));
}

/** @param {HTMLElement} control @param {number} many */
function set(control, many) {
  const badge = document.createElement("b");
  badge.dataset["count"] = words.number(Math.max(0, many)); // an attribute: see manuscript.py
  control.replaceChildren(...(many > 0 ? [badge] : []));
  label(control);
}

/** Name a control as pages/words.py does, and say what is new. @param {HTMLElement} control */
function label(control) {
  const { name = "", lost, unread } = control.dataset;
  const many = countOf(control);
  const gone = lost ? ` (${control.title})` : "";
  const named = many ? words.commentsOn(words.comments(many), name) + gone + (Number(unread) ? words.ofThemNew(Number(unread)) : "") : words.commentOn(name);
  control.setAttribute("aria-label", named);
  if (!Number(unread)) delete control.dataset["unread"];
}
