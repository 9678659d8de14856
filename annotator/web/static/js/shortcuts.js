/**
 * Keyboard shortcuts. Readers can change them or turn them off in a dialog with a field for each
 * (WCAG 2.1.4).
 */

import { every } from "./elements.js";
import { getStored, store } from "./storage.js";
import { words } from "./words.js";

const NAME = "keys";
const fields = /** @type {HTMLInputElement[]} */ (every("#_keys [data-act]"));

/** @type {{off: boolean, keys: Record<string, string>}} the reader's settings */
let settings = { off: getStored(NAME)?.off === true, keys: { ...getStored(NAME)?.keys } };

/** @type {Map<string, () => void>} */
const actions = new Map();

/** @type {(() => void)[]} */
const listeners = [];

/** Subscribe to changes of the keys. @param {() => void} listener */
export function onKeysChange(listener) {
  listeners.push(listener);
}

/** Register an action. @param {string} act @param {() => void} action */
export function onShortcut(act, action) {
  actions.set(act, action);
}

/** List the actions of this page with their names and keys; "" means no key, or that keys are off. */
export function shortcuts() {
  return fields.map((field) => ({ act: field.dataset["act"] ?? "", name: nameOf(field), key: settings.off ? "" : keyOf(field) }));
}

/** @param {HTMLInputElement} field */
function keyOf({ dataset: { act = "", usual = "" } }) {
  return String(settings.keys[act] ?? usual);
}

/** @param {HTMLInputElement} field */
function nameOf(field) {
  return field.closest("label")?.querySelector("span")?.textContent ?? "";
}

/** Handle keys, except in fields and dialogs, and set up the dialog of shortcuts. */
export function handleShortcuts() {
  document.addEventListener("keydown", (event) => {
    const { target, key } = event;
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || event.defaultPrevented) return;
    if (target instanceof Element && target.closest("input, textarea, select, [contenteditable], dialog")) return;
    const shortcut = shortcuts().find((each) => each.key === key);
    if (!shortcut) return;
    event.preventDefault();
    actions.get(shortcut.act)?.();
  });
  const dialog = document.getElementById("_keys");
  const on = dialog?.querySelector("input[type=checkbox]");
  const status = dialog?.querySelector("[role=status]");
  if (!(dialog instanceof HTMLDialogElement) || !(on instanceof HTMLInputElement) || !status) return;
  const fill = () => {
    on.checked = !settings.off;
    for (const field of fields) field.value = keyOf(field);
  };
  /** @param {typeof settings} next @param {string} message */
  const save = (next, message) => {
    settings = next;
    store(NAME, next);
    status.textContent = message;
    fill();
    for (const listener of listeners) listener();
  };
  on.addEventListener("change", () => save({ ...settings, off: !on.checked }, on.checked ? words.keysOn : words.keysOff));
  dialog.querySelector("[data-reset]")?.addEventListener("click", () => save({ off: false, keys: {} }, words.keysReset));
  for (const field of fields) {
    field.addEventListener("focus", () => field.select());
    field.addEventListener("input", (event) => {
      const added = event instanceof InputEvent ? event.data : null;
      const key = [...(added ?? field.value).trim()].at(-1) ?? "";
      const previous = key && fields.find((each) => each !== field && keyOf(each) === key);
      const keys = { ...settings.keys, [field.dataset["act"] ?? ""]: key, ...(previous ? { [previous.dataset["act"] ?? ""]: "" } : {}) };
      save({ ...settings, keys }, previous ? words.keyTaken(key, nameOf(previous)) : key ? words.keyIs(nameOf(field), key) : words.keyNone(nameOf(field)));
      field.select();
    });
  }
  const show = () => {
    if (document.querySelector("dialog[open]")) return;
    fill();
    status.textContent = "";
    dialog.showModal();
  };
  onShortcut("keys", show);
  document.querySelector("button.keys")?.addEventListener("click", () => {
    document.getElementById("_menu")?.hidePopover(); // returns the focus to its button
    show();
  });
}
