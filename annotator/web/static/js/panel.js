/**
 * The panel next to the text (a sheet on narrow screens): the comments on selected words or on a
 * provision, in the HTML of the server. Its links open words, further comments and forms in it.
 */

import { fetchFragment, getAnnotation, query } from "./api.js";
import { commentIn, merge, spanOfAnnotation, quoteOnce, spanOf, threadsIn } from "./comments.js";
import { placeOf } from "./counts.js";
import { announce, every, findRequired, focusOn, make } from "./elements.js";
import { signInAndResume } from "./forms.js";
import { agree, compose, highlight, showFormButton, openForm, resumeOf } from "./panel_forms.js";
import { getStored, store } from "./storage.js";
import { removeReturnLink } from "./panel_position.js";
import { markNew } from "./unread.js";
import { refreshDrafts } from "./drafts.js";
import { words } from "./words.js";

const FIRST_PAGE = 20; // comments; few, so that they appear at once
const NEXT_PAGE = 50;

/** @param {Page} page */
export function makePanel(page) {
  const [title, content] = [findRequired(page.panel, ".talk-title"), findRequired(page.panel, ".talk-body")];
  const hint = [...content.childNodes]; // shown while nothing is open
  /** @type {HTMLElement | null} gets the focus back on closing */
  let opener = null;
  let latest = 0; // request; earlier responses are ignored

  /** @type {Panel} */
  const panel = {
    page, title, content, view: null,
    open: async (view, form = false) => {
      panel.view = view;
      if (!page.panel.contains(document.activeElement)) opener = document.activeElement instanceof HTMLElement && document.activeElement !== document.body ? document.activeElement : null;
      page.panel.dataset["open"] = "";
      page.emphasize(view.target ?? null);
      page.placePanel(positionOf(view));
      removeReturnLink();
      title.textContent = view.title;
      content.replaceChildren(
        make("div", { class: "talk-told" }), make("blockquote", { class: "talk-quote", dir: "auto", "data-words": view.quote ?? "" }, view.quote ?? ""),
        make("div", { class: "talk-form" }), make("div", { class: "talk-comments" }, make("p", { class: "hint" }, words.loading)),
      );
      content.scrollTop = 0;
      if (form) compose(panel);
      else {
        showFormButton(panel);
        title.focus({ preventScroll: true });
      }
      refreshDrafts();
      await panel.load();
    },
    load: async (next) => {
      if (!panel.view) return;
      const request = ++latest;
      const place = findRequired(content, ".talk-comments");
      try {
        const found = await fetchFragment(next ?? addressOf(page, panel.view, { sort: getStored("sort") ?? "place", limit: FIRST_PAGE }));
        const listing = found.querySelector(".listing");
        if (request !== latest || !listing) return;
        const before = next && place.querySelector(".threads");
        const added = before ? merge(before, listing) : [];
        if (before) listing.querySelector(".threads")?.replaceWith(before);
        place.replaceChildren(...found.children);
        quoteOnce(content);
        markNew(listing);
        focusOn(added[0]);
        if (!content.querySelector(":is(.talk-form, .talk-told) form")) announce(listing.querySelector(".counted")?.textContent ?? "");
      } catch (error) {
        if (request === latest) place.replaceChildren(make("p", { class: "error" }, error instanceof Error ? error.message : words.failed));
      }
    },
    /** The pressed button is removed with its content; the focus stays in the panel. */
    showAll: () => {
      title.focus({ preventScroll: true });
      page.showAll();
    },
    close: () => {
      latest++;
      panel.view = null;
      removeReturnLink();
      delete page.panel.dataset["open"];
      page.emphasize(null);
      page.placePanel(null);
      title.textContent = title.dataset["closed"] ?? "";
      const wasWriting = content.querySelector("form[data-draft]") !== null;
      content.replaceChildren(...hint);
      refreshDrafts(wasWriting);
      if (opener?.isConnected) opener.focus({ preventScroll: true });
      opener = null;
    },
  };

  content.addEventListener("submit", (event) => {
    if (!(event.target instanceof HTMLFormElement) || !event.target.matches(".agreement")) return;
    event.preventDefault();
    void agree(panel, event.target, event.submitter);
  });
  findRequired(page.panel, ".talk-close").addEventListener("click", panel.close);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && "open" in page.panel.dataset && !event.defaultPrevented) panel.close();
  });
  content.addEventListener("click", (event) => openLink(panel, event));
  for (const name of ["mouseover", "focusin", "mouseleave"]) {
    content.addEventListener(name, ({ target }) => {
      const comment = target instanceof Element ? target.closest(".comment") : null;
      page.emphasize((comment && spanOf(comment)) ?? panel.view?.chosen ?? panel.view?.target ?? null, comment?.id.slice("a-".length));
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
    composeOn: (target) => panel.open(viewOf(target, placeAt(page, target.start)), true),
    /** @param {Target} target */
    highlight: (target) => highlight(panel, viewOf(target, placeAt(page, target.start)), target),
    /** @param {DOMStringMap} link the data of the comment in the page's address */
    showLinked: async ({ annotation = "", thread = "", pid, start, end }) => {
      const where = start && end ? { span: { start: Number(start), end: Number(end) } } : pid ? { pid } : null;
      await panel.open({ title: words.linkedComment, place: { thread }, where });
      focusOn(commentIn(content, annotation));
    },
    /** @param {Annotation} unread */
    showUnread: async ({ id, thread }) => {
      const span = spanOfAnnotation(await getAnnotation(thread, page.edition));
      await panel.open({ title: words.unreadComment, place: { thread }, where: span ? { span } : null });
      focusOn(commentIn(content, id));
    },
    /** Add new comments to the open list. Nothing moves, and no form is closed. */
    update: async () => {
      const { view } = panel;
      if (!view) return;
      const found = await fetchFragment(addressOf(page, view, { limit: NEXT_PAGE, sort: "recent" }));
      if (view !== panel.view) return;
      merge(threadsIn(content), found);
      markNew(content);
    },
    /** Reload the open list after the filter has changed, unless a form is open in it. */
    reload: () => {
      for (const note of every(".left-out", content)) note.remove();
      if (!content.querySelector(".talk-comments form")) void panel.load();
    },
    /** @param {string} id @param {string} [act] to continue */
    showComment: async (id, act) => {
      const span = spanOfAnnotation(await getAnnotation(id, page.edition));
      await panel.open({ title: span ? placeAt(page, span.start) : words.linkedComment, place: span ? { ...span } : { thread: id } });
      if (span) page.goTo(span);
      const shown = commentIn(content, id);
      shown?.scrollIntoView({ block: "nearest" });
      if (act) /** @type {HTMLElement | null | undefined} */ (shown?.querySelector(`[data-act="${act}"]`))?.click();
    },
  };
}

/** Return the name of a place, or an empty string if it is not loaded. @param {Page} page @param {number | string} at an offset or a pid */
function placeAt({ map }, at) {
  const element = typeof at === "string" ? document.getElementById(at) : map.blocks.findLast(({ start }) => start <= at)?.element;
  return element ? placeOf(map, element) : "";
}

/** @param {Target} target @param {string} title @returns {View} */
function viewOf(target, title) {
  return { title, quote: target.exact, place: { start: target.start, end: target.end }, target };
}

/** @param {View} view */
function positionOf({ place: { start, end }, provision, where }) {
  if (where !== undefined) return where;
  if (typeof start === "number" && typeof end === "number") return { span: { start, end } };
  return provision ? { pid: provision.pid } : null;
}

/** Return the address of the comments at a place. The filter does not apply to a linked thread. @param {Page} page @param {View} view @param {Record<string, string | number>} more */
function addressOf(page, { place }, more) {
  const parameters = { ...("thread" in place ? {} : page.filter()), ...place, ...more };
  return `/d/${encodeURIComponent(page.document)}/comments/${encodeURIComponent(page.edition)}?${query(parameters)}`;
}

/** Open a clicked link in the panel, if possible. @param {Panel} panel @param {MouseEvent} event */
function openLink(panel, event) {
  const link = event.target instanceof Element ? event.target.closest("a") : null;
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  const comment = /** @type {HTMLElement | null} */ (link.closest(".comment"));
  const span = comment && spanOf(comment);
  const repliedTo = link.closest(".answers") && commentIn(panel.content, link.hash.slice("#a-".length));
  if ("signIn" in link.dataset && !link.closest("form")) return signInAndResume(link, resumeOf(panel, comment));
  if (link.matches(".words") && comment && span) {
    panel.page.goTo(span, { author: comment.dataset["author"] ?? "", focus: () => link.focus() });
  } else if (repliedTo) focusOn(repliedTo);
  else if (link.dataset["act"] && comment) void openForm(panel, link, comment);
  else if ("cite" in link.dataset) panel.page.cite({ start: Number(link.dataset["start"]), end: Number(link.dataset["end"]) });
  else if ("all" in link.dataset) panel.showAll();
  else if (link.dataset["sort"]) {
    store("sort", link.dataset["sort"]);
    void panel.load().then(() => focusOn(every(".sorts [aria-current]", panel.content)[0]));
  } else if (link.closest(".more")) void panel.load(`${link.href}&limit=${NEXT_PAGE}`);
  else return;
  event.preventDefault();
}
