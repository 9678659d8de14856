/**
 * The panel beside the text (a sheet on narrow screens): the comments made at some words or on a
 * provision, and the form for one more. Comments are fetched when they are asked for.
 */

import { ApiError, create, list, one, viewer } from "./api.js";
import { announce, button, make } from "./elements.js";
import { countAll, isLeftOut, narrows, tellHidden, tellLeftOut } from "./filter_effects.js";
import { notice } from "./notices.js";
import { sort, sortControl } from "./sorting.js";
import { append, articleOf, spanOf } from "./thread.js";
import { offerUndo } from "./undoing.js";
import { refresh } from "./unsent.js";
import { noWayBack } from "./return_link.js";
import { words } from "./words.js";
import { offerForm } from "./writing.js";

/** @typedef {import("./api.js").Annotation} Annotation */
/** @typedef {import("./selection.js").Target} Target */
/** @typedef {{start: number, end: number}} Span */

/**
 * @typedef {object} Page what the panel needs of the page around it
 * @property {string} document
 * @property {string} edition
 * @property {HTMLElement} panel
 * @property {(span: Span | null) => void} speakOf
 * @property {(span: Span, back?: {author: string, focus: () => void}) => void} goTo brings words
 *   into view, puts the focus there, and offers the way back
 * @property {(where: {span?: Span, pid?: string} | null) => void} beside puts the panel
 *   beside words, and brings them into view where they are hidden
 * @property {() => Record<string, string>} narrowed the filter that holds for what is listed at a place
 * @property {() => void} showAll does without the filter
 * @property {() => void} recount counts what the filter leaves, after a change
 * @property {(span: Span, by: 1 | -1, unpainted: boolean) => void} changed replies, and comments on
 *   a whole provision, are counted and not painted
 * @property {import("./offsets.js").TextMap} map
 * @property {number} longest how many characters a range may have
 */

/**
 * @typedef {object} View what is shown
 * @property {string} title
 * @property {string} [quote]
 * @property {Record<string, string | number>} filter
 * @property {{pid: string, name: string}} [provision] what the form is about: a provision,
 * @property {Target} [target] or some words
 * @property {Span | null} [chosen] the words that the open form is about now
 * @property {{span?: Span, pid?: string} | null} [where] what it is beside, if the filter does not say
 */

/**
 * @typedef {object} Talk the panel and its present state
 * @property {Page} page
 * @property {HTMLElement} title
 * @property {HTMLElement} content
 * @property {ChildNode[]} hint what stands there while nothing is open
 * @property {HTMLElement | null} opener where the focus goes back to
 * @property {View | null} view what is open
 * @property {number} ticket answers to earlier questions are dropped
 */

/** @typedef {ReturnType<typeof makeConversation>} Conversation */

const FIRST = 20; // comments to begin with, so that they are there at once
const MORE = 50;

/** @param {Page} page */
export function makeConversation(page) {
  const content = find(page.panel, ".talk-body");
  /** @type {Talk} */
  const talk = {
    page, content, title: find(page.panel, ".talk-title"),
    hint: [...content.childNodes], opener: null, ticket: 0, view: null,
  };
  find(page.panel, ".talk-close").addEventListener("click", () => shut(talk));
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && "open" in page.panel.dataset && !event.defaultPrevented) shut(talk);
  });
  return {
    /** @param {number} offset */
    showAt: (offset) => open(talk, { title: words.onWords, filter: { start: offset, end: offset + 1 } }),
    /** @param {string} pid @param {string} name @param {boolean} [form] */
    showProvision: (pid, name, form) => open(talk, {
      title: name.charAt(0).toUpperCase() + name.slice(1), filter: { provision: pid }, provision: { pid, name },
    }, form),
    /** @param {Target} target */
    composeOn: (target) => open(talk, about(target, words.onWords), true),
    /** @param {Target} target */
    highlight: (target) => highlight(talk, target),
    /** @param {DOMStringMap} asked what the page says of the comment that its address names */
    showAsked: (asked) => showAsked(talk, asked),
    /** @param {Annotation} item one that has not been read */
    showUnread: async ({ id, thread }) => {
      const span = spanOf(await one(thread, page.edition));
      const where = span ? { span } : null;
      await open(talk, { title: words.unreadComment, filter: { thread }, where });
      focusOn(articleOf(talk.content, id) ?? undefined);
    },
    update: () => update(talk),
    /** Lists what is open again, under another filter; a form that is open among the comments stays. */
    again: () => {
      const { view, ticket } = talk;
      for (const told of talk.content.querySelectorAll(".left-out")) told.remove();
      if (view && !commentsIn(talk).querySelector("form")) void load(talk, view, () => ticket === talk.ticket);
    },
    /** @param {string} id @param {"reply" | "edit"} [act] what to go on with */
    showComment: (id, act) => showComment(talk, id, act),
  };
}

