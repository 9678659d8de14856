/** Shows comments: who wrote what, when, about which words, and what one may do about it. */

import { change, create, remove, viewer } from "./api.js";
import { compose, signInFirst } from "./compose.js";
import { announce, button, fromServer, make } from "./elements.js";
import { isUnsettled, revision } from "./revised.js";
import { isNew, read } from "./unread.js";
import { words } from "./words.js";

/** @typedef {import("./api.js").Annotation} Annotation */

/**
 * @typedef {object} Reactions what the page does about what happens to a comment
 * @property {(span: {start: number, end: number} | null) => void} speakOf
 * @property {(span: {start: number, end: number}, item: Annotation, from: HTMLElement) => void} goTo
 * @property {(item: Annotation) => void} replied
 * @property {(item: Annotation, shown: HTMLElement) => void} edited
 * @property {(item: Annotation) => void} removed
 */

const SHOWN_OF_WORDS = 180;

/** Put a comment where it belongs: a reply into its thread; give the one that is there already. @param {Element} list @param {Annotation} item @param {Reactions} reactions */
export function append(list, item, reactions) {
  const there = articleOf(list, item.id);
  if (there) return there;
  const parent = item.in_reply_to ? articleOf(list, item.in_reply_to) : null;
  const place = parent?.closest(".thread");
  const shown = article(item, reactions, parent);
  if (place) place.append(shown);
  else list.append(make("div", { class: "thread" }, shown));
  return shown;
}

/** @param {ParentNode} list @param {string} id @returns {HTMLElement | null} */
export function articleOf(list, id) {
  return list.querySelector(`[data-id="${CSS.escape(id)}"]`);
}

/** Give where a comment's words stand in this edition. @param {Annotation} item */
export function spanOf(item) {
  const at = item.placement;
  if (!at || at.start === null || at.end === null) return null;
  return { start: at.start, end: at.end };
}

/** @param {Annotation} item @param {Reactions} reactions @param {HTMLElement | null} parent the one that it answers @returns {HTMLElement} */
function article(item, reactions, parent) {
  const shown = make("div", {
    class: "comment", role: "comment", "data-id": item.id, "aria-labelledby": `_by-${item.id} _at-${item.id}`,
  });
  if (item.in_reply_to) shown.classList.add("reply");
  if (item.in_reply_to && parent?.classList.contains("reply")) shown.dataset["answers"] = parent.dataset["author"] ?? "";
  shown.dataset["author"] = item.author ?? "";
  fill(shown, item, reactions);
  const span = spanOf(item);
  for (const name of ["mouseenter", "focusin"]) {
    shown.addEventListener(name, () => span && reactions.speakOf(span));
  }
  for (const name of ["mouseleave", "focusout"]) {
    shown.addEventListener(name, () => reactions.speakOf(null));
  }
  return shown;
}

/** @param {HTMLElement} shown @param {Annotation} item @param {Reactions} reactions */
function fill(shown, item, reactions) {
  if (item.deleted || item.hidden) {
    const place = make("h3", { class: "gone", id: `_by-${item.id}` });
    if (item.hidden) {
      const since = words.day(new Date(item.hidden.since));
      place.append(make("a", { href: item.hidden.log }, words.hiddenComment(since)));
    } else {
      place.append(words.removedComment(words.day(new Date(item.modified))));
    }
    shown.replaceChildren(place);
    return;
  }
  shown.replaceChildren(
    ...(item.held ? [make("p", { class: "withheld" }, words.waits)] : []),
    byline(item),
    answered(shown, item),
    ...wordsOf(item, reactions),
    body(item),
    ...(item.tags.length ? [tags(item.tags)] : []),
    actions(shown, item, reactions),
  );
}

/** @param {Annotation} item */
function byline(item) {
  const author = make("a", { href: `/people/${encodeURIComponent(item.author ?? "")}`, dir: "auto" }, item.author ?? "");
  const moment = new Date(item.created);
  const day = words.day(moment);
  const time = make("time", { datetime: item.created, title: words.moment(moment), id: `_at-${item.id}` }, day);
  const link = make("a", { href: permalink(item), "aria-label": `${words.permalinkOf}, ${day}` }, time);
  const edited = item.modified === item.created ? null : make("span", {}, ` · ${words.edited}`);
  const fresh = isNew(item) ? make("strong", { class: "fresh" }, words.fresh) : null;
  read(item);
  return make("header", { class: "byline" }, make("h3", { id: `_by-${item.id}` }, author), make("span", {}, link, edited, fresh));
}

