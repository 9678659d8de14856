/** Forms in the panel: a comment on a provision or on selected words, a reply, a change, a deletion and its undoing. */

import { create, fragment, list, query, sendForm, viewer } from "./api.js";
import { commentIn, idOf, isUnpainted, merge, placed, quoteOnce, spanOf, threadOf, threadsIn } from "./comments.js";
import { kept } from "./drafts.js";
import { announce, button, find, focusOn, fromTemplate, make } from "./elements.js";
import { countable, narrows } from "./filter.js";
import { followForm } from "./forms.js";
import { notice } from "./notices.js";
import { followWording } from "./suggesting.js";
import { pickTarget, shorten } from "./target_picker.js";
import { markNew } from "./unread.js";
import { words } from "./words.js";

const SHOWN_OF_WORDS = 60;
const NEWEST = 20; // comments of a thread

/** What to open again after signing in. @param {Panel} panel @param {HTMLElement | null} comment */
export function resumeOf({ view }, comment) {
  if (comment) return { id: idOf(comment), act: "reply" };
  return view?.target ? { target: view.target } : { ...view?.provision };
}

/** Offer to comment on the provision that is shown. @param {Panel} panel */
export function offerForm(panel) {
  const { provision } = panel.view ?? {};
  const offer = provision ? [button(words.commentOn(provision.name), "button quiet", () => compose(panel))] : [];
  find(panel.content, ".talk-form").replaceChildren(...offer);
}

/** Show the form for one more comment, or the way to sign in. @param {Panel} panel */
export function compose(panel) {
  const { page, view, content } = panel;
  if (!view) return;
  const [place, quote, form] = [find(content, ".talk-form"), find(content, ".talk-quote"), fromTemplate("_compose")];
  place.replaceChildren(form);
  if (!(form instanceof HTMLFormElement)) return place.querySelector("a")?.focus();
  const { target, provision } = view;
  const start = target?.start ?? 0;
  const pid = provision?.pid ?? page.map.blocks.findLast((block) => block.element.id && block.start <= start)?.element.id;
  const draft = `${page.document}@${page.edition}:${target ? `${start}-${target.end}` : pid}`;
  form.action = form.action.replace("PID", pid ?? "");
  Object.assign(form.dataset, { draft, title: provision?.name ?? `“${shorten(target?.exact ?? "", SHOWN_OF_WORDS)}”` });
  /** @param {Span} span */
  const speakOf = (span) => {
    view.chosen = span;
    page.speakOf(span);
  };
  const close = () => {
    if (!target) quote.textContent = quote.dataset["words"] = "";
    view.chosen = null;
    page.speakOf(null);
    offerForm(panel);
  };
  const picker = pickTarget(form, { ...page, speakOf, quote }, view, kept(draft)?.span ?? undefined);
  const task = {
    ...page, resume: resumeOf(panel, null), picker,
    cancel: () => {
      if (target) return panel.shut();
      close();
      place.querySelector("button")?.focus();
    },
    /** @param {Answer} answer */
    sent: ({ content: answer, id }) => {
      close();
      const isNew = commentIn(answer, id)?.dataset["author"] === viewer(); // else somebody agrees with it
      commentIn(content, id)?.closest(".thread")?.remove();
      merge(threadsIn(content), answer);
      quoteOnce(content);
      posted(panel, id, isNew ? 1 : 0);
    },
  };
  followForm(form, task);
  form.querySelector("[data-suggest]")?.addEventListener("click", (event) => {
    event.preventDefault();
    const span = picker.span();
    const range = span && `&${query({ ...span })}`;
    void suggest(`/d/${encodeURIComponent(page.document)}/p/${pid}/suggest?${query({ edition: page.edition })}${range ?? ""}`, place, task, () => compose(panel));
  });
  void askName(form);
  form.querySelector("textarea")?.focus({ preventScroll: true });
}

/** Show the form to suggest other words in place of the one to comment. @param {string} address @param {HTMLElement} place @param {Task} task @param {() => void} cancel */
async function suggest(address, place, task, cancel) {
  const answer = await fragment(address).catch((fault) => announce(fault.message));
  const form = answer?.querySelector("form.compose");
  if (answer) place.replaceChildren(form ?? answer.querySelector(".sign-in-first") ?? "");
  if (!(form instanceof HTMLFormElement)) return place.querySelector("a")?.focus();
  const { picker: _, ...rest } = task;
  followForm(form, { ...rest, cancel });
  followWording(form);
  form.querySelector("textarea")?.focus({ preventScroll: true });
}

/** Agree with a suggestion, or withdraw the agreement, where it is listed. @param {Panel} panel @param {HTMLFormElement} form @param {HTMLElement | null} submitter */
export async function agree({ page, content }, form, submitter) {
  try {
    const { content: answer, id } = await sendForm(form, submitter, page.edition);
    form.replaceWith(commentIn(answer, id)?.querySelector(".agreement") ?? answer);
    /** @type {HTMLElement | null | undefined} */ (commentIn(content, id)?.querySelector(".agreement button"))?.focus();
  } catch (fault) {
    announce(fault instanceof Error ? fault.message : words.failed);
  }
}