/** @param {Target} target @param {string} title @returns {View} */
function about(target, title) {
  return { title, quote: target.exact, filter: { start: target.start, end: target.end }, target };
}

/** @param {Talk} talk @param {View} view @param {boolean} [form] whether the form is wanted at once */
async function open(talk, view, form = false) {
  const { page, title, content } = talk;
  const ticket = ++talk.ticket;
  talk.view = view;
  if (!page.panel.contains(document.activeElement)) talk.opener = focused();
  page.panel.dataset["open"] = "";
  page.speakOf(view.target ?? null);
  page.beside(whereOf(view));
  noWayBack();
  title.textContent = view.title;
  const place = make("div", { class: "talk-form" });
  const comments = make("div", { class: "talk-comments" }, make("p", { class: "hint" }, words.loading));
  const quote = make("blockquote", { class: "talk-quote", dir: "auto" }, view.quote ?? "");
  content.replaceChildren(make("div", { class: "talk-told" }), quote, place, comments);
  content.scrollTop = 0;
  offerForm({ page, quote, shut: () => shut(talk), posted: (item) => posted(talk, item, view) }, view, place, form);
  if (!form) title.focus({ preventScroll: true });
  refresh();
  await load(talk, view, () => ticket === talk.ticket);
}

/** What the reader filters by holds for a place, and not for a thread that somebody was led to. @param {Talk} talk @param {View} view */
function filterOf({ page }, { filter }) {
  return "thread" in filter ? filter : { ...page.narrowed(), ...filter };
}

/** @param {Talk} talk @param {View} view */
function isNarrowed({ page }, { filter }) {
  return !("thread" in filter) && narrows(page.narrowed());
}

/** @param {View} view */
function whereOf({ filter, provision, where }) {
  if (where !== undefined) return where;
  const { start, end } = filter;
  if (typeof start === "number" && typeof end === "number") return { span: { start, end } };
  return provision ? { pid: provision.pid } : null;
}

/** @param {Talk} talk */
function shut(talk) {
  talk.ticket++;
  talk.view = null;
  noWayBack();
  delete talk.page.panel.dataset["open"];
  talk.page.speakOf(null);
  talk.page.beside(null);
  talk.title.textContent = talk.title.dataset["closed"] ?? "";
  const wasWriting = talk.content.querySelector("form.compose") !== null;
  talk.content.replaceChildren(...talk.hint);
  refresh(wasWriting);
  if (talk.opener?.isConnected) talk.opener.focus({ preventScroll: true });
  talk.opener = null;
}

/**
 * Fetch comments and show them: the first ones, or those after a cursor.
 * @param {Talk} talk @param {View} view @param {() => boolean} current @param {string} [cursor]
 */
