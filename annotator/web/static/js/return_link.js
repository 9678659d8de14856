/**
 * Leads back from the words to the comment that one came from: Escape, or a control right after
 * their block, which is seen once it has the focus.
 */

import { button } from "./elements.js";
import { words } from "./words.js";

/** @type {(() => void) | null} */
let takeAway = null;

/** @param {HTMLElement} block @param {string} author @param {() => void} back */
export function offerWayBack(block, author, back) {
  noWayBack();
  const goBack = () => {
    noWayBack();
    back();
  };
  const control = button("", "button quiet way-back vh drawn", goBack); // no word of it stands in the text
  control.setAttribute("aria-label", words.backTo(author));
  /** @param {KeyboardEvent} event */
  const onKey = (event) => {
    if (event.key !== "Escape" || event.defaultPrevented) return;
    event.preventDefault(); // the conversation stays open
    goBack();
  };
  (block.closest("pre, table") ?? block).after(control);
  for (const each of [block, control]) each.addEventListener("keydown", onKey);
  takeAway = () => {
    control.remove();
    block.removeEventListener("keydown", onKey);
  };
}

export function noWayBack() {
  takeAway?.();
  takeAway = null;
}
