/**
 * The panel next to the text (a sheet on narrow screens): the comments made at some words or on a
 * provision, as the server renders them. What its links lead to is shown in it: words, the next
 * comments, forms.
 */

import { fragment, one, query } from "./api.js";
import { commentIn, merge, placed, quoteOnce, spanOf, threadsIn } from "./comments.js";
import { placeOf } from "./counts.js";
import { announce, every, find, focusOn, make } from "./elements.js";
import { signInAndResume } from "./forms.js";
import { agree, compose, highlight, offerForm, openForm, resumeOf } from "./panel_forms.js";
import { recall, remember } from "./remembered.js";
import { noWayBack } from "./beside.js";
import { markNew } from "./unread.js";
import { refresh } from "./drafts.js";
import { words } from "./words.js";

const FIRST = 20; // comments to begin with, so that they are there at once
const MORE = 50;

/** @param {Page} page */
export function makePanel(page) {
  const [title, content] = [find(page.panel, ".talk-title"), find(page.panel, ".talk-body")];
  const hint = [...content.childNodes]; // what stands there while nothing is open
  /** @type {HTMLElement | null} where the focus goes back to */
  let opener = null;
  let ticket = 0; // answers to earlier questions are dropped

  /** @type {Panel} */
  const panel = {
    page, title, content, view: null,
    open: async (view, form = false) => {
      panel.view = view;
      if (!page.panel.contains(document.activeElement)) opener = document.activeElement instanceof HTMLElement && document.activeElement !== document.body ? document.activeElement : null;
      page.panel.dataset["open"] = "";
      page.speakOf(view.target ?? null);
      page.beside(whereOf(view));
      noWayBack();
      title.textContent = view.title;
      content.replaceChildren(
        make("div", { class: "talk-told" }), make("blockquote", { class: "talk-quote", dir: "auto", "data-words": view.quote ?? "" }, view.quote ?? ""),
        make("div", { class: "talk-form" }), make("div", { class: "talk-comments" }, make("p", { class: "hint" }, words.loading)),
      );
      content.scrollTop = 0;
      if (form) compose(panel);
      else {
        offerForm(panel);
        title.focus({ preventScroll: true });
      }
      refresh();
      await panel.load();
    },
    load: async (next) => {
      if (!panel.view) return;
      const mine = ++ticket;
      const place = find(content, ".talk-comments");
      try {
        const found = await fragment(next ?? addressOf(page, panel.view, { sort: recall("sort") ?? "place", limit: FIRST }));
        const listing = found.querySelector(".listing");
        if (mine !== ticket || !listing) return;
        const before = next && place.querySelector(".threads");
        const added = before ? merge(before, listing) : [];
        if (before) listing.querySelector(".threads")?.replaceWith(before);
        place.replaceChildren(...found.children);
        quoteOnce(content);
        markNew(listing);
        focusOn(added[0]);
        if (!content.querySelector(":is(.talk-form, .talk-told) form")) announce(listing.querySelector(".counted")?.textContent ?? "");
      } catch (fault) {
        if (mine === ticket) place.replaceChildren(make("p", { class: "error" }, fault instanceof Error ? fault.message : words.failed));
      }
    },
    /** The pressed button is removed with its content; the focus stays in the panel. */
    showAll: () => {
      title.focus({ preventScroll: true });
      page.showAll();
    },
    shut: () => {
      ticket++;
      panel.view = null;
      noWayBack();
      delete page.panel.dataset["open"];
      page.speakOf(null);
      page.beside(null);
      title.textContent = title.dataset["closed"] ?? "";
      const wasWriting = content.querySelector("form[data-draft]") !== null;
      content.replaceChildren(...hint);
      refresh(wasWriting);
      if (opener?.isConnected) opener.focus({ preventScroll: true });
      opener = null;
    },
  };

  content.addEventListener("submit", (event) => {
    if (!(event.target instanceof HTMLFormElement) || !event.target.matches(".agreement")) return;
    event.preventDefault();
    void agree(panel, event.target, event.submitter);
  });
  find(page.panel, ".talk-close").addEventListener("click", panel.shut);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && "open" in page.panel.dataset && !event.defaultPrevented) panel.shut();
  });
  content.addEventListener("click", (event) => follow(panel, event));
  for (const name of ["mouseover", "focusin", "mouseleave"]) {
    content.addEventListener(name, ({ target }) => {
      const comment = target instanceof Element ? target.closest(".comment") : null;
      page.speakOf((comment && spanOf(comment)) ?? panel.view?.chosen ?? panel.view?.target ?? null, comment?.id.slice("a-".length));
    });
  }

  return {
    /** @param {number} offset */
    showAt: (offset) => panel.open({ title: placeAt(page, offset), place: { start: offset, end: offset + 1 } }),
    /** @param {string} pid @param {string} name @param {boolean} [form] */
    showProvision: (pid, name, form) => panel.open({
      title: placeAt(page, pid) || name, place: { provision: pid }, provision: { pid, name },
    }, form),
    /** @param {Target} target */
    composeOn: (target) => panel.open(about(target, placeAt(page, target.start)), true),
    /** @param {Target} target */
    highlight: (target) => highlight(panel, about(target, placeAt(page, target.start)), target),
    /** @param {DOMStringMap} asked what the page says of the comment that its address names */
    showAsked: async ({ remark = "", thread = "", pid, start, end }) => {
      const where = start && end ? { span: { start: Number(start), end: Number(end) } } : pid ? { pid } : null;
      await panel.open({ title: words.asked, place: { thread }, where });
      focusOn(commentIn(content, remark));
    },
    /** @param {Annotation} unread */
    showUnread: async ({ id, thread }) => {
      const span = placed(await one(thread, page.edition));
      await panel.open({ title: words.unreadComment, place: { thread }, where: span ? { span } : null });
      focusOn(commentIn(content, id));
    },
    /** Adds new comments to the open list; nothing moves, and no form is closed. */
    update: async () => {
      const { view } = panel;
      if (!view) return;
      const found = await fragment(addressOf(page, view, { limit: MORE, sort: "recent" }));
      if (view !== panel.view) return;
      merge(threadsIn(content), found);
      markNew(content);
    },
    /** Lists what is open again, under another filter; a form that is open among the comments stays. */
    again: () => {
      for (const told of every(".left-out", content)) told.remove();
      if (!content.querySelector(".talk-comments form")) void panel.load();
    },
    /** @param {string} id @param {string} [act] what to go on with */
    showComment: async (id, act) => {
      const span = placed(await one(id, page.edition));
      await panel.open({ title: span ? placeAt(page, span.start) : words.asked, place: span ? { ...span } : { thread: id } });
      if (span) page.goTo(span);
      const shown = commentIn(content, id);
      shown?.scrollIntoView({ block: "nearest" });
      if (act) /** @type {HTMLElement | null | undefined} */ (shown?.querySelector(`[data-act="${act}"]`))?.click();
    },
  };
}

