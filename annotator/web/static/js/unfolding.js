/**
 * Lays out the whole text in spare moments, a section at a time: reading.css has a section laid out
 * only when it comes near the window. From then on every place on the page is where it will stay.
 */

const SPARE = 6; // ms that a moment must have left
const LATEST = 4_000; // ms that a busy browser may put off one section

/** @param {HTMLElement} text */
export function unfold(text) {
  // Without anchoring, what is read would move when a section above it gets its height.
  if (typeof requestIdleCallback !== "function" || !CSS.supports("overflow-anchor", "auto")) return;
  const sections = [...text.querySelectorAll("section")];
  /** @param {IdleDeadline} moment */
  const next = (moment) => {
    if (moment.timeRemaining() > SPARE || moment.didTimeout) {
      const section = sections.shift();
      if (section) section.classList.add("laid-out");
    }
    if (sections.length) requestIdleCallback(next, { timeout: LATEST });
  };
  requestIdleCallback(next, { timeout: LATEST });
}
