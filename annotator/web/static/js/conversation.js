/**
 * The panel beside the text (a sheet on narrow screens): the remarks made at some words or on a
 * provision, and the form for one more. Remarks are fetched when they are asked for.
 */

import { ApiError, create, list, one, viewer } from "./api.js";
import { compose, FieldError, signInFirst } from "./compose.js";
import { announce, button, make } from "./elements.js";
import { append, spanOf } from "./thread.js";
import { words } from "./words.js";

/** @typedef {import("./api.js").Annotation} Annotation */
/** @typedef {import("./selection.js").Target} Target */
/** @typedef {{start: number, end: number}} Span */

/**
 * @typedef {object} Page what the panel needs of the page around it
 * @property {string} document
 * @property {string} edition
 * @property {HTMLElement} panel
 * @property {(span: Span | null) => void} speakOf
 * @property {(span: Span) => void} goTo brings words into view and puts the focus there
 * @property {(span: Span) => void} show brings words into view where they are hidden
 * @property {(span: Span, by: 1 | -1, unpainted: boolean) => void} changed replies, and remarks on
 *   a whole provision, are counted and not painted
 * @property {(pid: string, quote: string) => Target[]} find the words in a provision, wherever they stand
 */

/**
 * @typedef {object} View what is shown
 * @property {string} title
 * @property {string} [quote]
 * @property {Record<string, string | number>} filter
 * @property {{pid: string, name: string}} [provision] what the form is about: a provision,
 * @property {Target} [target] or some words
 */

/** @typedef {ReturnType<typeof makeConversation>} Conversation */

