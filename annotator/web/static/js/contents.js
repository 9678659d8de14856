/** The table of contents: marks the current section, and closes after a click. */

const CURRENT_BAND = "-15% 0px -75% 0px"; // a section is current when it is in this band of the window

/** Mark the current section; `update` includes sections that were loaded later. @param {HTMLElement} contents @param {HTMLElement} text */
export function setUpContents(contents, text) {
  /** @type {Map<Element, HTMLAnchorElement>} in the order of the text */
  const links = new Map();
  /** @type {Set<Element>} */
  const current = new Set();
  const observer = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (entry.isIntersecting) current.add(entry.target);
      else current.delete(entry.target);
    }
    const deepest = [...links.keys()].filter((section) => current.has(section)).at(-1);
    if (deepest) markCurrent(contents, links.get(deepest) ?? null);
  }, { rootMargin: CURRENT_BAND });
  const update = () => {
    links.clear();
    for (const link of contents.querySelectorAll("a")) {
      const heading = document.getElementById(decodeURIComponent(link.hash.slice(1)));
      if (heading && text.contains(heading)) links.set(heading, link);
    }
    for (const section of links.keys()) observer.observe(section);
  };
  update();
  contents.addEventListener("click", (event) => {
    if (event.target instanceof HTMLAnchorElement && contents.matches(":popover-open")) contents.hidePopover();
  });
  return { update };
}

/** @param {HTMLElement} contents @param {HTMLAnchorElement | null} link */
function markCurrent(contents, link) {
  const previous = contents.querySelector("[aria-current]");
  if (previous === link) return;
  previous?.removeAttribute("aria-current");
  if (!link) return;
  link.setAttribute("aria-current", "location");
  const [box, place] = [contents.getBoundingClientRect(), link.getBoundingClientRect()];
  if (place.top < box.top || place.bottom > box.bottom) {
    contents.scrollBy({ top: place.top - box.top - box.height / 3 });
  }
}
