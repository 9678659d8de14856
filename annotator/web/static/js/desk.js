/**
 * The drafters' desk by keyboard: from comment to comment, select, answer, label, assign. Ctrl and
 * Enter in the answer save it as a draft, Enter in the label adds it.
 */

import { cases, move, present } from "./cases.js";
import { listen, onShortcut } from "./shortcuts.js";

const desk = /** @type {HTMLFormElement} */ (document.querySelector("form.desk"));

/** @param {HTMLElement | undefined} place @returns {HTMLInputElement | null | undefined} */
const boxOf = (place) => place?.querySelector("input[name=id]");

/** Focus a field of the form; the present comment is selected if none is. @param {string} name */
function fill(name) {
  const box = boxOf(present());
  if (box && !desk.querySelector("input[name=id]:checked")) box.checked = true;
  const field = desk.elements.namedItem(name);
  if (field instanceof HTMLElement) field.focus();
  return field;
}

/** @param {string} act */
function press(act) {
  const button = /** @type {HTMLButtonElement | null} */ (desk.querySelector(`button[name=do][value=${act}]`));
  if (button) desk.requestSubmit(button);
}

onShortcut("nextCase", () => move(1));
onShortcut("previousCase", () => move(-1));
onShortcut("select", () => boxOf(present())?.click());
onShortcut("answer", () => fill("body"));
onShortcut("label", () => fill("value"));
onShortcut("assign", () => {
  const field = fill("value");
  if (!(field instanceof HTMLInputElement)) return;
  field.value = "me";
  press("assign");
});
desk.addEventListener("keydown", (event) => {
  const { key, ctrlKey, metaKey, target } = event;
  if (key !== "Enter") return;
  if ((ctrlKey || metaKey) && target instanceof HTMLTextAreaElement) press("draft");
  if (!(target instanceof HTMLInputElement) || target.name !== "value") return;
  event.preventDefault(); // or the form's first button would save a draft
  press("label");
});
listen();
(document.getElementById("_error") ?? cases().find((it) => boxOf(it)?.checked))?.focus();
