/** Compares two versions of a text as `relocation/diff.py` does, fast enough to run on each key. */

const WORD = /\s*(?:[\p{L}\p{M}\p{N}_]+(?:[’'-][\p{L}\p{M}\p{N}_]+)*|[^\s\p{L}\p{M}\p{N}_])/gu;
const MAX_COMPARISONS = 9_000_000; // longer texts are not compared by words

/** @param {string} old @param {string} now @returns {Piece[]} */
export function wordDiff(old, now) {
  const before = old.match(WORD) ?? [];
  const after = now.match(WORD) ?? [];
  const row = after.length + 1;
  if (before.length * row > MAX_COMPARISONS) return [{ change: "struck", text: old }, { change: "added", text: now }];
  const [olds = [], news = []] = [before, after].map((pieces) => pieces.map((piece) => piece.trim()));
  // The number of common words from `at` and `other` on.
  const common = new Uint16Array((before.length + 1) * row);
  for (let at = before.length - 1; at >= 0; at--) {
    for (let other = after.length - 1, index = at * row + other; other >= 0; other--, index--) {
      common[index] = olds[at] === news[other] ? (common[index + row + 1] ?? 0) + 1 : Math.max(common[index + row] ?? 0, common[index + 1] ?? 0);
    }
  }
  /** @type {Piece[]} */
  const pieces = [];
  /** @param {Piece["change"]} change @param {string | undefined} text */
  const append = (change, text = "") => {
    const last = pieces.at(-1);
    if (last?.change === change) last.text += text;
    else if (text) pieces.push({ change, text });
  };
  let [at, other, added] = [0, 0, ""]; // added words follow struck ones
  while (at < before.length || other < after.length) {
    const index = at * row + other;
    if (at < before.length && olds[at] === news[other]) {
      append("added", added);
      added = "";
      append("same", after[other++]);
      at++;
    } else if (at < before.length && (other >= after.length || (common[index + row] ?? 0) >= (common[index + 1] ?? 0))) append("struck", before[at++]);
    else added += after[other++] ?? "";
  }
  append("added", added);
  return pieces;
}
