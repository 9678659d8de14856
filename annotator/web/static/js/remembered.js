/** Keeps a reader's own choices in this browser; where it keeps nothing, they hold for the page. */

const PREFIX = "annotator:";

/** @param {string} name @returns {any} what was kept, or null */
export function recall(name) {
  try {
    return JSON.parse(localStorage.getItem(PREFIX + name) ?? "null");
  } catch {
    return null;
  }
}

/** @param {string} name @param {unknown} value null forgets it */
export function remember(name, value) {
  try {
    if (value === null) localStorage.removeItem(PREFIX + name);
    else localStorage.setItem(PREFIX + name, JSON.stringify(value));
  } catch {
    // The browser's storage is full or closed to us.
  }
}
