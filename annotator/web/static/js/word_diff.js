/** Compares two versions of some words, as the server does (`relocation/diff.py`), fast enough for every key. */

const PIECE = /\s*(?:[\p{L}\p{M}\p{N}_]+(?:[’'-][\p{L}\p{M}\p{N}_]+)*|[^\s\p{L}\p{M}\p{N}_])/gu;
const MOST = 9_000_000; // comparisons; longer versions are not compared word by word

/** @param {string} old @param {string} now @returns {Piece[]} */
export function wordDiff(old, now) {
  const before = old.match(PIECE) ?? [];
  const after = now.match(PIECE) ?? [];
  const row = after.length + 1;
  if (before.length * row > MOST) return [{ change: "struck", text: old }, { change: "added", text: now }];
  const [olds = [], news = []] = [before, after].map((pieces) => pieces.map((piece) => piece.trim()));
  // How many words both have in common from `at` and `other` on.
  const common = new Uint16Array((before.length + 1) * row);
  for (let at = before.length - 1; at >= 0; at--) {
    for (let other = after.length - 1, index = at * row + other; other >= 0; other--, index--) {
      common[index] = olds[at] === news[other] ? (common[index + row + 1] ?? 0) + 1 : Math.max(common[index + row] ?? 0, common[index + 1] ?? 0);
    }
  }
  /** @type {Piece[]} */
  const pieces = [];
  /** @param {Piece["change"]} change @param {string | undefined} text */
  const put = (change, text = "") => {
    const last = pieces.at(-1);
    if (last?.change === change) last.text += text;
    else if (text) pieces.push({ change, text });
  };
  let [at, other, added] = [0, 0, ""]; // what is added comes after what is struck
  while (at < before.length || other < after.length) {
    const index = at * row + other;
    if (at < before.length && olds[at] === news[other]) {
      put("added", added);
      added = "";
      put("same", after[other++]);
      at++;
    } else if (at < before.length && (other >= after.length || (common[index + row] ?? 0) >= (common[index + 1] ?? 0))) put("struck", before[at++]);
    else added += after[other++] ?? "";
  }
  put("added", added);
  return pieces;
}
