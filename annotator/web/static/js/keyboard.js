/** Keyboard navigation of the reading page. */

import { blockOf, countOf } from "./counts.js";
import { announce, every, scrollBehavior } from "./elements.js";
import { handleShortcuts, onShortcut } from "./shortcuts.js";
import { words } from "./words.js";

const SMOOTH_LIMIT = 3; // windows; longer ways are not scrolled smoothly
const READING_LINE = 0.25; // of the window's height: the current paragraph, if none is focused

/**
 * @param {HTMLElement} text
 * @param {(control: HTMLElement, form: boolean) => void} open opens a control's comments or form
 * @param {(link: HTMLElement) => Promise<void>} loadLink loads a part of the text
 */
export function handleKeys(text, open, loadLink) {
  const controls = () => every("a.n", text);
  /** @type {HTMLElement | null} */
  let focused = null;
  text.addEventListener("focusin", (event) => {
    const at = event.target instanceof HTMLElement ? event.target : null;
    focused = at?.matches(".n") ? at : controls().findLast((each) => blockOf(each)?.contains(at)) ?? focused;
  });
  /** @param {HTMLElement} control */
  const isVisible = (control) => {
    const { top, bottom } = (blockOf(control) ?? control).getBoundingClientRect();
    return bottom > 0 && top < innerHeight;
  };
  const current = () => (focused && isVisible(focused) ? focused : controls().find((each) => each.getBoundingClientRect().bottom > innerHeight * READING_LINE) ?? null);

  /** @param {1 | -1} direction @param {boolean} commented */
  const go = (direction, commented) => {
    const all = every("a.n, a.part", text);
    const from = current();
    const at = from ? all.indexOf(from) : -1;
    const ahead = direction > 0 ? all.slice(from === focused || document.activeElement !== document.body ? at + 1 : at) : all.slice(0, Math.max(at, 0)).reverse();
    const to = ahead.find((each) => !commented || each.matches(".part") || countOf(each) > 0);
    if (to?.matches(".part")) return void loadLink(to).then(() => go(direction, commented), () => goToControl(to));
    if (!to) return announce(words.noMoreThere);
    goToControl(to);
  };
  onShortcut("next", () => go(1, false));
  onShortcut("previous", () => go(-1, false));
  onShortcut("nextCommented", () => go(1, true));
  onShortcut("previousCommented", () => go(-1, true));
  /** @param {boolean} form */
  const openCurrent = (form) => {
    const control = current();
    if (!control) return;
    control.focus({ preventScroll: true });
    open(control, form);
  };
  onShortcut("comment", () => openCurrent(true));
  onShortcut("conversation", () => openCurrent(false));
  onShortcut("contents", openContents);
  onShortcut("search", () => {
    const [field, link] = [document.querySelector(".site-search input"), document.querySelector(".to-search a")];
    if (field instanceof HTMLElement && field.checkVisibility()) field.focus();
    else if (link instanceof HTMLElement) link.click();
  });
  handleShortcuts();
}

/** Focus a provision's control, and scroll the provision to the middle of the window. @param {HTMLElement} control */
export function goToControl(control) {
  control.focus({ preventScroll: true });
  const block = blockOf(control) ?? control;
  const isFar = Math.abs(block.getBoundingClientRect().top) > SMOOTH_LIMIT * innerHeight;
  block.scrollIntoView({ block: "center", behavior: isFar ? "instant" : scrollBehavior() });
  // Laying out the content between has moved the place.
  if (isFar) requestAnimationFrame(() => block.scrollIntoView({ block: "center", behavior: "instant" }));
}

function openContents() {
  const contents = document.getElementById("_contents");
  if (!contents) return;
  if (!contents.checkVisibility()) contents.showPopover();
  /** @type {HTMLElement | null} */ (contents.querySelector("a[aria-current]") ?? contents.querySelector("a"))?.focus();
}
