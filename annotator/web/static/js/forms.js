/**
 * Submits a form in the panel: saves drafts until they are posted, shows errors at their fields, and
 * prevents posting twice.
 */

import { ApiError, meta, sendForm, viewer } from "./api.js";
import { removeDraft, saveDraft, loadDraft, refreshDrafts, saveResume } from "./drafts.js";
import { announce, make } from "./elements.js";
import { completeTags } from "./tag_completion.js";
import { words } from "./words.js";

/** @param {HTMLFormElement} form @param {Task} task */
export function handleForm(form, task) {
  const draft = saveWhileTyping(form, task);
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
    refreshDrafts(draft);
  });
  let busy = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (busy || task.picker?.fill() === false) return;
    busy = true;
    form.setAttribute("aria-busy", "true");
    showError(form);
    try {
      const answer = await sendForm(form, event.submitter, task.edition);
      const preview = answer.content.querySelector(".preview");
      if (errorIn(answer)) showErrors(form, answer, task);
      else if (preview) showPreview(form, preview);
      else {
        if (draft) removeDraft(form.dataset["draft"] ?? "");
        if (!viewer()) return form.remove(), location.assign(`/a/${answer.id}/place`); // a new account
        const held = answer.content.querySelector(`#a-${CSS.escape(answer.id)} .withheld`);
        task.sent(answer);
        announce(held?.textContent ?? form.dataset["done"] ?? "");
      }
    } catch (error) {
      showError(form, error instanceof Error ? error.message : words.failed);
      if (error instanceof ApiError && error.code === "network") resubmitWhenOnline(form, event.submitter);
    } finally {
      busy = false;
      form.removeAttribute("aria-busy");
    }
  });
}

/** @param {Answer} answer */
function errorIn({ content }) {
  return content.querySelector(".error, [data-code]");
}

/** Show the server's errors in a form, and keep the selected words. @param {HTMLFormElement} form @param {Answer} answer @param {Task} task */
function showErrors(form, answer, task) {
  const rendered = answer.content.querySelector("form.compose .all");
  if (rendered) {
    const picker = form.querySelector(".choosing");
    if (picker) rendered.querySelector(".choosing")?.replaceWith(picker);
    const [before, after] = [form, rendered].map((place) => /** @type {HTMLInputElement | null} */ (place.querySelector("[type=password]")));
    if (after) after.value = before?.value ?? "";
    form.querySelector(".all")?.replaceWith(rendered);
    completeTags(form, task.document);
    form.dispatchEvent(new Event("input")); // its key may have changed
  }
  const error = errorIn(answer);
  const signIn = answer.content.querySelector("[data-sign-in]");
  if (!rendered) showError(form, viewer() && signIn ? words.expired : (error?.textContent ?? words.failed), signIn ?? "");
  /** @type {HTMLElement | null} */ (form.querySelector("[aria-invalid]"))?.focus();
  announce(form.querySelector(".error")?.textContent ?? "");
}

/** @param {HTMLFormElement} form @param {Element} preview */
function showPreview(form, preview) {
  form.querySelector(".preview")?.remove();
  form.querySelector(".actions")?.before(preview);
  /** @type {HTMLElement} */ (preview).focus();
}

/** Show an error of the whole form, or clear it. @param {HTMLFormElement} form @param {...(Node | string)} nodes */
function showError(form, ...nodes) {
  for (const old of form.querySelectorAll(".error")) old.remove();
  for (const old of form.querySelectorAll("[aria-invalid]")) old.removeAttribute("aria-invalid");
  if (nodes.length) form.querySelector(".actions")?.before(make("p", { class: "error", role: "alert" }, ...nodes.flatMap((node) => [node, " "])));
}

/** Submit again when online, unless the form was closed. Its key prevents posting twice. @param {HTMLFormElement} form @param {HTMLElement | null} submitter */
function resubmitWhenOnline(form, submitter) {
  form.querySelector(".error")?.append(words.sentWhenBack);
  const resubmit = () => form.isConnected && form.requestSubmit(submitter);
  addEventListener("online", resubmit, { once: true });
  form.addEventListener("submit", () => removeEventListener("online", resubmit), { once: true });
}

/** Link to sign-in, and reopen the form afterwards. @param {HTMLAnchorElement} link @param {object} resume */
export function signInAndResume(link, resume) {
  link.href = `${meta("sign-in")}?next=${encodeURIComponent(location.pathname + location.search)}`;
  saveResume(location.pathname, resume);
}

/** Save the draft on each input; if that fails, warn before leaving the page. @param {HTMLFormElement} form @param {Task} task */
function saveWhileTyping(form, { resume, picker }) {
  const { draft: key, title = "" } = form.dataset;
  if (!key) return false;
  /** @param {string} name */
  const field = (name) => {
    const found = form.elements.namedItem(name);
    return found instanceof HTMLInputElement || found instanceof HTMLTextAreaElement ? found : make("input");
  };
  const [body, tags] = [field("body").value, field("tags").value];
  const saved = loadDraft(key);
  field("key").value = saved?.once || [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join(""); // `randomUUID` requires https
  if (saved) [field("body").value, field("tags").value] = [saved.body, saved.tags];
  let isSaved = true;
  form.addEventListener("input", () => {
    const draft = { body: field("body").value, tags: field("tags").value, once: field("key").value, title, resume: resume ?? {}, span: picker?.span() };
    const isChanged = draft.body !== body || draft.tags !== tags;
    isSaved = isChanged ? saveDraft(key, draft) : (removeDraft(key), true);
  });
  /** @param {BeforeUnloadEvent} event */
  const warn = (event) => {
    if (!form.isConnected) removeEventListener("beforeunload", warn);
    else if (!isSaved) event.preventDefault();
  };
  addEventListener("beforeunload", warn);
  return true;
}