async function load(talk, view, current, cursor) {
  const { document, edition } = talk.page;
  try {
    const limit = cursor ? MORE : FIRST;
    const asked = list({ document, edition, sort: sort(), ...filterOf(talk, view), cursor, limit });
    const [found, all] = await Promise.all([asked, cursor || !isNarrowed(talk, view) ? 0 : countAll(talk.page, view.filter)]);
    if (current()) show(talk, view, current, found, cursor !== undefined, all - found.total);
  } catch (fault) {
    if (current()) commentsIn(talk).replaceChildren(make("p", { class: "error" }, messageOf(fault)));
  }
}

/** @param {Talk} talk @param {View} view @param {() => boolean} current @param {import("./api.js").Listing} found @param {boolean} more @param {number} hidden by the filter */
function show(talk, view, current, { items, total, next }, more, hidden) {
  const place = commentsIn(talk);
  const threads = more ? listIn(place) : make("div", { class: "threads" });
  const added = items.map((item) => append(threads, item, reactions(talk, view)));
  const shown = threads.querySelectorAll(".comment").length;
  const head = total > 1 ? make("div", { class: "talk-order" }, make("p", {}, words.shownOf(shown, total)), sortControl(() => {
    void load(talk, view, current).then(() => place.querySelector("select")?.focus());
  })) : "";
  const told = more ? (place.querySelector(".talk-hidden") ?? "") : hidden > 0 ? tellHidden(hidden, () => showAll(talk)) : "";
  const nothing = hidden > 0 ? words.nothingFits : words.nothing;
  place.replaceChildren(head, total ? told : "", total ? threads : make("p", { class: "hint" }, nothing), total ? "" : told);
  if (next) place.append(button(words.more, "button quiet", () => load(talk, view, current, next)));
  if (more) focusOn(added[0]);
  announce(more ? words.shownOf(shown, total) : words.comments(total));
}

/** Add what has come since to what is open; nothing there moves, and no form is closed. @param {Talk} talk */
async function update(talk) {
  const { view, ticket, page: { document, edition } } = talk;
  if (!view) return;
  const { items } = await list({ document, edition, sort: "newest", ...filterOf(talk, view), limit: MORE });
  if (ticket !== talk.ticket) return;
  const threads = listIn(commentsIn(talk));
  for (const item of items.reverse()) {
    if (!item.in_reply_to || articleOf(threads, item.in_reply_to)) append(threads, item, reactions(talk, view));
  }
}

/** @param {HTMLElement | undefined} comment */
function focusOn(comment) {
  if (!comment) return;
  comment.tabIndex = -1;
  comment.focus();
}

/** @param {Talk} talk @param {Annotation} item @param {View} view */
function posted(talk, item, view) {
  const span = countedAt(item);
  if (span) talk.page.changed(span, 1, Boolean(item.target?.whole));
  const shown = append(listIn(commentsIn(talk)), item, reactions(talk, view));
  focusOn(shown);
  announce(item.held ? words.waits : words.posted);
  void judge(talk, item, shown);
}

/** What one has just written stays in sight; where the filter leaves it out, that is said. @param {Talk} talk @param {Annotation} item @param {HTMLElement} shown */
async function judge(talk, item, shown) {
  const isOut = await isLeftOut(talk.page, item).catch(() => false); // that it is posted is what matters
  shown.querySelector(".left-out")?.remove();
  if (!isOut) return;
  shown.prepend(tellLeftOut(() => showAll(talk)));
  announce(words.leftOut);
}

/** The button that was pressed goes with what it stands beside; the focus stays in the panel. @param {Talk} talk */
function showAll(talk) {
  talk.title.focus({ preventScroll: true });
  talk.page.showAll();
}

/** Where a comment is counted and painted; nowhere while it waits for a moderator. @param {Annotation} item */
function countedAt(item) {
  return item.held ? null : spanOf(item);
}

