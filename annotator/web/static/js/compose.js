/**
 * The form in which a remark, a reply or a change is written: Markdown with a preview, and tags.
 *
 * What is written is kept in this tab until it is posted, whatever happens in between. A fault is
 * shown where it is; a second click while the first is on its way posts nothing.
 */

import { ApiError, meta, preview, viewer } from "./api.js";
import { drop, keep, kept, resumeLater } from "./drafts.js";
import { announce, button, fromServer, make } from "./elements.js";
import { words } from "./words.js";

/**
 * @typedef {object} Written
 * @property {string} body
 * @property {string[]} tags
 * @property {string} quote
 */

/**
 * @typedef {object} Task
 * @property {string} key names the draft
 * @property {string} label
 * @property {string} action what the button says
 * @property {{body: string, tags: string}} [before] what stands there now
 * @property {boolean} [tags] whether it has tags
 * @property {boolean} [quote] whether it may be narrowed to some words
 * @property {object} [resume] what to open again after signing in
 * @property {(written: Written) => Promise<void>} send
 * @property {() => void} cancel
 */

/** @typedef {ReturnType<typeof fieldsOf>} Fields */

/** A fault in one field of the form, found before anything is sent. */
export class FieldError extends Error {
  /** @param {"quote" | "body" | "tags"} field @param {string} message */
  constructor(field, message) {
    super(message);
    this.field = field;
  }
}

/** @param {Task} task */
export function compose(task) {
  const fields = fieldsOf(task);
  const error = make("p", { class: "error", role: "alert" });
  const post = make("button", { type: "submit", class: "button" }, task.action);
  const form = make(
    "form",
    { class: "compose" },
    labelled(task.label, fields.body),
    fields.shown,
    make("p", { class: "help" }, words.markdown),
    task.quote ? labelled(words.narrow, fields.quote) : null,
    task.tags ? labelled(words.tags, fields.tags) : null,
    error,
    make("div", { class: "actions" }, post, previewButton(fields), button(words.cancel, "button plain", task.cancel)),
  );
  form.addEventListener("input", () => keep(task.key, { body: fields.body.value, tags: fields.tags.value }));
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
  let busy = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (busy) return;
    busy = true;
    setBusy(post, task.action, true);
    error.replaceChildren();
    try {
      await task.send(written(fields));
      drop(task.key);
    } catch (fault) {
      complain(fault, error, fields, task);
    }
    busy = false;
    setBusy(post, task.action, false);
  });
  return form;
}

/** What stands in a signed-out reader's panel in place of a form. @param {object} resume */
export function signInFirst(resume) {
  return make("p", { class: "sign-in-first" }, words.signInFirst, " ", signInLink(resume));
}

/** @param {Task} task */
function fieldsOf(task) {
  const draft = kept(task.key) ?? task.before ?? { body: "", tags: "" };
  const body = make("textarea", { name: "body", rows: "6", required: "" });
  const tags = make("input", { name: "tags", autocomplete: "off" });
  const quote = make("input", { name: "quote", autocomplete: "off" });
  const shown = make("div", { class: "preview body", tabindex: "0", "aria-label": words.preview });
  body.value = draft.body;
  tags.value = draft.tags;
  shown.hidden = true;
  return { body, tags, quote, shown };
}

/** @param {string} label @param {HTMLElement} field */
function labelled(label, field) {
  return make("label", {}, make("span", {}, label), field);
}

/** @param {Fields} fields */
function previewButton(fields) {
  const toggle = button(words.preview, "button quiet", async () => {
    const show = fields.shown.hidden;
    toggle.textContent = show ? words.write : words.preview;
    fields.shown.hidden = !show;
    fields.body.hidden = show;
    if (show) fields.shown.replaceChildren(await rendered(fields.body.value));
    (show ? fields.shown : fields.body).focus();
  });
  return toggle;
}

/** @param {string} body @returns {Promise<Node | string>} */
async function rendered(body) {
  if (!body.trim()) return words.emptyPreview;
  try {
    return fromServer((await preview(body)).html);
  } catch (fault) {
    return fault instanceof Error ? fault.message : words.failed;
  }
}

/** @param {Fields} fields @returns {Written} */
function written(fields) {
  const tags = fields.tags.value.split(",").map((tag) => tag.trim()).filter(Boolean);
  return { body: fields.body.value, tags, quote: fields.quote.value.trim() };
}

/** @param {HTMLButtonElement} post @param {string} action @param {boolean} busy */
function setBusy(post, action, busy) {
  post.setAttribute("aria-disabled", String(busy));
  post.textContent = busy ? words.posting : action;
}

/** @param {unknown} fault @param {HTMLElement} error @param {Fields} fields @param {Task} task */
function complain(fault, error, fields, task) {
  if (fault instanceof ApiError && fault.status === 401) {
    error.replaceChildren(viewer() ? words.expired : words.signInFirst, " ", signInLink(task.resume ?? {}));
    return;
  }
  error.textContent = fault instanceof Error ? fault.message : words.failed;
  const named = fault instanceof ApiError || fault instanceof FieldError ? fault.field : null;
  const field = { body: fields.body, tags: fields.tags, quote: fields.quote }[named ?? ""] ?? null;
  for (const each of [fields.body, fields.tags, fields.quote]) {
    each.toggleAttribute("aria-invalid", each === field);
  }
  field?.focus();
  announce(error.textContent);
}

/** @param {object} resume */
function signInLink(resume) {
  const next = location.pathname + location.search;
  const link = make("a", { href: `${meta("sign-in")}?next=${encodeURIComponent(next)}` }, words.signIn);
  link.addEventListener("click", () => resumeLater(location.pathname, resume));
  return link;
}
