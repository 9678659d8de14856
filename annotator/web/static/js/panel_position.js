/**
 * Positions the panel level with the selected words. It sticks to the top of the window when scrolling
 * and stays within the window. On narrow screens it is a sheet. From the words, Escape or a button
 * after their block returns to the comment.
 */

import { button, headerBottom } from "./elements.js";
import { words } from "./words.js";

const MIN_SHARE = 0.6; // of the window's height, for a panel that starts low
const MIN_HEIGHT = 160; // px
const TITLE_OFFSET = 14; // px from the panel's edge to the first line of its title

/** @param {HTMLElement} panel in a column as high as the text @param {number} top of the words, in px from the window's */
export function alignPanel(panel, top) {
  const column = panel.parentElement;
  if (!column) return;
  const offset = top - TITLE_OFFSET - column.getBoundingClientRect().top;
  column.style.setProperty("--level", `${Math.max(0, Math.round(offset))}px`);
  setMaxHeight(panel, top - TITLE_OFFSET);
}

/** Move the panel to the top of its column. @param {HTMLElement} panel */
export function resetPanel(panel) {
  panel.parentElement?.style.removeProperty("--level");
  panel.style.removeProperty("--room");
}

/** Resize the open panel after scrollBehavior. @param {HTMLElement} panel */
export function resizeOnScroll(panel) {
  addEventListener("scrollend", () => {
    if ("open" in panel.dataset) setMaxHeight(panel, panel.getBoundingClientRect().top);
  }, { passive: true });
}

/** Set the maximum height. Near the end of the text, the column ends above the bottom of the window. @param {HTMLElement} panel @param {number} top */
function setMaxHeight(panel, top) {
  const end = Math.min(innerHeight, panel.parentElement?.getBoundingClientRect().bottom ?? innerHeight);
  const head = headerBottom();
  const height = Math.max(innerHeight * MIN_SHARE, innerHeight - Math.max(head, top));
  panel.style.setProperty("--room", `${Math.round(Math.max(MIN_HEIGHT, Math.min(end - head, height)))}px`);
}

/** @type {(() => void) | null} */
let dismiss = null;

/** @param {HTMLElement} block @param {string} author @param {() => void} back */
export function addReturnLink(block, author, back) {
  removeReturnLink();
  const goBack = () => {
    removeReturnLink();
    back();
  };
  const control = button("", "button quiet way-back vh drawn", goBack); // its label is an attribute, so it adds no text
  control.setAttribute("aria-label", words.backTo(author));
  /** @param {KeyboardEvent} event */
  const onKey = (event) => {
    if (event.key !== "Escape" || event.defaultPrevented) return;
    event.preventDefault(); // so the panel stays open
    goBack();
  };
  (block.closest("pre, table") ?? block).after(control);
  for (const each of [block, control]) each.addEventListener("keydown", onKey);
  dismiss = () => {
    control.remove();
    block.removeEventListener("keydown", onKey);
  };
}

export function removeReturnLink() {
  dismiss?.();
  dismiss = null;
}