/** Add the fields to sign up to the form of a reader without an account. @param {HTMLFormElement} form */
async function askName(form) {
  const link = viewer() ? null : document.querySelector(".site-head a.button");
  const page = link instanceof HTMLAnchorElement && (await fragment(link.href).catch(() => null)); // else the server says so
  if (page) form.querySelector(".actions")?.before(page.querySelector(".newcomer") ?? "");
}

/** Open the form that a comment's link leads to, in the place of its links. @param {Panel} panel @param {HTMLAnchorElement} link @param {HTMLElement} comment */
export async function openForm(panel, link, comment) {
  const { page, content } = panel;
  const row = /** @type {HTMLElement} */ (link.parentElement);
  const { act } = link.dataset;
  const place = make("div", { class: "opened" });
  const back = () => {
    place.remove();
    row.hidden = false;
    link.focus();
  };
  row.hidden = true;
  row.after(place);
  try {
    if (act === "reply") place.append(replyTo(comment));
    else {
      const answer = await fragment(`${link.href.split("#")[0]}?edition=${encodeURIComponent(page.edition)}`);
      place.append(answer.querySelector(".removal, form.compose") ?? "");
    }
  } catch (fault) {
    back();
    return announce(fault instanceof Error ? fault.message : words.failed);
  }
  const form = place.querySelector("form");
  if (!form) return place.querySelector("a")?.focus();
  followForm(form, {
    ...page, resume: { id: idOf(comment), act }, cancel: back,
    sent: ({ content: answer, id }) => {
      if (act === "delete") return deleted(panel, comment, answer.querySelector("form"));
      comment.closest(".thread")?.replaceWith(answer.querySelector(".thread") ?? "");
      posted(panel, id, act === "reply" ? 1 : 0);
    },
  });
  void askName(form);
  /** @type {HTMLElement | null} */ (form.querySelector("textarea, [data-cancel]"))?.focus();
  if (!content.contains(comment)) back();
}

/** Focus the reply field. @param {HTMLElement} comment */
function replyTo(comment) {
  const form = fromTemplate("_reply");
  const id = idOf(comment);
  if (form instanceof HTMLFormElement) {
    form.action = `/a/${encodeURIComponent(id)}/reply`;
    Object.assign(form.dataset, { draft: `reply:${id}`, title: form.dataset["title"]?.replace("AUTHOR", comment.dataset["author"] ?? "") });
  }
  return form;
}

/** Count and show what was posted or changed here. @param {Panel} panel @param {string} id @param {0 | 1} by */
function posted({ page, content, showAll }, id, by) {
  const shown = commentIn(content, id);
  if (!shown) return;
  const held = shown.querySelector(".withheld") !== null;
  const span = held ? null : spanOf(shown);
  if (span && by) page.changed(span, by, isUnpainted(shown));
  else page.recount();
  markNew(content);
  focusOn(shown);
  if (!held) void tellLeftOut(page, id, threadOf(shown), showAll, (told) => shown.prepend(told));
}

/** Offer to undo a deletion, for as long as the panel shows the same words. @param {Panel} panel @param {HTMLElement} comment @param {HTMLFormElement | null} undo */
function deleted(panel, comment, undo) {
  const told = find(panel.content, ".talk-told");
  const isGone = comment.matches(".reply") || !comment.matches(":has(~ .reply)");
  const [span, unpainted] = [isGone ? spanOf(comment) : null, isUnpainted(comment)];
  if (span) panel.page.changed(span, -1, unpainted);
  if (undo) told.replaceChildren(undo);
  void panel.load();
  if (!undo) return panel.title.focus();
  followForm(undo, {
    ...panel.page, cancel: () => {},
    sent: ({ id }) => {
      told.replaceChildren();
      if (span) panel.page.changed(span, 1, unpainted);
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
    const item = await create({ document, edition, target, body: null, motivation: "highlighting" });
    const span = item.held ? null : placed(item);
    if (span) page.changed(span, 1, false);
    announce(item.held ? words.waits : words.highlighted);
    if (!item.held) void tellLeftOut(page, item.id, item.thread, page.showAll, (told) => notice("left-out", ...told.childNodes));
  } catch (fault) {
    void panel.open(view, true);
    find(panel.content, ".talk-told").textContent = fault instanceof Error ? fault.message : words.failed;
  }
}

/** Keep a new comment visible; add a note if it does not match the filter. @param {Page} page @param {string} id @param {string} thread @param {() => void} showAll @param {(told: HTMLElement) => void} show */
async function tellLeftOut({ document, edition, narrowed }, id, thread, showAll, show) {
  const asked = narrowed();
  if (!narrows(asked)) return;
  await countable(asked);
  const found = await list({ document, edition, ...asked, thread, sort: "newest", limit: NEWEST, fields: "id" }).catch(() => null);
  if (!found || found.items.some((item) => item.id === id)) return; // that it is posted is what matters
  const told = fromTemplate("_left-out");
  announce(told.firstChild?.textContent?.trim() ?? "");
  told.querySelector("button")?.addEventListener("click", showAll);
  show(told);
}
