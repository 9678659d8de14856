"""Scripts that the benchmark of the reading page runs in the browser."""

# Notes when each batch of highlights has been painted: by the second frame after it was set.
PAINTED = """
window.__shift = 0;
window.__frames = (then) => requestAnimationFrame(() => requestAnimationFrame(then));
window.__within = (work) => Promise.race([
  new Promise(work), new Promise((done) => setTimeout(done, 30_000, null))]);
const batches = [];
let batch = null;
const add = Highlight.prototype.add;
Highlight.prototype.add = function (range) {
  if (!batch) {
    const begun = batch = { ranges: [], at: 0 };
    batches.push(begun);
    queueMicrotask(() => { batch = null; });
    window.__frames(() => { begun.at = performance.now(); });
  }
  batch.ranges.push(range);
  return add.call(this, range);
};
const inWindow = (each) => {
  const range = document.createRange();
  range.setStart(each.startContainer, each.startOffset);
  range.setEnd(each.endContainer, each.endOffset);
  const box = range.getBoundingClientRect();
  return box.top < innerHeight && box.bottom > 0;
};
window.__painted = () => {
  const seen = batches.filter((each) => each.ranges.some(inWindow));
  const last = batches.at(-1).at;  // all of them, where none is in the window
  return [Math.max(...(seen.length ? seen.map((each) => each.at) : [last])), last];
};
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.__shift += entry.value;
}).observe({ type: "layout-shift", buffered: true });
new PerformanceObserver((list) => {
  window.__largest = list.getEntries().at(-1).startTime;
}).observe({ type: "largest-contentful-paint", buffered: true });
const fetched = window.fetch;
window.fetch = async (...asked) => {
  const answer = await fetched(...asked);
  if (asked[1]?.method === "POST") window.__answered = performance.now();
  return answer;
};
"""
FIRST_PAINT = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null"

WHOLE = "document.getElementById('_later') ? null : true"  # the other scripts have come

# The baseline: an element for each annotation, in the order of the text.
MARKS = """
([spans, seconds]) => new Promise((done) => {
  const began = performance.now();
  const blocks = [...document.querySelectorAll("#_text [data-start]")];
  const starts = blocks.map((block) => Number(block.dataset.start));
  let index = 0, made = 0;
  for (const [start, end] of spans) {
    if (performance.now() - began > seconds * 1000) break;
    while (index + 1 < starts.length && starts[index + 1] <= start) index++;
    for (let at = index; at < blocks.length && starts[at] < end; at++) {
      const walker = document.createTreeWalker(blocks[at], NodeFilter.SHOW_TEXT);
      let place = starts[at];
      const nodes = [];
      for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        const from = Math.max(start, place) - place;
        const to = Math.min(end, place + node.length) - place;
        if (from < to) nodes.push([node, from, to]);
        place += node.length;
        if (place >= end) break;
      }
      for (let [node, from, to] of nodes) {
        if (to < node.length) node.splitText(to);
        if (from) node = node.splitText(from);
        const mark = document.createElement("mark");
        node.replaceWith(mark);
        mark.append(node);
      }
    }
    made++;
  }
  window.__frames(() => done([performance.now() - began, made]));
})
"""
SCROLL = """
() => new Promise((done) => {
  const deltas = [];
  let before = null;
  scrollTo({ top: 0, behavior: "instant" });
  const step = (now) => {
    if (before !== null) deltas.push(now - before);
    before = now;
    const end = document.documentElement.scrollHeight - innerHeight;
    if (scrollY >= end - 1) return done(deltas);
    scrollBy({ top: innerHeight / 6, behavior: "instant" });
    requestAnimationFrame(step);
  };
  requestAnimationFrame(step);
})
"""
# Each of these ends after half a minute at the latest, with null.
OPEN = """
(id) => window.__within((done) => {
  const panel = document.querySelector("#_talk");
  const began = performance.now();
  const watch = new MutationObserver(() => {
    if (!panel.querySelector(".comment")) return;
    watch.disconnect();
    const shown = panel.querySelectorAll(".comment").length;
    window.__frames(() => done([performance.now() - began, shown]));
  });
  watch.observe(panel, { childList: true, subtree: true });
  document.getElementById(id).previousElementSibling.click();
})
"""
POST = """
(body) => window.__within((done) => {
  const panel = document.querySelector("#_talk");
  const field = panel.querySelector("[name=body]");
  field.value = body;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  const watch = new MutationObserver(() => {
    const bodies = [...panel.querySelectorAll(".comment .body")];
    if (!bodies.some((each) => each.textContent.includes(body))) return;
    watch.disconnect();
    window.__frames(() => done(performance.now() - window.__answered));
  });
  watch.observe(panel, { childList: true, subtree: true });
  field.form.requestSubmit(field.form.querySelector("[value=post]"));
})
"""
FILTER = """
(author) => window.__within((done) => {
  const form = document.forms.namedItem("_filter");
  form.elements.namedItem("author").value = author;
  const began = performance.now();
  const watch = new MutationObserver(() => {
    if (!document.querySelector(".notices [data-said]")) return;
    watch.disconnect();
    window.__frames(() => done(performance.now() - began));
  });
  watch.observe(document.body, { childList: true, subtree: true });
  form.requestSubmit();
})
"""
PARAGRAPHS = """
() => [...document.querySelectorAll("#_text p[id][data-start]")].map((each) => {
  const badge = each.previousElementSibling?.querySelector("b");
  return [each.id, Number((badge?.dataset.count ?? "").replace(/[^0-9]/g, ""))];
})
"""
