/** Forms in the panel: comment, reply, edit, delete, and undo. */

import { createAnnotation, fetchFragment, listAnnotations, query, sendForm, viewer } from "./api.js";
import { commentIn, idOf, isUnpainted, merge, spanOfAnnotation, quoteOnce, spanOf, threadOf, threadsIn } from "./comments.js";
import { loadDraft } from "./drafts.js";
import { announce, button, findRequired, focusOn, fromTemplate, make } from "./elements.js";
import { untilIndexed, isFiltered } from "./filter.js";
import { handleForm } from "./forms.js";
import { setNotice } from "./notices.js";
import { showDiff } from "./suggestion_form.js";
import { pickTarget, shorten } from "./target_picker.js";
import { markNew } from "./unread.js";
import { words } from "./words.js";

const MAX_TITLE = 60; // code points
const NEWEST = 20; // comments of a thread to search

/** Return what to reopen after signing in. @param {Panel} panel @param {HTMLElement | null} comment */
export function resumeOf({ view }, comment) {
  if (comment) return { id: idOf(comment), act: "reply" };
  return view?.target ? { target: view.target } : { ...view?.provision };
}

/** Offer to comment on the provision that is shown. @param {Panel} panel */
export function showFormButton(panel) {
  const { provision } = panel.view ?? {};
  const offer = provision ? [button(words.commentOn(provision.name), "button quiet", () => compose(panel))] : [];
  findRequired(panel.content, ".talk-form").replaceChildren(...offer);
}

/** Show the comment form, or a link to sign in. @param {Panel} panel */
export function compose(panel) {
  const { page, view, content } = panel;
  if (!view) return;
  const [place, quote, form] = [findRequired(content, ".talk-form"), findRequired(content, ".talk-quote"), fromTemplate("_compose")];
  place.replaceChildren(form);
  if (!(form instanceof HTMLFormElement)) return place.querySelector("a")?.focus();
  const { target, provision } = view;
  const start = target?.start ?? 0;
  const pid = provision?.pid ?? page.map.blocks.findLast((block) => block.element.id && block.start <= start)?.element.id;
  const draft = `${page.document}@${page.edition}:${target ? `${start}-${target.end}` : pid}`;
  form.action = form.action.replace("PID", pid ?? "");
  Object.assign(form.dataset, { draft, title: provision?.name ?? `“${shorten(target?.exact ?? "", MAX_TITLE)}”` });
  /** @param {Span} span */
  const emphasize = (span) => {
    view.chosen = span;
    page.emphasize(span);
  };
  const close = () => {
    if (!target) quote.textContent = quote.dataset["words"] = "";
    view.chosen = null;
    page.emphasize(null);
    showFormButton(panel);
  };
  const picker = pickTarget(form, { ...page, emphasize, quote }, view, loadDraft(draft)?.span ?? undefined);
  const task = {
    ...page, resume: resumeOf(panel, null), picker,
    cancel: () => {
      if (target) return panel.close();
      close();
      place.querySelector("button")?.focus();
    },
    /** @param {Answer} answer */
    sent: ({ content: answer, id }) => {
      close();
      const isNew = commentIn(answer, id)?.dataset["author"] === viewer(); // otherwise it is an agreement
      commentIn(content, id)?.closest(".thread")?.remove();
      merge(threadsIn(content), answer);
      quoteOnce(content);
      posted(panel, id, isNew ? 1 : 0);
    },
  };
  handleForm(form, task);
  form.querySelector("[data-suggest]")?.addEventListener("click", (event) => {
    event.preventDefault();
    const span = picker.span();
    const range = span && `&${query({ ...span })}`;
    void suggest(`/d/${encodeURIComponent(page.document)}/p/${pid}/suggest?${query({ edition: page.edition })}${range ?? ""}`, place, task, () => compose(panel));
  });
  void addSignUpFields(form);
  form.querySelector("textarea")?.focus({ preventScroll: true });
}

/** Replace the comment form change the suggestion form. @param {string} address @param {HTMLElement} place @param {Task} task @param {() => void} cancel */
async function suggest(address, place, task, cancel) {
  const answer = await fetchFragment(address).catch((error) => announce(error.message));
  const form = answer?.querySelector("form.compose");
  if (answer) place.replaceChildren(form ?? answer.querySelector(".sign-in-first") ?? "");
  if (!(form instanceof HTMLFormElement)) return place.querySelector("a")?.focus();
  const { picker: _, ...rest } = task;
  handleForm(form, { ...rest, cancel });
  showDiff(form);
  form.querySelector("textarea")?.focus({ preventScroll: true });
}

/** Agree with a suggestion in the list, or withdraw the agreement. @param {Panel} panel @param {HTMLFormElement} form @param {HTMLElement | null} submitter */
export async function agree({ page, content }, form, submitter) {
  try {
    const { content: answer, id } = await sendForm(form, submitter, page.edition);
    form.replaceWith(commentIn(answer, id)?.querySelector(".agreement") ?? answer);
    /** @type {HTMLElement | null | undefined} */ (commentIn(content, id)?.querySelector(".agreement button"))?.focus();
  } catch (error) {
    announce(error instanceof Error ? error.message : words.failed);
  }
}

