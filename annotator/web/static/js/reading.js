/** Joins the parts of the reading page: the text, its highlights, the toolbar and the conversation. */

import { commentary } from "./api.js";
import { followScrolling, offerWayBack, placeAtTop, placeBeside } from "./beside.js";
import { copyCitation } from "./cite.js";
import { followContents } from "./contents.js";
import { blockOf, count, countOf, setCounts } from "./counts.js";
import { offerUnsent, toResume } from "./drafts.js";
import { focusOn, scrolling, windowTop } from "./elements.js";
import { narrows, offerFilter } from "./filter.js";
import { follow } from "./follow.js";
import { add, decode, speakOf } from "./highlights.js";
import { followKeys, goToControl } from "./keyboard.js";
import { offerStrip } from "./map_strip.js";
import { offerMarks, repaint } from "./marks.js";
import { notice } from "./notices.js";
import { blocksIn, rangeOf, wordsOf } from "./offsets.js";
import { finishPainting } from "./painting.js";
import { makePanel } from "./panel.js";
import { bringParts } from "./parts.js";
import { rememberPlace } from "./place.js";
import { followPointer } from "./pointer.js";
import { offerSuggestions } from "./suggested.js";
import { offerToolbar } from "./toolbar.js";
import { unfold } from "./unfolding.js";
import { followUnread, lookForUnread } from "./unread.js";
import { words } from "./words.js";

const SEEN_ABOVE_SHEET = 0.25; // of the window's height, as reading.css has it
const whenIdle = typeof requestIdleCallback === "function" ? requestIdleCallback : setTimeout;
const LINE = 40; // px: less of the words in sight than a line is none

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
  const filter = offerFilter(page, form, (found) => show(found), () => {
    notice("left-out");
    talk.again();
  });
  const draw = () => {
    repaint(map, segments);
    suggested.paint();
  };
  const suggested = offerSuggestions(map, page, draw);
  const lookForSuggestions = () => void suggested.load().catch(() => {}); // the text is read without them
  const ask = () => commentary(page.document, page.edition, filter.asked());
  const mapStrip = offerStrip(strip, map, goToControl, ask);
  /** Show the number of comments above the text, without the filter. @param {number} many */
  const showTotal = (many) => {
    const total = byId("_total");
    if (!total) return;
    total.dataset["count"] = String(many);
    total.textContent = words.comments(many);
  };
  /** @param {Commentary} found */
  const show = (found) => {
    if (!narrows(filter.asked())) showTotal(found.total);
    counted = found.provisions;
    setCounts(map, counted);
    segments = decode(found.segments);
    draw();
    mapStrip.draw(found.provisions);
  };

  /** What a filter leaves, the server alone can tell. */
  const recount = () => {
    if (narrows(filter.asked())) void filter.recount().catch(() => {}); // it is told when it is asked for next
  };

  /** @param {import("./cite.js").Passage} passage */
  const cite = (passage) => void copyCitation(page.document, page.edition, passage);
  const talk = makePanel({
    document: page.document,
    edition: page.edition,
    panel,
    speakOf: (span, id) => {
      speakOf(map, span);
      if (id) suggested.choose(id);
    },
    goTo: (span, back) => {
      goTo(map, span, panel, back);
      void parts.cover({ span }).then((came) => came && goTo(map, span, panel, back), () => {});
    },
    beside: (where) => {
      beside(map, panel, where);
      void parts.cover(where).then((came) => came && beside(map, panel, where), () => {});
    },
    narrowed: filter.asked,
    showAll: () => void filter.showAll(),
    cite: ({ start, end }) => cite({ start, end, exact: wordsOf(map, start, end) }),
    recount,
    changed: (span, by, unpainted) => {
      if (by > 0) void following.ask(); // a newer edition may have come in since
      lookForSuggestions();
      showTotal(Number(byId("_total")?.dataset["count"]) + by);
      if (narrows(filter.asked())) return recount();
      mapStrip.drawSoon();
      count(map, span, by);
      if (unpainted) return;
      segments = add(segments, span.start, span.end, by);
      draw();
    },
    map,
    longest: Number(text.dataset["longest"]),
  });
  offerToolbar(map, { comment: talk.composeOn, highlight: talk.highlight, cite });
  followScrolling(panel);
  offerMarks(() => draw());
  followPointer(map, () => segments, talk.showAt);
  followControls(text, talk, (link) => parts.loadLink(link));
  const contents = byId("_contents");
  const sections = contents && followContents(contents, text);
  const parts = bringParts(map, () => {
    if (narrows(filter.asked())) setCounts(map, counted);
    draw();
    sections?.look();
    mapStrip.drawSoon();
    if (!text.querySelector("a.part")) void lookForUnread(map, page).catch(() => {});
  });
  const following = follow({
    ...page, newest: text.dataset["newest"] === "yes", since: page.latest,
    here: () => firstInSight(map)?.closest("[id]")?.id ?? "",
    show: async () => {
      const fresh = await ask();
      const anchor = firstInSight(map);
      const before = anchor?.getBoundingClientRect().top ?? 0;
      show(fresh);
      lookForSuggestions();
      await talk.update();
      scrollBy({ top: (anchor?.getBoundingClientRect().top ?? 0) - before, behavior: "instant" });
      void lookForUnread(map, page).catch(() => {});
    },
  });
  void followUnread(map, page, talk.showUnread).catch(() => {}); // the text is read without it
  resume(talk);
  void rememberPlace(map, page.document, parts.load);
  unfold(text);
  void filter.resume().then(() => whenIdle(mapStrip.begin));
  if (byId("_total")?.dataset["count"] !== "0") whenIdle(lookForSuggestions);
}

