/**
 * The first script of the reading page: highlights the text, then loads the interactive scripts when
 * the browser is idle or on the first interaction. Clicks before that are repeated.
 */

import { startPainting } from "./initial_highlights.js";

const MAX_DELAY = 500; // ms, in a busy browser

/** @type {HTMLElement | null} */
let clicked = null;
let isLoading = false;

function loadScripts() {
  const template = document.getElementById("_later");
  if (isLoading || !(template instanceof HTMLTemplateElement)) return;
  isLoading = true;
  const script = template.content.querySelector("script");
  for (const end of ["load", "error"]) script?.addEventListener(end, () => ready(template));
  document.head.append(template.content);
}

/** @param {HTMLElement} template */
function ready(template) {
  document.removeEventListener("click", deferClick, { capture: true });
  template.remove();
  clicked?.click(); // if the scripts failed, its link opens
}

/** Delay a click on a count until the scripts are loaded; without scripts, its link opens. @param {MouseEvent} event */
function deferClick(event) {
  const control = event.target instanceof Element ? event.target.closest("#_text a.n") : null;
  if (!(control instanceof HTMLElement) || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  clicked = control;
  loadScripts(); // a click may come without a pointer or key event
}

function whenIdle() {
  if (typeof requestIdleCallback === "function") requestIdleCallback(loadScripts, { timeout: MAX_DELAY });
  else setTimeout(loadScripts);
}

startPainting();
document.addEventListener("click", deferClick, { capture: true });
for (const type of ["pointerdown", "keydown", "focusin"]) addEventListener(type, loadScripts, { once: true });
/** Run after the next frame is painted. */
const whenPainted = () => requestAnimationFrame(() => requestAnimationFrame(whenIdle));
if (document.readyState === "loading") addEventListener("DOMContentLoaded", whenPainted);
else whenPainted();
