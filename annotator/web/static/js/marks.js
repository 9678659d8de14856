/**
 * Highlights as real elements, for those who ask for them: a screen reader does not hear what the
 * browser only paints. The choice is remembered in this browser.
 */

import { supported } from "./highlights.js";
import { recall, remember } from "./remembered.js";

/** @param {(asMarks: boolean) => void} show */
export function offerMarks(show) {
  const box = document.getElementById("_marks");
  if (!(box instanceof HTMLInputElement)) return;
  if (!supported()) return box.closest("label")?.remove(); // they are there already
  box.checked = recall("marks") === true;
  if (box.checked) show(true);
  box.addEventListener("change", () => {
    remember("marks", box.checked || null);
    show(box.checked);
  });
}
