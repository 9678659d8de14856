/**
 * Leads back from the words to the comment that one came from: Escape, or a control right after
 * their block, which is seen once it has the focus.
 */

import { drawnButton } from "./elements.js";
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
  const control = drawnButton(words.backTo(author), "button quiet way-back vh", goBack);
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
