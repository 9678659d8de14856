/** The entry of the reading page: connects the text, highlights, toolbar, filter and panel. */

import { getCommentary } from "./api.js";
import { resizeOnScroll, addReturnLink, resetPanel, alignPanel } from "./panel_position.js";
import { copyCitation } from "./citations.js";
import { setUpContents } from "./contents.js";
import { blockOf, changeCounts, countOf, setCounts } from "./counts.js";
import { offerDrafts, takeResume } from "./drafts.js";
import { focusOn, scrollBehavior, headerBottom } from "./elements.js";
import { isFiltered, setUpFilter } from "./filter.js";
import { startPolling } from "./polling.js";
import { addComment, decode, emphasize } from "./highlights.js";
import { handleKeys, goToControl } from "./keyboard.js";
import { addStrip } from "./map_strip.js";
import { applyHighlightSettings, repaint } from "./marks.js";
import { setNotice } from "./notices.js";
import { blocksIn, rangeOf, wordsOf } from "./offsets.js";
import { finishPainting } from "./initial_highlights.js";
import { makePanel } from "./panel.js";
import { setUpParts } from "./text_parts.js";
import { restorePosition } from "./reading_position.js";
import { handlePointer } from "./pointer.js";
import { setUpSuggestions } from "./suggestions.js";
import { setUpToolbar } from "./toolbar.js";
import { layOutSections } from "./idle_layout.js";
import { trackUnread, refreshUnread } from "./unread.js";
import { words } from "./words.js";

const VISIBLE_ABOVE_SHEET = 0.25; // of the window's height, as in reading.css
const whenIdle = typeof requestIdleCallback === "function" ? requestIdleCallback : setTimeout;
const LINE = 40; // px; words need at least this much to count as visible

/** @param {string} id */
const byId = (id) => document.getElementById(id);

const text = byId("_text");
const panel = byId("_talk");
const strip = byId("_map");
const form = document.forms.namedItem("_filter");
if (text && panel && strip && form) start(text, panel, strip, form);

/** @param {HTMLElement} text @param {HTMLElement} panel @param {HTMLElement} strip @param {HTMLFormElement} form */
function start(text, panel, strip, form) {
  const painted = finishPainting(text);
  const map = painted.map;
  let segments = painted.segments;
  /** @type {Commentary["provisions"]} */
  let counted = []; // under a filter
  const page = { document: text.dataset["document"] ?? "", edition: text.dataset["edition"] ?? "", latest: text.dataset["latest"] ?? "" };
  const filter = setUpFilter(page, form, (found) => show(found), () => {
    setNotice("left-out");
    openPanel.reload();
  });
  const draw = () => {
    repaint(map, segments);
    suggestions.paint();
  };
  const suggestions = setUpSuggestions(map, page, draw);
  const lookForSuggestions = () => void suggestions.load().catch(() => {}); // not essential
  const loadCommentary = () => getCommentary(page.document, page.edition, filter.current());
  const mapStrip = addStrip(strip, map, goToControl, loadCommentary);
  /** Show the total number of comments, without the filter. @param {number} total */
  const showTotal = (total) => {
    const counter = byId("_total");
    if (!counter) return;
    counter.dataset["count"] = String(total);
    counter.textContent = words.comments(total);
  };
  /** @param {Commentary} found */
  const show = (found) => {
    if (!isFiltered(filter.current())) showTotal(found.total);
    counted = found.provisions;
    setCounts(map, counted);
    segments = decode(found.segments);
    draw();
    mapStrip.draw(found.provisions);
  };

  /** Only the server can count under a filter. */
  const recount = () => {
    if (isFiltered(filter.current())) void filter.recount().catch(() => {}); // the next filter shows the error
  };

  /** @param {import("./citations.js").Passage} passage */
  const cite = (passage) => void copyCitation(page.document, page.edition, passage);
  const openPanel = makePanel({
    document: page.document,
    edition: page.edition,
    panel,
    emphasize: (span, id) => {
      emphasize(map, span);
      if (id) suggestions.choose(id);
    },
    goTo: (span, back) => {
      goTo(map, span, panel, back);
      void parts.cover({ span }).then((loaded) => loaded && goTo(map, span, panel, back), () => {});
    },
    placePanel: (position) => {
      placePanel(map, panel, position);
      void parts.cover(position).then((loaded) => loaded && placePanel(map, panel, position), () => {});
    },
    filter: filter.current,
    showAll: () => void filter.showAll(),
    cite: ({ start, end }) => cite({ start, end, exact: wordsOf(map, start, end) }),
    recount,
    countChange: (span, change, unpainted) => {
      if (change > 0) void polling.poll(); // there may be a newer edition
      lookForSuggestions();
      showTotal(Number(byId("_total")?.dataset["count"]) + change);
      if (isFiltered(filter.current())) return recount();
      mapStrip.drawSoon();
      changeCounts(map, span, change);
      if (unpainted) return;
      segments = addComment(segments, span.start, span.end, change);
      draw();
    },
    map,
    maxLength: Number(text.dataset["longest"]),
  });
  setUpToolbar(map, { comment: openPanel.composeOn, highlight: openPanel.highlight, cite });
  resizeOnScroll(panel);
  applyHighlightSettings(() => draw());
  handlePointer(map, () => segments, openPanel.showAt);
  handleControls(text, openPanel, (link) => parts.loadLink(link));
  const contents = byId("_contents");
  const sections = contents && setUpContents(contents, text);
  const parts = setUpParts(map, () => {
    if (isFiltered(filter.current())) setCounts(map, counted);
    draw();
    sections?.update();
    mapStrip.drawSoon();
    if (!text.querySelector("a.part")) void refreshUnread(map, page).catch(() => {});
  });
  const polling = startPolling({
    ...page, newest: text.dataset["newest"] === "yes", since: page.latest,
    currentId: () => firstVisible(map)?.closest("[id]")?.id ?? "",
    show: async () => {
      const fresh = await loadCommentary();
      const anchor = firstVisible(map);
      const before = anchor?.getBoundingClientRect().top ?? 0;
      show(fresh);
      lookForSuggestions();
      await openPanel.update();
      scrollBy({ top: (anchor?.getBoundingClientRect().top ?? 0) - before, behavior: "instant" });
      void refreshUnread(map, page).catch(() => {});
    },
  });
  void trackUnread(map, page, openPanel.showUnread).catch(() => {}); // not essential
  resume(openPanel);
  void restorePosition(map, page.document, parts.load);
  layOutSections(text);
  void filter.restore().then(() => whenIdle(mapStrip.drawOnce));
  if (byId("_total")?.dataset["count"] !== "0") whenIdle(lookForSuggestions);
}

