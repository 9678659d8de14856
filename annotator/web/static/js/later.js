/**
 * The first script of the reading page: has the highlights painted, and loads the interactive scripts
 * after that, when the browser is idle or on the first interaction. Early clicks are repeated.
 */

import { paintEarly } from "./painting.js";

const LATEST = 500; // ms that a busy browser may put it off

/** @type {HTMLElement | null} */
let waiting = null;
let asked = false;

/** Fetch everything at once. */
function bringIn() {
  const later = document.getElementById("_later");
  if (asked || !(later instanceof HTMLTemplateElement)) return;
  asked = true;
  const script = later.content.querySelector("script");
  for (const end of ["load", "error"]) script?.addEventListener(end, () => ready(later));
  document.head.append(later.content);
}

/** @param {HTMLElement} later */
function ready(later) {
  document.removeEventListener("click", hold, { capture: true });
  later.remove();
  waiting?.click(); // without the scripts it leads to its page
}

/** A count leads to a page of its own only where there are no scripts. @param {MouseEvent} event */
function hold(event) {
  const control = event.target instanceof Element ? event.target.closest("#_text a.n") : null;
  if (!(control instanceof HTMLElement) || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  waiting = control;
  bringIn(); // not every press has come with a pointer or a key
}

function whenIdle() {
  if (typeof requestIdleCallback === "function") requestIdleCallback(bringIn, { timeout: LATEST });
  else setTimeout(bringIn);
}

paintEarly();
document.addEventListener("click", hold, { capture: true });
for (const act of ["pointerdown", "keydown", "focusin"]) addEventListener(act, bringIn, { once: true });
/** The frame after the next has been painted. */
const whenPainted = () => requestAnimationFrame(() => requestAnimationFrame(whenIdle));
if (document.readyState === "loading") addEventListener("DOMContentLoaded", whenPainted);
else whenPainted();
