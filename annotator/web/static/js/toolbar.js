/**
 * Shows Comment, Highlight and Copy citation next to selected words.
 *
 * The toolbar is right after the block where the selection ends, so that Tab reaches it. On touch
 * screens it avoids the handles below the selection and the system's menu, which is above the words
 * or, without space there, below them. An action uses the words selected before the tap, even if the
 * tap clears the selection.
 */

import { blocksIn } from "./offsets.js";
import { targetOfRange } from "./selection.js";
import { fromTemplate, headerBottom } from "./elements.js";

const DEBOUNCE = 120; // ms after the last change of the selection
const GAP = 8; // px between the words and the toolbar
const HANDLES = 36; // px, the height of the handles below a selection
const SYSTEM_MENU = 72; // px, the height of the system's menu above the words

/**
 * @param {TextMap} map
 * @param {Record<string, (target: Target) => void>} actions by the data-do of the buttons
 */
export function setUpToolbar(map, actions) {
  /** @type {Target | null} */
  let target = null;
  let isPressed = false;
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
  bar.addEventListener("pointerdown", (event) => event.preventDefault()); // keep the selection

  function hide() {
    target = null;
    bar.remove();
  }

  function update() {
    const selection = document.getSelection();
    if (isPressed || bar.contains(document.activeElement)) return;
    const range = selection?.rangeCount ? selection.getRangeAt(0) : null;
    if (!range || !range.intersectsNode(map.root)) return hide();
    target = targetOfRange(map, range);
    if (target) show(map, bar, target, range);
    else hide();
  }

  function scheduleUpdate() {
    clearTimeout(timer);
    timer = setTimeout(update, DEBOUNCE);
  }

  document.addEventListener("selectionchange", scheduleUpdate);
  document.addEventListener("pointerdown", () => {
    isPressed = true;
  });
  for (const name of ["pointerup", "pointercancel"]) {
    document.addEventListener(name, () => {
      isPressed = false;
      scheduleUpdate();
    });
  }
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && target) {
      event.preventDefault(); // so the panel stays open
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
  const isTouch = matchMedia("(pointer: coarse)").matches;
  const isBelow = isTouch || first.top < headerBottom() + bar.offsetHeight + 2 * GAP;
  const bottomMost = innerHeight - bar.offsetHeight - GAP;
  const belowWords = isTouch ? last.bottom + HANDLES : last.bottom + GAP;
  const top = isBelow ? Math.min(isTouch && first.top < SYSTEM_MENU ? bottomMost : belowWords, bottomMost) : first.top - bar.offsetHeight - GAP;
  const left = isBelow ? last.right - bar.offsetWidth / 2 : first.left;
  const maxLeft = text.width - bar.offsetWidth;
  moveTo(bar, text.left + Math.max(0, Math.min(left - text.left, maxLeft)), top);
}

/** Position the bar in the window. @param {HTMLElement} bar @param {number} left @param {number} top */
function moveTo(bar, left, top) {
  bar.style.left = bar.style.top = "0px";
  const origin = bar.getBoundingClientRect();
  bar.style.left = `${left - origin.left}px`;
  bar.style.top = `${top - origin.top}px`;
}
