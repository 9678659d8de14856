/**
 * Offers Comment, Highlight and Copy citation next to selected words.
 *
 * It is in the page right after the block where the selection ends, so that Tab leads to it. On
 * touch screens it keeps clear of the system's own menu, which comes above the words or, where there
 * is no room, below them, and of the handles that hang from the last line. What was selected when a
 * finger comes down is what is acted on, even if the browser clears the selection at a tap.
 */

import { blocksIn } from "./offsets.js";
import { describe } from "./selection.js";
import { fromTemplate, windowTop } from "./elements.js";

const SETTLED = 120; // ms without a change before a selection counts as made
const GAP = 8; // px between the words and the toolbar
const HANDLES = 36; // px that the handles of a selection take below it
const SYSTEM_MENU = 72; // px that the system's menu wants above the words

/**
 * @param {TextMap} map
 * @param {Record<string, (target: Target) => void>} actions by what the buttons are to do
 */
export function offerToolbar(map, actions) {
  /** @type {Target | null} */
  let target = null;
  let pressed = false;
  /** @type {number | undefined} */
  let timer;

  const bar = fromTemplate("_toolbar");
  bar.addEventListener("click", (event) => {
    const chosen = target;
    const act = event.target instanceof HTMLElement && event.target.dataset["do"];
    hide();
    document.getSelection()?.removeAllRanges();
    if (chosen && act) actions[act]?.(chosen);
  });
  bar.addEventListener("pointerdown", (event) => event.preventDefault()); // keeps the selection

  function hide() {
    target = null;
    bar.remove();
  }

  function look() {
    const selection = document.getSelection();
    if (pressed || bar.contains(document.activeElement)) return;
    const range = selection?.rangeCount ? selection.getRangeAt(0) : null;
    if (!range || !range.intersectsNode(map.root)) return hide();
    target = describe(map, range);
    if (target) show(map, bar, target, range);
    else hide();
  }

  function later() {
    clearTimeout(timer);
    timer = setTimeout(look, SETTLED);
  }

  document.addEventListener("selectionchange", later);
  document.addEventListener("pointerdown", () => {
    pressed = true;
  });
  for (const name of ["pointerup", "pointercancel"]) {
    document.addEventListener(name, () => {
      pressed = false;
      later();
    });
  }
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && target) {
      event.preventDefault(); // what is open beside it stays open
      hide();
    }
  }, { capture: true });
}

/** @param {TextMap} map @param {HTMLElement} bar @param {Target} target @param {Range} range */
function show(map, bar, target, range) {
  const block = blocksIn(map, target.start, target.end).at(-1);
  if (!block) return;
  (block.element.closest("pre, table") ?? block.element).after(bar);
  const text = map.root.getBoundingClientRect();
  const boxes = [...range.getClientRects()].filter((box) => box.width > 0);
  const [first, last] = [boxes[0], boxes.at(-1)];
  if (!first || !last) return;
  const touch = matchMedia("(pointer: coarse)").matches;
  const below = touch || first.top < windowTop() + bar.offsetHeight + 2 * GAP;
  const edge = innerHeight - bar.offsetHeight - GAP;
  const under = touch ? last.bottom + HANDLES : last.bottom + GAP;
  const top = below ? Math.min(touch && first.top < SYSTEM_MENU ? edge : under, edge) : first.top - bar.offsetHeight - GAP;
  const left = below ? last.right - bar.offsetWidth / 2 : first.left;
  const widest = text.width - bar.offsetWidth;
  put(bar, text.left + Math.max(0, Math.min(left - text.left, widest)), top);
}

/** Position the bar in the window. @param {HTMLElement} bar @param {number} left @param {number} top */
function put(bar, left, top) {
  bar.style.left = bar.style.top = "0px";
  const origin = bar.getBoundingClientRect();
  bar.style.left = `${left - origin.left}px`;
  bar.style.top = `${top - origin.top}px`;
}