/** Add the sign-up fields to the form of an anonymous reader. @param {HTMLFormElement} form */
async function addSignUpFields(form) {
  const link = viewer() ? null : document.querySelector(".site-head a.button");
  const page = link instanceof HTMLAnchorElement && (await fetchFragment(link.href).catch(() => null)); // otherwise the server returns an error
  if (page) form.querySelector(".actions")?.before(page.querySelector(".newcomer") ?? "");
}

/** Replace a comment's links change the form that a link opens. @param {Panel} panel @param {HTMLAnchorElement} link @param {HTMLElement} comment */
export async function openForm(panel, link, comment) {
  const { page, content } = panel;
  const row = /** @type {HTMLElement} */ (link.parentElement);
  const { act } = link.dataset;
  const place = make("div", { class: "opened" });
  const close = () => {
    place.remove();
    row.hidden = false;
    link.focus();
  };
  row.hidden = true;
  row.after(place);
  try {
    if (act === "reply") place.append(replyTo(comment));
    else {
      const answer = await fetchFragment(`${link.href.split("#")[0]}?edition=${encodeURIComponent(page.edition)}`);
      place.append(answer.querySelector(".removal, form.compose") ?? "");
    }
  } catch (error) {
    close();
    return announce(error instanceof Error ? error.message : words.failed);
  }
  const form = place.querySelector("form");
  if (!form) return place.querySelector("a")?.focus();
  handleForm(form, {
    ...page, resume: { id: idOf(comment), act }, cancel: close,
    sent: ({ content: answer, id }) => {
      if (act === "delete") return deleted(panel, comment, answer.querySelector("form"));
      comment.closest(".thread")?.replaceWith(answer.querySelector(".thread") ?? "");
      posted(panel, id, act === "reply" ? 1 : 0);
    },
  });
  void addSignUpFields(form);
  /** @type {HTMLElement | null} */ (form.querySelector("textarea, [data-cancel]"))?.focus();
  if (!content.contains(comment)) close();
}

/** Return the form to reply to a comment. @param {HTMLElement} comment */
function replyTo(comment) {
  const form = fromTemplate("_reply");
  const id = idOf(comment);
  if (form instanceof HTMLFormElement) {
    form.action = `/a/${encodeURIComponent(id)}/reply`;
    Object.assign(form.dataset, { draft: `reply:${id}`, title: form.dataset["title"]?.replace("AUTHOR", comment.dataset["author"] ?? "") });
  }
  return form;
}

/** Count and focus a comment that was posted or edited here. @param {Panel} panel @param {string} id @param {0 | 1} change */
function posted({ page, content, showAll }, id, change) {
  const shown = commentIn(content, id);
  if (!shown) return;
  const held = shown.querySelector(".withheld") !== null;
  const span = held ? null : spanOf(shown);
  if (span && change) page.countChange(span, change, isUnpainted(shown));
  else page.recount();
  markNew(content);
  focusOn(shown);
  if (!held) void noteFiltered(page, id, threadOf(shown), showAll, (note) => shown.prepend(note));
}

/** Offer to undo a deletion while the panel shows the same words. @param {Panel} panel @param {HTMLElement} comment @param {HTMLFormElement | null} undo */
function deleted(panel, comment, undo) {
  const note = findRequired(panel.content, ".talk-told");
  const isGone = comment.matches(".reply") || !comment.matches(":has(~ .reply)");
  const [span, unpainted] = [isGone ? spanOf(comment) : null, isUnpainted(comment)];
  if (span) panel.page.countChange(span, -1, unpainted);
  if (undo) note.replaceChildren(undo);
  void panel.load();
  if (!undo) return panel.title.focus();
  handleForm(undo, {
    ...panel.page, cancel: () => {},
    sent: ({ id }) => {
      note.replaceChildren();
      if (span) panel.page.countChange(span, 1, unpainted);
      void panel.load().then(() => {
        focusOn(commentIn(panel.content, id));
        announce(undo.dataset["done"] ?? "");
      });
    },
  });
  undo.querySelector("button")?.focus();
}

/** @param {Panel} panel @param {View} view @param {Target} target */
export async function highlight(panel, view, target) {
  const { page } = panel;
  const { document, edition } = page;
  if (!viewer()) return panel.open(view, true);
  try {
    const item = await createAnnotation({ document, edition, target, body: null, motivation: "highlighting" });
    const span = item.held ? null : spanOfAnnotation(item);
    if (span) page.countChange(span, 1, false);
    announce(item.held ? words.waitingForReview : words.highlighted);
    if (!item.held) void noteFiltered(page, item.id, item.thread, page.showAll, (note) => setNotice("left-out", ...note.childNodes));
  } catch (error) {
    void panel.open(view, true);
    findRequired(panel.content, ".talk-told").textContent = error instanceof Error ? error.message : words.failed;
  }
}

/** Show a note if a new comment does not match the filter. @param {Page} page @param {string} id @param {string} thread @param {() => void} showAll @param {(note: HTMLElement) => void} show */
async function noteFiltered({ document, edition, filter }, id, thread, showAll, show) {
  const current = filter();
  if (!isFiltered(current)) return;
  await untilIndexed(current);
  const found = await listAnnotations({ document, edition, ...current, thread, sort: "newest", limit: NEWEST, fields: "id" }).catch(() => null);
  if (!found || found.items.some((item) => item.id === id)) return; // the note is not essential
  const note = fromTemplate("_left-out");
  announce(note.firstChild?.textContent?.trim() ?? "");
  note.querySelector("button")?.addEventListener("click", showAll);
  show(note);
}