/** @param {Talk} talk @param {View} view @returns {import("./thread.js").Reactions} */
function reactions(talk, view) {
  const { page, content } = talk;
  return {
    speakOf: (span) => page.speakOf(span ?? view.chosen ?? null),
    goTo: (span, item, from) => page.goTo(span, { author: item.author ?? "", focus: () => from.focus() }),
    replied: (item) => {
      const shown = append(listIn(commentsIn(talk)), item, reactions(talk, view));
      shown.scrollIntoView({ block: "nearest" });
      void judge(talk, item, shown);
      const span = item.held ? null : (spanOf(item) ?? view.target ?? null);
      if (span) page.changed(span, 1, true);
    },
    edited: (item, shown) => {
      page.recount();
      void judge(talk, item, shown);
    },
    removed: (item) => {
      const span = countedAt(item);
      const answered = content.querySelector(`[data-id="${CSS.escape(item.id)}"] ~ .reply`);
      const unpainted = Boolean(item.in_reply_to ?? item.target?.whole);
      const isGone = Boolean(item.in_reply_to || !answered);
      if (span && isGone) page.changed(span, -1, unpainted);
      const ticket = talk.ticket;
      const again = () => load(talk, view, () => ticket === talk.ticket);
      offerUndo(find(content, ".talk-told"), item.id, (back) => {
        if (span && isGone) page.changed(span, 1, unpainted);
        return again().then(() => focusOn(articleOf(content, back.id) ?? undefined));
      });
      void again().then(() => announce(words.removed));
    },
  };
}

/** @param {Talk} talk @param {Target} target */
async function highlight(talk, target) {
  const { document, edition } = talk.page;
  const view = about(target, words.highlight);
  if (!viewer()) return open(talk, view, true);
  try {
    const item = await create({ document, edition, target, body: null, motivation: "highlighting" });
    const span = countedAt(item);
    if (span) talk.page.changed(span, 1, false);
    announce(item.held ? words.waits : words.highlighted);
    const isOut = await isLeftOut(talk.page, item).catch(() => false);
    if (isOut) notice("left-out", ...tellLeftOut(talk.page.showAll).childNodes);
  } catch (fault) {
    void open(talk, view, true);
    find(talk.content, ".compose .error").textContent = messageOf(fault);
  }
}

/** @param {Talk} talk @param {string} id @param {"reply" | "edit"} [act] */
async function showComment(talk, id, act) {
  const span = spanOf(await one(id));
  await open(talk, { title: words.onWords, filter: span ? { ...span } : { thread: id } });
  if (span) talk.page.goTo(span);
  const shown = articleOf(talk.content, id);
  shown?.scrollIntoView({ block: "nearest" });
  /** @type {HTMLElement | null | undefined} */ (act && shown?.querySelector(`[data-act="${act}"]`))?.click();
}

/**
 * Show the comment that the page's address names, in its thread and beside its place.
 * @param {Talk} talk @param {DOMStringMap} asked
 */
async function showAsked(talk, { remark = "", thread = "", pid, start, end }) {
  const where = start && end ? { span: { start: Number(start), end: Number(end) } } : pid ? { pid } : null;
  await open(talk, { title: words.asked, filter: { thread }, where });
  focusOn(articleOf(talk.content, remark) ?? undefined);
}

/** @param {Talk} talk */
function commentsIn(talk) {
  return find(talk.content, ".talk-comments");
}

/** @param {HTMLElement} comments @returns {Element} */
function listIn(comments) {
  const found = comments.querySelector(".threads");
  if (found) return found;
  const made = make("div", { class: "threads" });
  const hint = comments.querySelector(":scope > :is(.hint, .error)");
  if (hint) hint.replaceWith(made);
  else comments.prepend(made);
  return made;
}

/** @param {ParentNode} place @param {string} selector @returns {HTMLElement} */
function find(place, selector) {
  const found = place.querySelector(selector);
  if (!(found instanceof HTMLElement)) throw new Error(`The page has no ${selector}`);
  return found;
}

function focused() {
  const at = document.activeElement;
  return at instanceof HTMLElement && at !== document.body ? at : null;
}

/** @param {unknown} fault */
function messageOf(fault) {
  return fault instanceof ApiError ? fault.message : words.failed;
}