/** Return the first visible block. @param {TextMap} map */
function firstVisible(map) {
  const top = headerBottom();
  return map.blocks.find(({ element }) => element.getBoundingClientRect().bottom > top)?.element;
}

/** Open a provision's comments in the panel instead of its page. @param {HTMLElement} text @param {OpenPanel} openPanel @param {(link: HTMLElement) => Promise<void>} loadLink */
function handleControls(text, openPanel, loadLink) {
  /** @param {HTMLElement} control @param {boolean} form */
  const open = (control, form) => {
    const block = blockOf(control);
    if (block?.id) void openPanel.showProvision(block.id, control.dataset["name"] ?? "", form);
  };
  text.addEventListener("click", (event) => {
    const control = event.target instanceof Element ? /** @type {HTMLElement | null} */ (event.target.closest("a.n")) : null;
    if (!control || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    if (!blockOf(control)?.id) return;
    event.preventDefault();
    open(control, countOf(control) === 0);
  });
  handleKeys(text, open, loadLink);
}

/** Position the panel next to words or the start of a provision. @param {TextMap} map @param {HTMLElement} panel @param {{span?: Span, pid?: string} | null} position */
function placePanel(map, panel, position) {
  const place = position?.span ? rangeOf(map, position.span.start, position.span.end) : byId(position?.pid ?? "");
  if (!place) return resetPanel(panel);
  const { top } = place.getBoundingClientRect();
  alignPanel(panel, top);
  scrollIntoWindow(panel, top);
}

/**
 * Scroll to words, emphasize and focus them.
 * @param {TextMap} map @param {Span} span @param {HTMLElement} panel
 * @param {{author: string, focus: () => void}} [back] to the comment that links to them
 */
function goTo(map, span, panel, back) {
  const block = blocksIn(map, span.start, span.end)[0]?.element;
  if (!block) return;
  scrollIntoWindow(panel, rangeOf(map, span.start, span.end).getBoundingClientRect().top);
  focusOn(block, { preventScroll: true });
  if (back) addReturnLink(block, back.author, back.focus);
  emphasize(map, span);
}

/** Scroll to a place outside the window or under the sheet. @param {HTMLElement} panel @param {number} top of the place, in px */
function scrollIntoWindow(panel, top) {
  const isSheet = panel.offsetWidth >= document.documentElement.clientWidth;
  const height = isSheet ? innerHeight * VISIBLE_ABOVE_SHEET : innerHeight;
  if (top >= headerBottom() && top <= height - LINE) return;
  scrollBy({ top: top - height / 4, behavior: scrollBehavior() });
}

/** Open the linked comment, or the form that was saved to sign in. @param {OpenPanel} openPanel */
function resume(openPanel) {
  const linked = byId("_asked");
  const saved = takeResume(location.pathname);
  if (saved) void reopen(openPanel, saved);
  else if (linked) void openPanel.showLinked(linked.dataset);
  offerDrafts((about) => void reopen(openPanel, about));
}

/** Reopen a form with the words that were written before signing in. @param {OpenPanel} openPanel @param {any} saved */
async function reopen(openPanel, saved) {
  if (saved.target) await openPanel.composeOn(saved.target);
  else if (saved.pid) await openPanel.showProvision(saved.pid, saved.name, true);
  else if (saved.id) await openPanel.showComment(saved.id, saved.act);
  const field = panel?.querySelector("textarea");
  if (!field || field.value || !saved.written) return;
  field.value = saved.written;
  field.dispatchEvent(new Event("input", { bubbles: true }));
}
