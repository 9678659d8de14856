/**
 * Handles a form of the server in the panel: saves drafts until they are posted, shows errors at their
 * fields, and posts a comment that is sent twice only once.
 */

import { ApiError, meta, sendForm, viewer } from "./api.js";
import { drop, keep, kept, refresh, resumeLater } from "./drafts.js";
import { announce, make } from "./elements.js";
import { completeTags } from "./tagging.js";
import { words } from "./words.js";

/** @param {HTMLFormElement} form @param {Task} task */
export function followForm(form, task) {
  const draft = keepWriting(form, task);
  completeTags(form, task.document);
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
  form.addEventListener("click", (event) => {
    const link = event.target instanceof Element && event.target.closest("[data-cancel], [data-sign-in]");
    if (link instanceof HTMLAnchorElement && "signIn" in link.dataset) return signInAndResume(link, { ...task.resume, written: form.querySelector("textarea")?.value });
    if (!link) return;
    event.preventDefault();
    task.cancel();
    refresh(draft);
  });
  let busy = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (busy || task.picker?.fill() === false) return;
    busy = true;
    form.setAttribute("aria-busy", "true");
    tell(form);
    try {
      const answer = await sendForm(form, event.submitter, task.edition);
      const shown = answer.content.querySelector(".preview");
      if (faultIn(answer)) complain(form, answer, task);
      else if (shown) preview(form, shown);
      else {
        if (draft) drop(form.dataset["draft"] ?? "");
        if (!viewer()) return form.remove(), location.assign(`/a/${answer.id}/place`); // its author has signed up
        const held = answer.content.querySelector(`#a-${CSS.escape(answer.id)} .withheld`);
        task.sent(answer);
        announce(held?.textContent ?? form.dataset["done"] ?? "");
      }
    } catch (fault) {
      tell(form, fault instanceof Error ? fault.message : words.failed);
      if (fault instanceof ApiError && fault.code === "network") sendWhenBack(form, event.submitter);
    } finally {
      busy = false;
      form.removeAttribute("aria-busy");
    }
  });
}

/** @param {Answer} answer */
function faultIn({ content }) {
  return content.querySelector(".error, [data-code]");
}

/** Show the server's errors in a form; the selection stays. @param {HTMLFormElement} form @param {Answer} answer @param {Task} task */
function complain(form, answer, task) {
  const again = answer.content.querySelector("form.compose .all");
  if (again) {
    const chooser = form.querySelector(".choosing");
    if (chooser) again.querySelector(".choosing")?.replaceWith(chooser);
    const [typed, anew] = [form, again].map((place) => /** @type {HTMLInputElement | null} */ (place.querySelector("[type=password]")));
    if (anew) anew.value = typed?.value ?? "";
    form.querySelector(".all")?.replaceWith(again);
    completeTags(form, task.document);
    form.dispatchEvent(new Event("input")); // its key may be another
  }
  const told = faultIn(answer);
  const signIn = answer.content.querySelector("[data-sign-in]");
  if (!again) tell(form, viewer() && signIn ? words.expired : (told?.textContent ?? words.failed), signIn ?? "");
  /** @type {HTMLElement | null} */ (form.querySelector("[aria-invalid]"))?.focus();
  announce(form.querySelector(".error")?.textContent ?? "");
}

/** @param {HTMLFormElement} form @param {Element} shown */
function preview(form, shown) {
  form.querySelector(".preview")?.remove();
  form.querySelector(".actions")?.before(shown);
  /** @type {HTMLElement} */ (shown).focus();
}

/** Show an error of the whole form, or clear it. @param {HTMLFormElement} form @param {...(Node | string)} nodes */
function tell(form, ...nodes) {
  for (const old of form.querySelectorAll(".error")) old.remove();
  for (const old of form.querySelectorAll("[aria-invalid]")) old.removeAttribute("aria-invalid");
  if (nodes.length) form.querySelector(".actions")?.before(make("p", { class: "error", role: "alert" }, ...nodes.flatMap((node) => [node, " "])));
}

/** Send again when the network is back, unless the form was closed. Its key prevents posting twice. @param {HTMLFormElement} form @param {HTMLElement | null} submitter */
function sendWhenBack(form, submitter) {
  form.querySelector(".error")?.append(words.sentWhenBack);
  const again = () => form.isConnected && form.requestSubmit(submitter);
  addEventListener("online", again, { once: true });
  form.addEventListener("submit", () => removeEventListener("online", again), { once: true });
}

/** After signing in, return to the form. @param {HTMLAnchorElement} link @param {object} resume */
export function signInAndResume(link, resume) {
  link.href = `${meta("sign-in")}?next=${encodeURIComponent(location.pathname + location.search)}`;
  resumeLater(location.pathname, resume);
}

/** Keep the words with each key; where that cannot be done, warn before the page goes away. @param {HTMLFormElement} form @param {Task} task */
function keepWriting(form, { resume, picker }) {
  const { draft: key, title = "" } = form.dataset;
  if (!key) return false;
  /** @param {string} name */
  const field = (name) => {
    const found = form.elements.namedItem(name);
    return found instanceof HTMLInputElement || found instanceof HTMLTextAreaElement ? found : make("input");
  };
  const [body, tags] = [field("body").value, field("tags").value];
  const before = kept(key);
  field("key").value = before?.once || [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join(""); // `randomUUID` wants https
  if (before) [field("body").value, field("tags").value] = [before.body, before.tags];
  let safe = true;
  form.addEventListener("input", () => {
    const draft = { body: field("body").value, tags: field("tags").value, once: field("key").value, title, resume: resume ?? {}, span: picker?.span() };
    const isNew = draft.body !== body || draft.tags !== tags;
    safe = isNew ? keep(key, draft) : (drop(key), true);
  });
  /** @param {BeforeUnloadEvent} event */
  const warn = (event) => {
    if (!form.isConnected) removeEventListener("beforeunload", warn);
    else if (!safe) event.preventDefault();
  };
  addEventListener("beforeunload", warn);
  return true;
}
