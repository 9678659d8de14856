/**
 * Keyboard shortcuts of the drafters' desk: move between comments, select, answer, label, assign.
 * Ctrl+Enter in the answer saves a draft; Enter in the label adds it.
 */

import { currentCase, listCases, moveFocus } from "./case_list.js";
import { handleShortcuts, onShortcut } from "./shortcuts.js";

const desk = /** @type {HTMLFormElement} */ (document.querySelector("form.desk"));

/** @param {HTMLElement | undefined} place @returns {HTMLInputElement | null | undefined} */
const checkboxOf = (place) => place?.querySelector("input[name=id]");

/** Focus a field of the form. Selects the current comment if none is selected. @param {string} name */
function focusField(name) {
  const checkbox = checkboxOf(currentCase());
  if (checkbox && !desk.querySelector("input[name=id]:checked")) checkbox.checked = true;
  const field = desk.elements.namedItem(name);
  if (field instanceof HTMLElement) field.focus();
  return field;
}

/** @param {string} act */
function press(act) {
  const button = /** @type {HTMLButtonElement | null} */ (desk.querySelector(`button[name=do][value=${act}]`));
  if (button) desk.requestSubmit(button);
}

onShortcut("nextCase", () => moveFocus(1));
onShortcut("previousCase", () => moveFocus(-1));
onShortcut("select", () => checkboxOf(currentCase())?.click());
onShortcut("answer", () => focusField("body"));
onShortcut("label", () => focusField("value"));
onShortcut("assign", () => {
  const field = focusField("value");
  if (!(field instanceof HTMLInputElement)) return;
  field.value = "me";
  press("assign");
});
desk.addEventListener("keydown", (event) => {
  const { key, ctrlKey, metaKey, target } = event;
  if (key !== "Enter") return;
  if ((ctrlKey || metaKey) && target instanceof HTMLTextAreaElement) press("draft");
  if (!(target instanceof HTMLInputElement) || target.name !== "value") return;
  event.preventDefault(); // otherwise the form's first button saves a draft
  press("label");
});
handleShortcuts();
(document.getElementById("_error") ?? listCases().find((item) => checkboxOf(item)?.checked))?.focus();
