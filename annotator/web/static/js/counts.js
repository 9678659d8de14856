/** The comment counts next to provisions, and the controls that show them. */

import { every } from "./elements.js";
import { blocksIn } from "./offsets.js";
import { words } from "./words.js";

/**
 * Add a comment to the counts of all provisions that a range touches, and of those that contain them.
 * @param {TextMap} map
 * @param {{start: number, end: number}} span
 * @param {1 | -1} change
 */
export function changeCounts(map, span, change) {
  const controls = blocksIn(map, span.start, span.end).flatMap(({ element }) => controlsAround(map, element));
  for (const control of new Set(controls)) setCount(control, countOf(control) + change);
}

/** List the controls of the provisions that contain a block, innermost first. @param {TextMap} map @param {Element} block @returns {HTMLElement[]} */
export function controlsAround(map, block) {
  const controls = [];
  for (let at = /** @type {Element | null} */ (block); at && at !== map.root; at = at.parentElement) {
    const control = controlOf(at);
    if (control) controls.push(control);
  }
  return controls;
}

/** Set all counts. @param {TextMap} map @param {readonly Tally[]} provisions */
export function setCounts(map, provisions) {
  const counts = new Map(provisions.map(({ pid, remarks }) => [pid, remarks]));
  for (const control of every("a.n", map.root)) {
    const total = counts.get(blockOf(control)?.id ?? "") ?? 0;
    if (total !== countOf(control)) setCount(control, total);
  }
}

/** Show the number of unread comments on a control. @param {HTMLElement} control @param {number} total */
export function setUnread(control, total) {
  control.dataset["unread"] = String(total);
  label(control);
}

/** Find the control of an element: before a block, or at the start of a list item, section or row. @param {Element} element @returns {HTMLElement | null} */
export function controlOf(element) {
  if (element.matches("li, section, tr")) {
    return element.querySelector(element.matches("tr") ? ".n" : ":scope > .n");
  }
  const before = element.previousElementSibling;
  return /** @type {HTMLElement | null} */ (before?.matches(".n") ? before : null);
}

/** Return the heading of the section around an element, or an empty string. @param {Element | null} element */
export function headingOf(element) {
  return element?.closest("section")?.querySelector("h2, h3, h4, h5, h6")?.textContent ?? "";
}

/** Return the place of an element as people cite it: "Being honest ¶ 6", or the section of a heading. @param {TextMap} map @param {Element} element */
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

/** @param {HTMLElement} control @param {number} total */
function setCount(control, total) {
  const badge = document.createElement("b");
  badge.dataset["count"] = words.number(Math.max(0, total)); // an attribute: see manuscript.py
  control.replaceChildren(...(total > 0 ? [badge] : []));
  label(control);
}

/** Label a control as pages/words.py does, with the number of unread comments. @param {HTMLElement} control */
function label(control) {
  const { name = "", lost, unread } = control.dataset;
  const total = countOf(control);
  const suffix = lost ? ` (${control.title})` : "";
  const text = total ? words.commentsOn(words.comments(total), name) + suffix + (Number(unread) ? words.unreadSuffix(Number(unread)) : "") : words.commentOn(name);
  control.setAttribute("aria-label", text);
  if (!Number(unread)) delete control.dataset["unread"];
}
