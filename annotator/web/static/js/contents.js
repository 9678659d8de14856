/** Makes the table of contents follow: marks the section that is being read, closes after a choice. */

const READ_AT = "-15% 0px -75% 0px"; // a section is read when it crosses this band of the window

/** `look` takes up sections that have come in. @param {HTMLElement} contents @param {HTMLElement} text */
export function followContents(contents, text) {
  /** @type {Map<Element, HTMLAnchorElement>} in the order of the text */
  const links = new Map();
  /** @type {Set<Element>} */
  const crossing = new Set();
  const observer = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (entry.isIntersecting) crossing.add(entry.target);
      else crossing.delete(entry.target);
    }
    const deepest = [...links.keys()].filter((section) => crossing.has(section)).at(-1);
    if (deepest) mark(contents, links.get(deepest) ?? null);
  }, { rootMargin: READ_AT });
  const look = () => {
    links.clear();
    for (const link of contents.querySelectorAll("a")) {
      const heading = document.getElementById(decodeURIComponent(link.hash.slice(1)));
      if (heading && text.contains(heading)) links.set(heading, link);
    }
    for (const section of links.keys()) observer.observe(section);
  };
  look();
  contents.addEventListener("click", (event) => {
    if (event.target instanceof HTMLAnchorElement && contents.matches(":popover-open")) contents.hidePopover();
  });
  return { look };
}

/** @param {HTMLElement} contents @param {HTMLAnchorElement | null} link */
function mark(contents, link) {
  const before = contents.querySelector("[aria-current]");
  if (before === link) return;
  before?.removeAttribute("aria-current");
  if (!link) return;
  link.setAttribute("aria-current", "location");
  const [box, place] = [contents.getBoundingClientRect(), link.getBoundingClientRect()];
  if (place.top < box.top || place.bottom > box.bottom) {
    contents.scrollBy({ top: place.top - box.top - box.height / 3 });
  }
}
