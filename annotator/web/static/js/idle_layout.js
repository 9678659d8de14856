/**
 * Lays out the whole text when the browser is idle, a section at a time, so that places no longer
 * move. Otherwise reading.css lays out a section only near the window.
 */

const MIN_IDLE = 6; // ms
const MAX_DELAY = 4_000; // ms for each section, in a busy browser

/** @param {HTMLElement} text */
export function layOutSections(text) {
  // Without scroll anchoring, the visible text moves when a section above it gets its height.
  if (typeof requestIdleCallback !== "function" || !CSS.supports("overflow-anchor", "auto")) return;
  const sections = [...text.querySelectorAll("section")];
  /** @param {IdleDeadline} deadline */
  const next = (deadline) => {
    if (deadline.timeRemaining() > MIN_IDLE || deadline.didTimeout) {
      const section = sections.shift();
      if (section) section.classList.add("laid-out");
    }
    if (sections.length) requestIdleCallback(next, { timeout: MAX_DELAY });
  };
  requestIdleCallback(next, { timeout: MAX_DELAY });
}
