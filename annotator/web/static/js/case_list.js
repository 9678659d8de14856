/** Keyboard navigation in the cases of the moderation queue and of the drafters' desk. */

import { every } from "./elements.js";

export function listCases() {
  return every(":is(article, section).case");
}

/** Return the focused case, or the first. @returns {HTMLElement | undefined} */
export function currentCase() {
  const all = listCases();
  return all.find((it) => it.contains(document.activeElement)) ?? all[0];
}

/** Move the focus by some cases. @param {number} offset */
export function moveFocus(offset) {
  const all = listCases();
  const at = all.findIndex((it) => it.contains(document.activeElement));
  all[Math.min(Math.max(at + offset, 0), all.length - 1)]?.focus();
}
