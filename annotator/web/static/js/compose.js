/**
 * The form in which a comment, a reply or a change is written: Markdown with a preview, and tags.
 *
 * What is written is kept in this browser until it is posted, whatever happens in between. A fault
 * is shown where it is; what is sent twice is posted once.
 */

import { ApiError, meta, preview, viewer } from "./api.js";
import { FieldError } from "./target_picker.js";
import { drop, keep, kept, resumeLater } from "./drafts.js";
import { announce, button, fromServer, make } from "./elements.js";
import { completeTags } from "./tagging.js";
import { refresh } from "./unsent.js";
import { words } from "./words.js";

/**
 * @typedef {object} Written
 * @property {string} body
 * @property {string[]} tags
 * @property {string} once
 */

/**
 * @typedef {object} Task
 * @property {string} key names the draft
 * @property {string} title what it is about
 * @property {string} label
 * @property {string} action what the button says
 * @property {{body: string, tags: string}} [before] what stands there now
 * @property {string} [tags] the document whose tags are offered; without it there are none
 * @property {import("./target_picker.js").Choice} [choice] which words it is about
 * @property {object} resume what to open to go on: after signing in, or another time
 * @property {(written: Written) => Promise<void>} send
 * @property {() => void} cancel
 */

/** @typedef {ReturnType<typeof fieldsOf>} Fields */

/** @param {Task} task */
export function compose(task) {
  const fields = fieldsOf(task);
  const error = make("p", { class: "error", role: "alert" });
  const post = make("button", { type: "submit", class: "button" }, task.action);
  const form = make(
    "form",
    { class: "compose", "data-draft": task.key },
    task.choice?.element,
    task.choice?.fault,
    labelled(task.label, fields.body),
    fields.shown,
    make("p", { class: "help" }, words.markdown),
    ...(task.tags ? [labelled(words.tags, fields.tags), completeTags(fields.tags, task.tags)] : []),
    error,
    make("div", { class: "actions" }, post, previewButton(fields), button(words.cancel, "button plain", () => {
      task.cancel();
      refresh(true);
    })),
  );
  if (meta("read-only")) {
    post.disabled = true;
    error.textContent = words.readOnly;
  }
  keepWriting(form, fields, task);
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
      if (fault instanceof ApiError && fault.code === "network") sendWhenBack(form, error);
    }
    busy = false;
    setBusy(post, task.action, false);
  });
  return form;
}

/** Send once more when the network is back, unless the form has been closed. Its key lets nothing be posted twice. @param {HTMLFormElement} form @param {HTMLElement} error */
function sendWhenBack(form, error) {
  error.append(" ", words.sentWhenBack);
  const again = () => form.isConnected && form.requestSubmit();
  addEventListener("online", again, { once: true });
  form.addEventListener("submit", () => removeEventListener("online", again), { once: true });
}

/** What stands in a signed-out reader's panel in place of a form. @param {object} resume */
export function signInFirst(resume) {
  return make("p", { class: "sign-in-first" }, words.signInFirst, " ", signInLink(resume));
}

/** Keep the words with each key; where that cannot be done, warn before the page goes away. @param {HTMLFormElement} form @param {Fields} fields @param {Task} task */
function keepWriting(form, fields, task) {
  const { body, tags } = task.before ?? { body: "", tags: "" };
  let safe = true;
  form.addEventListener("input", () => {
    const draft = { body: fields.body.value, tags: fields.tags.value, once: fields.once, title: task.title, resume: task.resume, span: task.choice?.span() };
    const isNew = draft.body !== body || draft.tags !== tags;
    safe = isNew ? keep(task.key, draft) : (drop(task.key), true);
  });
  /** @param {BeforeUnloadEvent} event */
  const warn = (event) => {
    if (!form.isConnected) removeEventListener("beforeunload", warn);
    else if (!safe) event.preventDefault();
  };
  addEventListener("beforeunload", warn);
}

/** @param {Task} task */
function fieldsOf(task) {
  const draft = kept(task.key) ?? { body: "", tags: "", once: newKey(), ...task.before };
  const body = make("textarea", { name: "body", dir: "auto", rows: "6", required: "" });
  const tags = make("input", { name: "tags", dir: "auto" });
  const shown = make("div", { class: "preview body", dir: "auto", tabindex: "0", "aria-label": words.preview });
  body.value = draft.body;
  tags.value = draft.tags;
  shown.hidden = true;
  return { body, tags, shown, once: draft.once || newKey() };
}

/** Make a key for one posting. (`randomUUID` is not there without https.) */
function newKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
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
  return { body: fields.body.value, tags, once: fields.once };
}

/** @param {HTMLButtonElement} post @param {string} action @param {boolean} busy */
function setBusy(post, action, busy) {
  post.setAttribute("aria-disabled", String(busy));
  post.textContent = busy ? words.posting : action;
}

/** @param {unknown} fault @param {HTMLElement} error @param {Fields} fields @param {Task} task */
function complain(fault, error, fields, task) {
  if (fault instanceof ApiError && fault.status === 401) {
    error.replaceChildren(viewer() ? words.expired : words.signInFirst, " ", signInLink(task.resume));
    return;
  }
  if (fault instanceof ApiError && fault.code === "posted_already") return tellPosted(fault, error, fields);
  error.textContent = fault instanceof Error ? fault.message : words.failed;
  const named = fault instanceof ApiError || fault instanceof FieldError ? fault.field : null;
  const quote = task.choice?.quote;
  const field = { body: fields.body, tags: fields.tags, quote }[named ?? ""] ?? null;
  for (const each of [fields.body, fields.tags, quote]) {
    each?.toggleAttribute("aria-invalid", each === field);
  }
  if (field === quote && task.choice) task.choice.element.open = true;
  field?.focus();
  announce(error.textContent);
}

/** It was stored before its words were changed, and the answer got lost: posted anew it is another comment. @param {ApiError} fault @param {HTMLElement} error @param {Fields} fields */
function tellPosted(fault, error, fields) {
  const id = String(fault.details["annotation"] ?? "");
  error.replaceChildren(fault.message, " ", make("a", { href: `/a/${encodeURIComponent(id)}/place` }, words.showPosted));
  fields.once = newKey();
}

/** @param {object} resume */
function signInLink(resume) {
  const next = location.pathname + location.search;
  const link = make("a", { href: `${meta("sign-in")}?next=${encodeURIComponent(next)}` }, words.signIn);
  link.addEventListener("click", () => resumeLater(location.pathname, resume));
  return link;
}