/** The first block that is in the window. @param {TextMap} map */
function firstInSight(map) {
  const top = windowTop();
  return map.blocks.find(({ element }) => element.getBoundingClientRect().bottom > top)?.element;
}

/** A paragraph's control opens the conversation in place of its page. @param {HTMLElement} text @param {OpenPanel} talk @param {(link: HTMLElement) => Promise<void>} loadLink */
function followControls(text, talk, loadLink) {
  /** @param {HTMLElement} control @param {boolean} form */
  const open = (control, form) => {
    const block = blockOf(control);
    if (block?.id) void talk.showProvision(block.id, control.dataset["name"] ?? "", form);
  };
  text.addEventListener("click", (event) => {
    const control = event.target instanceof Element ? /** @type {HTMLElement | null} */ (event.target.closest("a.n")) : null;
    if (!control || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    if (!blockOf(control)?.id) return;
    event.preventDefault();
    open(control, countOf(control) === 0);
  });
  followKeys(text, open, loadLink);
}

/** Position the panel next to some words or the start of a provision. @param {TextMap} map @param {HTMLElement} panel @param {{span?: Span, pid?: string} | null} where */
function beside(map, panel, where) {
  const place = where?.span ? rangeOf(map, where.span.start, where.span.end) : byId(where?.pid ?? "");
  if (!place) return placeAtTop(panel);
  const { top } = place.getBoundingClientRect();
  placeBeside(panel, top);
  bringIntoSight(panel, top);
}

/**
 * Bring words into view, show which they are, and put the focus there.
 * @param {TextMap} map @param {Span} span @param {HTMLElement} panel
 * @param {{author: string, focus: () => void}} [back] to the comment that one came from
 */
function goTo(map, span, panel, back) {
  const block = blocksIn(map, span.start, span.end)[0]?.element;
  if (!block) return;
  bringIntoSight(panel, rangeOf(map, span.start, span.end).getBoundingClientRect().top);
  focusOn(block, { preventScroll: true });
  if (back) offerWayBack(block, back.author, back.focus);
  speakOf(map, span);
}

/** Scroll to what is outside the window, or under the sheet. @param {HTMLElement} panel @param {number} top of what shall be seen */
function bringIntoSight(panel, top) {
  const isSheet = panel.offsetWidth >= document.documentElement.clientWidth;
  const room = isSheet ? innerHeight * SEEN_ABOVE_SHEET : innerHeight;
  if (top >= windowTop() && top <= room - LINE) return;
  scrollBy({ top: top - room / 4, behavior: scrolling() });
}

/** Open what the address asks for, or what was left to sign in. @param {OpenPanel} talk */
function resume(talk) {
  const asked = byId("_asked");
  const left = toResume(location.pathname);
  if (left) void goOn(talk, left);
  else if (asked) void talk.showAsked(asked.dataset);
  offerUnsent((about) => void goOn(talk, about));
}

/** Open a form that was left, with what was written before signing in. @param {OpenPanel} talk @param {any} left */
async function goOn(talk, left) {
  if (left.target) await talk.composeOn(left.target);
  else if (left.pid) await talk.showProvision(left.pid, left.name, true);
  else if (left.id) await talk.showComment(left.id, left.act);
  const field = panel?.querySelector("textarea");
  if (!field || field.value || !left.written) return;
  field.value = left.written;
  field.dispatchEvent(new Event("input", { bubbles: true }));
}
