/**
 * The moderators' queue by keyboard: from case to case, and a key for each decision, which puts the
 * focus into its reason; Ctrl and Enter there carry it out.
 */

import { cases, move, present } from "./cases.js";
import { every, make } from "./elements.js";
import { listen, onChange, onShortcut, shortcuts } from "./shortcuts.js";
import { words } from "./words.js";

const DECISIONS = /** @type {const} */ (["approve", "hide", "restore", "ask", "warn", "grant", "uphold", "delay"]);
const ON_ACCOUNTS = /** @type {const} */ (["suspend", "ban", "reinstate"]);

/** @param {ParentNode} place @param {string} act @returns {HTMLButtonElement | null} */
function buttonOf(place, act) {
  return place.querySelector(`button[name=act][value="${CSS.escape(act)}"]`);
}

/** Choose a decision on the current case and focus its reason. @param {typeof DECISIONS[number] | typeof ON_ACCOUNTS[number]} act @param {HTMLElement | undefined} place */
function choose(act, place) {
  const control = place && buttonOf(place, act);
  const reason = control?.form?.querySelector("textarea");
  if (!control?.form || !reason) return tell(place, words.notHere);
  const folded = control.closest("details");
  if (folded) folded.open = true;
  control.form.dataset["chosen"] = act;
  tell(place, words.chosenAct(shortcuts().find((it) => it.act === act)?.name ?? ""));
  reason.focus();
}

/** Actions on an account are at the comment's own case; go there first. @param {typeof ON_ACCOUNTS[number]} act */
function chooseForAccount(act) {
  const here = cases().find((it) => buttonOf(it, act));
  if (here) return choose(act, here);
  const link = present()?.querySelector("a[data-account]");
  if (link instanceof HTMLAnchorElement) location.assign(`${link.href}#${act}`);
}

/** @param {HTMLElement | undefined} place @param {string} message */
function tell(place, message) {
  const said = place?.querySelector("[data-said]");
  if (said) said.textContent = message;
}

/** @param {KeyboardEvent} event */
function carryOut(event) {
  const { target, key } = event;
  if (key !== "Enter" || !(event.ctrlKey || event.metaKey) || !(target instanceof HTMLTextAreaElement)) return;
  const button = target.form && buttonOf(target.form, target.form.dataset["chosen"] ?? "");
  if (button) target.form.requestSubmit(button);
}

/** Show next to each button its key. */
function label() {
  for (const old of every(".case kbd")) old.remove();
  for (const { act, key } of shortcuts()) {
    const places = act === "account" ? "a[data-account]" : `button[name=act][value="${act}"]`;
    if (key) for (const it of every(`.case :is(${places})`)) it.append(make("kbd", { "aria-hidden": "true" }, key));
  }
}

function begin() {
  onShortcut("nextCase", () => move(1));
  onShortcut("previousCase", () => move(-1));
  for (const act of DECISIONS) onShortcut(act, () => choose(act, present()));
  onShortcut("account", () => {
    const link = present()?.querySelector("a[data-account]");
    if (link instanceof HTMLElement) link.click();
  });
  for (const act of ON_ACCOUNTS) onShortcut(act, () => chooseForAccount(act));
  listen();
  onChange(label);
  label();
  document.addEventListener("keydown", carryOut);
  const asked = location.hash.slice(1);
  const act = ON_ACCOUNTS.find((it) => it === asked);
  if (act) return chooseForAccount(act);
  const named = asked ? document.getElementById(asked) : null;
  (document.getElementById("_error") ?? named)?.focus();
}

begin();