/** Name a place of the text, by an offset or a pid; empty for what is not loaded. @param {Page} page @param {number | string} at */
function placeAt({ map }, at) {
  const element = typeof at === "string" ? document.getElementById(at) : map.blocks.findLast(({ start }) => start <= at)?.element;
  return element ? placeOf(map, element) : "";
}

/** @param {Target} target @param {string} title @returns {View} */
function about(target, title) {
  return { title, quote: target.exact, place: { start: target.start, end: target.end }, target };
}

/** @param {View} view */
function whereOf({ place: { start, end }, provision, where }) {
  if (where !== undefined) return where;
  if (typeof start === "number" && typeof end === "number") return { span: { start, end } };
  return provision ? { pid: provision.pid } : null;
}

/** The address of the comments at a place; the filter applies there, but not to a linked thread. @param {Page} page @param {View} view @param {Record<string, string | number>} more */
function addressOf(page, { place }, more) {
  const asked = { ...("thread" in place ? {} : page.narrowed()), ...place, ...more };
  return `/d/${encodeURIComponent(page.document)}/comments/${encodeURIComponent(page.edition)}?${query(asked)}`;
}

/** Follow the links whose goal can be shown in the panel. @param {Panel} panel @param {MouseEvent} event */
function follow(panel, event) {
  const link = event.target instanceof Element ? event.target.closest("a") : null;
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  const comment = /** @type {HTMLElement | null} */ (link.closest(".comment"));
  const span = comment && spanOf(comment);
  const answered = link.closest(".answers") && commentIn(panel.content, link.hash.slice("#a-".length));
  if ("signIn" in link.dataset && !link.closest("form")) return signInAndResume(link, resumeOf(panel, comment));
  if (link.matches(".words") && comment && span) {
    panel.page.goTo(span, { author: comment.dataset["author"] ?? "", focus: () => link.focus() });
  } else if (answered) focusOn(answered);
  else if (link.dataset["act"] && comment) void openForm(panel, link, comment);
  else if ("cite" in link.dataset) panel.page.cite({ start: Number(link.dataset["start"]), end: Number(link.dataset["end"]) });
  else if ("all" in link.dataset) panel.showAll();
  else if (link.dataset["sort"]) {
    remember("sort", link.dataset["sort"]);
    void panel.load().then(() => focusOn(every(".sorts [aria-current]", panel.content)[0]));
  } else if (link.closest(".more")) void panel.load(`${link.href}&limit=${MORE}`);
  else return;
  event.preventDefault();
}