/** @param {Page} page */
export function makeConversation(page) {
  const title = find(page.panel, ".talk-title");
  const content = find(page.panel, ".talk-body");
  const close = find(page.panel, ".talk-close");
  const hint = [...content.childNodes];
  /** @type {HTMLElement | null} */
  let opener = null;
  let latest = 0; // answers to earlier questions are dropped

  /** @param {View} view @param {{form?: boolean}} [how] */
  async function open(view, how = {}) {
    const ticket = ++latest;
    if (!page.panel.contains(document.activeElement)) opener = focused();
    page.panel.dataset["open"] = "";
    page.speakOf(view.target ?? null);
    title.textContent = view.title;
    const form = make("div", { class: "talk-form" });
    const remarks = make("div", { class: "talk-remarks" }, make("p", { class: "hint" }, words.loading));
    content.replaceChildren(
      ...(view.quote ? [make("blockquote", { class: "talk-quote" }, view.quote)] : []), form, remarks);
    content.scrollTop = 0;
    offerForm(form, view, remarks, how.form ?? false);
    if (!how.form) title.focus({ preventScroll: true });
    if (view.target) page.show(view.target);
    await load(view, remarks, () => ticket === latest);
  }

  function shut() {
    latest++;
    delete page.panel.dataset["open"];
    page.speakOf(null);
    title.textContent = title.dataset["closed"] ?? "";
    content.replaceChildren(...hint);
    if (opener?.isConnected) opener.focus({ preventScroll: true });
    opener = null;
  }

  /** @param {View} view @param {HTMLElement} place @param {() => boolean} current @param {string} [cursor] */
  async function load(view, place, current, cursor) {
    try {
      const filter = { document: page.document, edition: page.edition, sort: "place", ...view.filter };
      const found = await list(cursor ? { ...filter, cursor } : filter);
      if (!current()) return;
      const shown = cursor ? listIn(place) : make("div", { class: "threads" });
      for (const item of found.items) append(shown, item, reactions(view));
      place.replaceChildren(found.total ? shown : make("p", { class: "hint" }, words.nothing));
      if (found.next) place.append(more(view, place, current, found.next));
      if (!cursor) announce(words.remarks(found.total));
    } catch (fault) {
      if (current()) place.replaceChildren(make("p", { class: "error" }, messageOf(fault)));
    }
  }

  /** @param {View} view @param {HTMLElement} place @param {() => boolean} current @param {string} next */
  function more(view, place, current, next) {
    return button(words.more, "button quiet", () => load(view, place, current, next));
  }

  /** @param {HTMLElement} place @param {View} view @param {HTMLElement} remarks @param {boolean} now */
  function offerForm(place, view, remarks, now) {
    const { target, provision } = view;
    if (!target && !provision) return;
    const resume = target ? { target } : { pid: provision?.pid, name: provision?.name };
    const show = () => {
      if (!viewer()) return place.replaceChildren(signInFirst(resume));
      const cancel = () => (target ? shut() : place.replaceChildren(start));
      place.replaceChildren(newRemark(view, resume, cancel, (item) => posted(item, view, place, remarks, start)));
      place.querySelector("textarea")?.focus({ preventScroll: true });
    };
    const start = button(words.commentOn(provision?.name ?? ""), "button quiet", show);
    if (now) show();
    else place.replaceChildren(start);
  }

  /** @param {View} view @param {object} resume @param {() => void} cancel @param {(item: Annotation) => void} done */
  function newRemark(view, resume, cancel, done) {
    const about = view.target ? `${view.target.start}-${view.target.end}` : (view.provision?.pid ?? "");
    return compose({
      key: `${page.document}@${page.edition}:${about}`,
      label: words.yourRemark,
      action: words.post,
      tags: true,
      quote: !view.target,
      resume,
      cancel,
      send: async ({ body, tags, quote }) => {
        const target = view.target ?? narrowed(view.provision?.pid ?? "", quote);
        done(await create({ document: page.document, edition: page.edition, target, body, tags, motivation: "commenting" }));
      },
    });
  }

  /** @param {string} pid @param {string} quote @returns {Target | {pid: string}} */
  function narrowed(pid, quote) {
    if (!quote) return { pid };
    const [first, ...others] = page.find(pid, quote);
    if (!first) throw new FieldError("quote", words.notThere);
    if (others.length) throw new FieldError("quote", words.severalTimes);
    return first;
  }

  /** @param {Annotation} item @param {View} view @param {HTMLElement} place @param {HTMLElement} remarks @param {HTMLElement} start */
  function posted(item, view, place, remarks, start) {
    const span = spanOf(item);
    if (span) page.changed(span, 1, Boolean(item.target?.whole));
    place.replaceChildren(...(view.provision ? [start] : []));
    const shown = append(listIn(remarks), item, reactions(view));
    shown.tabIndex = -1;
    shown.focus();
    announce(words.posted);
  }

  /** @param {View} view @returns {import("./thread.js").Reactions} */
  function reactions(view) {
    return {
      speakOf: page.speakOf,
      goTo: page.goTo,
      replied: (item) => {
        const remarks = find(content, ".talk-remarks");
        append(listIn(remarks), item, reactions(view)).scrollIntoView({ block: "nearest" });
        const span = spanOf(item) ?? view.target ?? null;
        if (span) page.changed(span, 1, true);
      },
      removed: (item) => {
        const span = spanOf(item);
        const answered = content.querySelector(`[data-id="${CSS.escape(item.id)}"] ~ .reply`);
        const unpainted = Boolean(item.in_reply_to ?? item.target?.whole);
        if (span && (item.in_reply_to || !answered)) page.changed(span, -1, unpainted);
        void load(view, find(content, ".talk-remarks"), () => true).then(() => title.focus({ preventScroll: true }));
      },
    };
  }

  close.addEventListener("click", shut);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && "open" in page.panel.dataset && !event.defaultPrevented) shut();
  });

  return {
    close: shut,
    /** @param {number} offset */
    showAt: (offset) => open({ title: words.onWords, filter: { start: offset, end: offset + 1 } }),
    /** @param {string} pid @param {string} name @param {{form?: boolean}} [how] */
    showProvision: (pid, name, how) =>
      open({ title: name.charAt(0).toUpperCase() + name.slice(1), filter: { provision: pid }, provision: { pid, name } }, how),
    /** @param {Target} target */
    composeOn: (target) =>
      open({ title: words.onWords, quote: target.exact, filter: { start: target.start, end: target.end }, target }, { form: true }),
    /** @param {string} id */
    async showRemark(id) {
      const head = await one(id);
      const span = spanOf(head);
      await open({ title: words.onWords, filter: span ? { ...span } : { thread: id } });
      if (span) page.goTo(span);
      content.querySelector(`[data-id="${CSS.escape(id)}"]`)?.scrollIntoView({ block: "nearest" });
    },
    /** @param {Target} target */
    async highlight(target) {
      if (!viewer()) return open({ title: words.highlight, quote: target.exact, filter: { ...span(target) }, target }, { form: true });
      try {
        const item = await create({ document: page.document, edition: page.edition, target, body: null, motivation: "highlighting" });
        const place = spanOf(item);
        if (place) page.changed(place, 1, false);
        announce(words.highlighted);
      } catch (fault) {
        await open({ title: words.highlight, quote: target.exact, filter: { ...span(target) }, target }, { form: true });
        find(content, ".compose .error").textContent = messageOf(fault);
      }
    },
  };
}

/** @param {Target} target @returns {Span} */
function span(target) {
  return { start: target.start, end: target.end };
}

/** @param {HTMLElement} remarks @returns {Element} */
function listIn(remarks) {
  const found = remarks.querySelector(".threads");
  if (found) return found;
  const made = make("div", { class: "threads" });
  remarks.replaceChildren(made);
  return made;
}

/** @param {ParentNode} place @param {string} selector @returns {HTMLElement} */
function find(place, selector) {
  const found = place.querySelector(selector);
  if (!(found instanceof HTMLElement)) throw new Error(`The page has no ${selector}`);
  return found;
}

function focused() {
  return document.activeElement instanceof HTMLElement && document.activeElement !== document.body
    ? document.activeElement : null;
}

/** @param {unknown} fault */
function messageOf(fault) {
  return fault instanceof ApiError ? fault.message : words.failed;
}
