/**
 * The moderators' queue by keyboard: j and k go from case to case; a letter chooses a decision and
 * puts the focus into its reason, where Ctrl+Enter carries it out.
 */

/** @returns {HTMLElement[]} */
function cases() {
  return [...document.querySelectorAll("article.case")].filter((it) => it instanceof HTMLElement);
}

/** @param {number} by */
function move(by) {
  const all = cases();
  const at = all.findIndex((it) => it.contains(document.activeElement));
  all[Math.min(Math.max(at + by, 0), all.length - 1)]?.focus();
}

/** @param {HTMLElement} place @param {string} key */
function choose(place, key) {
  const control = place.querySelector(`[data-key="${CSS.escape(key)}"]`);
  if (control instanceof HTMLAnchorElement) control.click();
  if (!(control instanceof HTMLButtonElement) || !control.form) return;
  const reason = control.form.querySelector("textarea");
  control.form.dataset["chosen"] = key;
  if (reason) reason.focus();
}

/** @param {KeyboardEvent} event */
function pressed(event) {
  const at = event.target;
  if (at instanceof HTMLTextAreaElement && at.form && event.key === "Enter" && event.ctrlKey) {
    const key = at.form.dataset["chosen"] ?? "";
    const button = at.form.querySelector(`button[data-key="${CSS.escape(key)}"]`);
    if (button instanceof HTMLButtonElement) at.form.requestSubmit(button);
    return;
  }
  const typing = at instanceof HTMLElement && at.closest("input, textarea, select");
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  const all = cases();
  const place = all.find((it) => it.contains(document.activeElement)) ?? all[0];
  if (event.key === "j") move(1);
  else if (event.key === "k") move(-1);
  else if (place && /^[a-z]$/.test(event.key)) choose(place, event.key);
  else return;
  event.preventDefault();
}

document.addEventListener("keydown", pressed);
const named = location.hash.length > 1 ? document.getElementById(location.hash.slice(1)) : null;
(named ?? document.getElementById("_error"))?.focus();
