/** The cases that a page lists, in the moderators' queue and on the drafters' desk, by keyboard. */

import { every } from "./elements.js";

export function cases() {
  return every(":is(article, section).case");
}

/** The case that has the focus, or the first. @returns {HTMLElement | undefined} */
export function present() {
  const all = cases();
  return all.find((it) => it.contains(document.activeElement)) ?? all[0];
}

/** Focus the case so many after the one that has the focus. @param {number} by */
export function move(by) {
  const all = cases();
  const at = all.findIndex((it) => it.contains(document.activeElement));
  all[Math.min(Math.max(at + by, 0), all.length - 1)]?.focus();
}
