/** Moves about the reading page by keyboard, and shows the keys in a dialog where they can be changed. */

import { blockOf } from "./counts.js";
import { announce, button, make, showDialog } from "./elements.js";
import { areOn, assign, forgetKeys, listen, onShortcut, shortcuts, switchOn } from "./shortcuts.js";
import { words } from "./words.js";

const READ_AT = 0.25; // of the window's height: where the present paragraph is, while none has the focus

/** @param {HTMLElement} text @param {(control: Element, form: boolean) => void} open opens a control's conversation or form */
export function followKeys(text, open) {
  const controls = () => [...text.querySelectorAll("a.n")].filter((each) => each instanceof HTMLElement);
  /** @type {HTMLElement | null} */
  let present = null;
  text.addEventListener("focusin", (event) => {
    const at = event.target instanceof HTMLElement ? event.target : null;
    present = at?.matches(".n") ? at : controls().findLast((each) => blockOf(each)?.contains(at)) ?? present;
  });
  const here = () => (present && inSight(present) ? present : controls().find((each) => each.getBoundingClientRect().bottom > innerHeight * READ_AT) ?? null);

  /** @param {1 | -1} by @param {boolean} commented */
  const go = (by, commented) => {
    const all = controls();
    const from = here();
    const at = from ? all.indexOf(from) : -1;
    const ahead = by > 0 ? all.slice(from === present || document.activeElement !== document.body ? at + 1 : at) : all.slice(0, Math.max(at, 0)).reverse();
    const to = ahead.find((each) => !commented || each.textContent !== "");
    if (!to) return announce(words.noMoreThatWay);
    to.focus({ preventScroll: true });
    (blockOf(to) ?? to).scrollIntoView({ block: "center", behavior: calm() ? "auto" : "smooth" });
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
  onShortcut("search", () => /** @type {HTMLElement | null} */ (document.querySelector(".site-head a[href='/search']"))?.click());
  onShortcut("keys", showKeys);
  listen();
  offerButton();
}

/** @param {HTMLElement} control */
function inSight(control) {
  const { top, bottom } = (blockOf(control) ?? control).getBoundingClientRect();
  return bottom > 0 && top < innerHeight;
}

function calm() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}

function openContents() {
  const contents = document.getElementById("_contents");
  if (!contents) return;
  if (!contents.checkVisibility()) contents.showPopover();
  /** @type {HTMLElement | null} */ (contents.querySelector("a[aria-current]") ?? contents.querySelector("a"))?.focus();
}

/** A button for those who do not know of the key, or have no keyboard. */
function offerButton() {
  const place = document.querySelector(".site-head nav .theme")?.closest("li");
  place?.before(make("li", {}, button(words.keys, "keys", showKeys)));
}

function showKeys() {
  if (document.querySelector("dialog[open]")) return;
  const told = make("p", { role: "status", class: "help" });
  const table = make("div", { class: "keys-list" });
  const on = make("input", { type: "checkbox" });
  on.checked = areOn();
  on.addEventListener("change", () => {
    switchOn(on.checked);
    told.textContent = on.checked ? words.keysOn : words.keysOff;
  });
  const fill = () => table.replaceChildren(...rows(told), make("p", { class: "help" }, words.closeKey));
  fill();
  const reset = button(words.usualKeys, "button quiet", () => {
    forgetKeys();
    on.checked = true;
    fill();
    told.textContent = words.keysReset;
  });
  const use = make("label", { class: "check" }, on, words.useKeys);
  showDialog(words.keysTitle, "keys-dialog", words.close, use, table, told, make("div", { class: "actions" }, reset));
}

/** A field for each act: what is typed there is its key. @param {HTMLElement} told */
function rows(told) {
  /** @type {Map<string, HTMLInputElement>} */
  const fields = new Map();
  return shortcuts().map(({ act, key }) => {
    const field = make("input", { value: key, autocomplete: "off", autocapitalize: "off", spellcheck: "false" });
    fields.set(act, field);
    field.addEventListener("focus", () => field.select());
    field.addEventListener("input", (event) => {
      const added = event instanceof InputEvent ? event.data : null;
      const typed = [...(added ?? field.value).trim()].at(-1) ?? "";
      const loser = assign(act, typed);
      const other = loser && fields.get(loser);
      if (other) other.value = "";
      field.value = typed;
      field.select();
      if (loser) told.textContent = words.keyTaken(typed, words.acts[loser]);
      else told.textContent = typed ? words.keyIs(words.acts[act], typed) : words.keyNone(words.acts[act]);
    });
    return make("label", {}, make("span", {}, words.acts[act]), field);
  });
}
