/**
 * Positions the panel next to its words: it starts level with them, sticks to the top of the window
 * on scrolling, and stays within the window. On narrow screens it is a sheet instead. From the words,
 * Escape or a control after their block leads back to the comment.
 */

import { button, windowTop } from "./elements.js";
import { words } from "./words.js";

const LEAST = 0.6; // of the window's height, that a conversation may take wherever it begins
const SMALLEST = 160; // px
const HEAD = 14; // px from the panel's edge to the first line of its title

/** @param {HTMLElement} panel in a column as high as the text @param {number} top of the words, in px from the window's */
export function placeBeside(panel, top) {
  const column = panel.parentElement;
  if (!column) return;
  const level = top - HEAD - column.getBoundingClientRect().top;
  column.style.setProperty("--level", `${Math.max(0, Math.round(level))}px`);
  giveRoom(panel, top - HEAD);
}

/** Back to the column's top. @param {HTMLElement} panel */
export function placeAtTop(panel) {
  panel.parentElement?.style.removeProperty("--level");
  panel.style.removeProperty("--room");
}

/** Let an open conversation grow once it has reached the window's top. @param {HTMLElement} panel */
export function followScrolling(panel) {
  addEventListener("scrollend", () => {
    if ("open" in panel.dataset) giveRoom(panel, panel.getBoundingClientRect().top);
  }, { passive: true });
}

/** At the end of the text the column ends before the window does. @param {HTMLElement} panel @param {number} top */
function giveRoom(panel, top) {
  const end = Math.min(innerHeight, panel.parentElement?.getBoundingClientRect().bottom ?? innerHeight);
  const head = windowTop();
  const room = Math.max(innerHeight * LEAST, innerHeight - Math.max(head, top));
  panel.style.setProperty("--room", `${Math.round(Math.max(SMALLEST, Math.min(end - head, room)))}px`);
}

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
