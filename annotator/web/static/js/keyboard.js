/** Moves about the reading page by keyboard. */

import { blockOf, countOf } from "./counts.js";
import { announce, every, scrolling } from "./elements.js";
import { listen, onShortcut } from "./shortcuts.js";
import { words } from "./words.js";

const FAR = 3; // windows: so far one is taken at once
const READ_AT = 0.25; // of the window's height: where the present paragraph is, while none has the focus

/**
 * @param {HTMLElement} text
 * @param {(control: HTMLElement, form: boolean) => void} open opens a control's conversation or form
 * @param {(link: HTMLElement) => Promise<void>} loadLink brings in a part of the text
 */
export function followKeys(text, open, loadLink) {
  const controls = () => every("a.n", text);
  /** @type {HTMLElement | null} */
  let present = null;
  text.addEventListener("focusin", (event) => {
    const at = event.target instanceof HTMLElement ? event.target : null;
    present = at?.matches(".n") ? at : controls().findLast((each) => blockOf(each)?.contains(at)) ?? present;
  });
  /** @param {HTMLElement} control */
  const inSight = (control) => {
    const { top, bottom } = (blockOf(control) ?? control).getBoundingClientRect();
    return bottom > 0 && top < innerHeight;
  };
  const here = () => (present && inSight(present) ? present : controls().find((each) => each.getBoundingClientRect().bottom > innerHeight * READ_AT) ?? null);

  /** @param {1 | -1} by @param {boolean} commented */
  const go = (by, commented) => {
    const all = every("a.n, a.part", text);
    const from = here();
    const at = from ? all.indexOf(from) : -1;
    const ahead = by > 0 ? all.slice(from === present || document.activeElement !== document.body ? at + 1 : at) : all.slice(0, Math.max(at, 0)).reverse();
    const to = ahead.find((each) => !commented || each.matches(".part") || countOf(each) > 0);
    if (to?.matches(".part")) return void loadLink(to).then(() => go(by, commented), () => goToControl(to));
    if (!to) return announce(words.noMoreThatWay);
    goToControl(to);
  };
  onShortcut("next", () => go(1, false));
  onShortcut("previous", () => go(-1, false));
  onShortcut("nextCommented", () => go(1, true));
  onShortcut("previousCommented", () => go(-1, true));
  /** @param {boolean} form */
  const openHere = (form) => {
    const control = here();
    if (!control) return;
    control.focus({ preventScroll: true });
    open(control, form);
  };
  onShortcut("comment", () => openHere(true));
  onShortcut("conversation", () => openHere(false));
  onShortcut("contents", openContents);
  onShortcut("search", () => {
    const [field, link] = [document.querySelector(".site-search input"), document.querySelector(".to-search a")];
    if (field instanceof HTMLElement && field.checkVisibility()) field.focus();
    else if (link instanceof HTMLElement) link.click();
  });
  listen();
}

/** Put the focus on a provision's control, and the provision into the middle of the window. @param {HTMLElement} control */
export function goToControl(control) {
  control.focus({ preventScroll: true });
  const block = blockOf(control) ?? control;
  const far = Math.abs(block.getBoundingClientRect().top) > FAR * innerHeight;
  block.scrollIntoView({ block: "center", behavior: far ? "instant" : scrolling() });
  // By then the content between has been laid out, and the place has moved.
  if (far) requestAnimationFrame(() => block.scrollIntoView({ block: "center", behavior: "instant" }));
}

function openContents() {
  const contents = document.getElementById("_contents");
  if (!contents) return;
  if (!contents.checkVisibility()) contents.showPopover();
  /** @type {HTMLElement | null} */ (contents.querySelector("a[aria-current]") ?? contents.querySelector("a"))?.focus();
}
