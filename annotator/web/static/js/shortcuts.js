/**
 * The keys that do something on the reading page and in the moderators' queue. The page's own dialog
 * lists them, each in a field: there a reader changes them or switches them off (WCAG 2.1.4).
 */

import { every } from "./elements.js";
import { recall, remember } from "./remembered.js";
import { words } from "./words.js";

const NAME = "keys";
const fields = /** @type {HTMLInputElement[]} */ (every("#_keys [data-act]"));

/** @type {{off: boolean, keys: Record<string, string>}} the reader's settings, validated */
let chosen = { off: recall(NAME)?.off === true, keys: { ...recall(NAME)?.keys } };

/** @type {Map<string, () => void>} */
const actions = new Map();

/** @type {(() => void)[]} */
const hearers = [];

/** Hear of every change of the keys. @param {() => void} heard */
export function onChange(heard) {
  hearers.push(heard);
}

/** Return what an action does on this page. @param {string} act @param {() => void} action */
export function onShortcut(act, action) {
  actions.set(act, action);
}

/** List the acts of this page, with their names and keys; "" for no key, or where keys are off. */
export function shortcuts() {
  return fields.map((field) => ({ act: field.dataset["act"] ?? "", name: nameOf(field), key: chosen.off ? "" : keyOf(field) }));
}

/** @param {HTMLInputElement} field */
function keyOf({ dataset: { act = "", usual = "" } }) {
  return String(chosen.keys[act] ?? usual);
}

/** @param {HTMLInputElement} field */
function nameOf(field) {
  return field.closest("label")?.querySelector("span")?.textContent ?? "";
}

/** Do what keys ask for from now on; fields and dialogs leave every key to the browser. Show the keys when asked, by a key or by the page's button. */
export function listen() {
  document.addEventListener("keydown", (event) => {
    const { target, key } = event;
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || event.defaultPrevented) return;
    if (target instanceof Element && target.closest("input, textarea, select, [contenteditable], dialog")) return;
    const found = shortcuts().find((each) => each.key === key);
    if (!found) return;
    event.preventDefault();
    actions.get(found.act)?.();
  });
  const dialog = document.getElementById("_keys");
  const on = dialog?.querySelector("input[type=checkbox]");
  const told = dialog?.querySelector("[role=status]");
  if (!(dialog instanceof HTMLDialogElement) || !(on instanceof HTMLInputElement) || !told) return;
  const fill = () => {
    on.checked = !chosen.off;
    for (const field of fields) field.value = keyOf(field);
  };
  /** @param {typeof chosen} to @param {string} message */
  const choose = (to, message) => {
    chosen = to;
    remember(NAME, to);
    told.textContent = message;
    fill();
    for (const heard of hearers) heard();
  };
  on.addEventListener("change", () => choose({ ...chosen, off: !on.checked }, on.checked ? words.keysOn : words.keysOff));
  dialog.querySelector("[data-reset]")?.addEventListener("click", () => choose({ off: false, keys: {} }, words.keysReset));
  for (const field of fields) {
    field.addEventListener("focus", () => field.select());
    field.addEventListener("input", (event) => {
      const added = event instanceof InputEvent ? event.data : null;
      const key = [...(added ?? field.value).trim()].at(-1) ?? "";
      const loser = key && fields.find((each) => each !== field && keyOf(each) === key);
      const keys = { ...chosen.keys, [field.dataset["act"] ?? ""]: key, ...(loser ? { [loser.dataset["act"] ?? ""]: "" } : {}) };
      choose({ ...chosen, keys }, loser ? words.keyTaken(key, nameOf(loser)) : key ? words.keyIs(nameOf(field), key) : words.keyNone(nameOf(field)));
      field.select();
    });
  }
  const show = () => {
    if (document.querySelector("dialog[open]")) return;
    fill();
    told.textContent = "";
    dialog.showModal();
  };
  onShortcut("keys", show);
  document.querySelector("button.keys")?.addEventListener("click", () => {
    document.getElementById("_menu")?.hidePopover(); // gives the focus back to its button
    show();
  });
}
