/** Shows the keys of a page in a dialog, where each can be changed and all can be switched off. */

import { button, make, showDialog } from "./elements.js";
import { areOn, assign, forgetKeys, listen, onShortcut, shortcuts, switchOn } from "./shortcuts.js";
import { words } from "./words.js";

/** Do what keys ask for from now on, and list them: by a key, and by a button for those who do not know of it, or have no keyboard. */
export function offerKeys() {
  onShortcut("keys", showKeys);
  listen();
  document.querySelector("button.keys")?.addEventListener("click", showKeys);
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
