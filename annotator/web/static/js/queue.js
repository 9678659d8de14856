/**
 * Keyboard shortcuts of the moderation queue: move between cases, and choose an action, which focuses
 * its reason. Ctrl+Enter there submits it.
 */

import { currentCase, listCases, moveFocus } from "./case_list.js";
import { every, make } from "./elements.js";
import { handleShortcuts, onKeysChange, onShortcut, shortcuts } from "./shortcuts.js";
import { words } from "./words.js";

const ACTIONS = /** @type {const} */ (["approve", "hide", "restore", "ask", "warn", "grant", "uphold", "delay"]);
const ACCOUNT_ACTIONS = /** @type {const} */ (["suspend", "ban", "reinstate"]);

/** @param {ParentNode} place @param {string} act @returns {HTMLButtonElement | null} */
function buttonOf(place, act) {
  return place.querySelector(`button[name=act][value="${CSS.escape(act)}"]`);
}

/** Choose an action on a case and focus its reason. @param {typeof ACTIONS[number] | typeof ACCOUNT_ACTIONS[number]} act @param {HTMLElement | undefined} place */
function choose(act, place) {
  const control = place && buttonOf(place, act);
  const reason = control?.form?.querySelector("textarea");
  if (!control?.form || !reason) return showStatus(place, words.notHere);
  const details = control.closest("details");
  if (details) details.open = true;
  control.form.dataset["chosen"] = act;
  showStatus(place, words.chosenAct(shortcuts().find((shortcut) => shortcut.act === act)?.name ?? ""));
  reason.focus();
}

/** Choose an action on an account; its buttons may be on another page. @param {typeof ACCOUNT_ACTIONS[number]} act */
function chooseForAccount(act) {
  const match = listCases().find((item) => buttonOf(item, act));
  if (match) return choose(act, match);
  const link = currentCase()?.querySelector("a[data-account]");
  if (link instanceof HTMLAnchorElement) location.assign(`${link.href}#${act}`);
}

/** @param {HTMLElement | undefined} place @param {string} message */
function showStatus(place, message) {
  const status = place?.querySelector("[data-said]");
  if (status) status.textContent = message;
}

/** @param {KeyboardEvent} event */
function submitReason(event) {
  const { target, key } = event;
  if (key !== "Enter" || !(event.ctrlKey || event.metaKey) || !(target instanceof HTMLTextAreaElement)) return;
  const button = target.form && buttonOf(target.form, target.form.dataset["chosen"] ?? "");
  if (button) target.form.requestSubmit(button);
}

/** Show the keys on the buttons. */
function labelButtons() {
  for (const old of every(".case kbd")) old.remove();
  for (const { act, key } of shortcuts()) {
    const selector = act === "account" ? "a[data-account]" : `button[name=act][value="${act}"]`;
    if (key) for (const control of every(`.case :is(${selector})`)) control.append(make("kbd", { "aria-hidden": "true" }, key));
  }
}

function start() {
  onShortcut("nextCase", () => moveFocus(1));
  onShortcut("previousCase", () => moveFocus(-1));
  for (const act of ACTIONS) onShortcut(act, () => choose(act, currentCase()));
  onShortcut("account", () => {
    const link = currentCase()?.querySelector("a[data-account]");
    if (link instanceof HTMLElement) link.click();
  });
  for (const act of ACCOUNT_ACTIONS) onShortcut(act, () => chooseForAccount(act));
  handleShortcuts();
  onKeysChange(labelButtons);
  labelButtons();
  document.addEventListener("keydown", submitReason);
  const fragment = location.hash.slice(1);
  const act = ACCOUNT_ACTIONS.find((each) => each === fragment);
  if (act) return chooseForAccount(act);
  const linked = fragment ? document.getElementById(fragment) : null;
  (document.getElementById("_error") ?? linked)?.focus();
}

start();