/** Whom a reply to a reply answers; others answer the comment that begins the thread. @param {HTMLElement} shown @param {Annotation} item */
function answered(shown, item) {
  const { answers } = shown.dataset;
  if (answers === undefined || !item.in_reply_to) return "";
  const link = make("a", { href: `/a/${encodeURIComponent(item.in_reply_to)}`, dir: "auto" }, answers || words.anotherReply);
  link.addEventListener("click", (event) => {
    const parent = articleOf(document, item.in_reply_to ?? "");
    if (!parent || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    parent.tabIndex = -1;
    parent.focus();
  });
  return make("p", { class: "answers" }, words.inReplyTo, " ", link);
}

/** @param {Annotation} item @param {Reactions} reactions */
function wordsOf(item, reactions) {
  if (item.in_reply_to) return [];
  /** @type {HTMLElement[]} */
  const shown = [];
  /** @type {HTMLElement | null} */
  let quoted = null;
  const span = spanOf(item);
  const exact = item.placement?.exact ?? item.target?.exact ?? "";
  if (exact) {
    const short = exact.length > SHOWN_OF_WORDS ? `${beginning(exact)}…` : exact;
    const shownWords = span ? button(short, "words", () => reactions.goTo(span, item, shownWords)) : make("p", { class: "words" }, short);
    quoted = shownWords;
    if (span) quoted.title = words.showWords;
    shown.push(make("blockquote", { dir: "auto" }, quoted));
  }
  return [...shown, ...revision(item, quoted)];
}

/** Cut before a word; where there is none, as in Chinese, after a character. @param {string} exact */
function beginning(exact) {
  const cut = [...exact].slice(0, SHOWN_OF_WORDS).join("");
  return cut.replace(/(\S)\s+\S{0,30}$/u, "$1").trimEnd();
}

/** @param {Annotation} item */
function body(item) {
  if (!item.html) return make("p", { class: "wordless" }, words.highlightOnly);
  return make("div", { class: "body", dir: "auto" }, fromServer(item.html));
}

/** @param {readonly string[]} list */
function tags(list) {
  return make("ul", { class: "tags" }, ...list.map((tag) => {
    const query = new URLSearchParams({ q: tag.includes('"') ? `tag:'${tag}'` : `tag:"${tag}"` });
    return make("li", {}, make("a", { href: `/search?${query}`, dir: "auto" }, tag));
  }));
}

/** @param {Annotation} item */
function permalink(item) {
  return `/a/${encodeURIComponent(item.id)}`;
}

/** @param {HTMLElement} shown @param {Annotation} item @param {Reactions} reactions */
function actions(shown, item, reactions) {
  const own = viewer() !== "" && viewer() === item.author;
  const row = make("div", { class: "actions" });
  /** @param {HTMLElement} form */
  const inPlace = (form) => {
    row.hidden = true;
    row.after(form);
    form.querySelector("textarea")?.focus();
  };
  const back = () => {
    row.hidden = false;
    row.nextElementSibling?.remove();
    row.querySelector("button")?.focus();
  };
  /** @param {string} act @param {string} label @param {() => HTMLElement} form */
  const offer = (act, label, form) => {
    const opener = button(label, "link", () => inPlace(form()));
    opener.dataset["act"] = act;
    row.append(opener);
  };
  offer("reply", words.reply, () => replyForm(item, reactions, back));
  if (own && item.body !== null) offer("edit", words.edit, () => editForm(shown, item, reactions, back));
  if (own) offer("remove", words.remove, () => removal(item, reactions, back));
  if (own && isUnsettled(item)) {
    row.append(make("a", { class: "link", href: `${permalink(item)}/restate` }, words.restate));
  }
  if (!own) row.append(make("a", { class: "link", href: `${permalink(item)}/flag` }, words.flag));
  return row;
}

/** @param {Annotation} item @param {Reactions} reactions @param {() => void} back */
function replyForm(item, reactions, back) {
  if (!viewer()) return signInFirst({ reply: item.id });
  return compose({
    key: `reply:${item.id}`,
    title: words.replyTo(item.author ?? ""),
    label: words.yourReply,
    action: words.post,
    resume: { reply: item.id },
    cancel: back,
    send: async ({ body: text, once }) => {
      const reply = await create({ in_reply_to: item.id, body: text, tags: [], motivation: "replying" }, once);
      back();
      reactions.replied(reply);
      announce(reply.held ? words.waits : words.posted);
    },
  });
}

/** @param {HTMLElement} shown @param {Annotation} item @param {Reactions} reactions @param {() => void} back */
function editForm(shown, item, reactions, back) {
  return compose({
    key: `edit:${item.id}`,
    title: words.changesTo,
    resume: { edit: item.id },
    label: words.yourComment,
    action: words.save,
    before: { body: item.body ?? "", tags: item.tags.join(", ") },
    ...(item.in_reply_to ? {} : { tags: document.getElementById("_text")?.dataset["document"] ?? "" }),
    cancel: back,
    send: async (written) => {
      const changed = await change(item.id, { body: written.body, tags: written.tags });
      fill(shown, changed, reactions);
      shown.querySelector("button")?.focus();
      announce(words.saved);
      reactions.edited(changed, shown);
    },
  });
}

/** @param {Annotation} item @param {Reactions} reactions @param {() => void} back */
function removal(item, reactions, back) {
  const error = make("p", { class: "error", role: "alert" });
  const yes = button(words.remove, "button danger", async () => {
    yes.disabled = true;
    try {
      await remove(item.id);
      reactions.removed(item);
    } catch (fault) {
      yes.disabled = false;
      error.textContent = fault instanceof Error ? fault.message : words.failed;
    }
  });
  const no = button(words.keep, "button quiet", back);
  const question = make("p", {}, words.reallyRemove);
  queueMicrotask(() => no.focus());
  return make("div", { class: "removal", role: "group" }, question, error, make("div", { class: "actions" }, yes, no));
}
