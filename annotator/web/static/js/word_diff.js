/** Compares two versions of some words, as the server does (`relocation/diff.py`), fast enough for every key. */

/** @typedef {{change: "same" | "struck" | "added", text: string}} Piece */

const PIECE = /\s*(?:[\p{L}\p{M}\p{N}_]+(?:[’'-][\p{L}\p{M}\p{N}_]+)*|[^\s\p{L}\p{M}\p{N}_])/gu;
const MOST = 4_000_000; // comparisons; of longer texts only the ends are compared

/** @param {string} old @param {string} now @returns {Piece[]} */
export function wordDiff(old, now) {
  const before = old.match(PIECE) ?? [];
  const after = now.match(PIECE) ?? [];
  const [olds, news] = [before, after].map((pieces) => pieces.map((piece) => piece.trim()));
  if (!olds || !news) return [];
  const shortest = Math.min(olds.length, news.length);
  let [head, tail] = [0, 0];
  while (head < shortest && olds[head] === news[head]) head++;
  while (tail < shortest - head && olds.at(-1 - tail) === news.at(-1 - tail)) tail++;
  const [high, wide] = [olds.length - tail, news.length - tail];
  const row = wide - head + 1;
  // How many words the rest of both have in common, from the words `at` and `other` on.
  const common = new Uint16Array((high - head) * row <= MOST ? (high - head + 1) * row : 0);
  for (let at = common.length ? high - 1 : -1, index = (at - head + 1) * row - 1; at >= head; at--, index--) {
    for (let other = wide - 1; other >= head; other--) {
      index--;
      common[index] = olds[at] === news[other] ? (common[index + row + 1] ?? 0) + 1 : Math.max(common[index + row] ?? 0, common[index + 1] ?? 0);
    }
  }
  /** @type {Piece[]} */
  const pieces = [{ change: "same", text: after.slice(0, head).join("") }];
  let [struck, added] = ["", ""];
  /** @param {string} text of words that are the same */
  const put = (text) => {
    pieces.push({ change: "struck", text: struck }, { change: "added", text: added }, { change: "same", text });
    struck = added = "";
  };
  let [at, other] = [head, head];
  while (at < high || other < wide) {
    const index = (at - head) * row + other - head;
    if (at < high && other < wide && common.length && olds[at] === news[other]) {
      put(after[other++] ?? "");
      at++;
    } else if (at < high && (other >= wide || (common[index + row] ?? 0) >= (common[index + 1] ?? 0))) struck += before[at++];
    else added += after[other++];
  }
  put(after.slice(wide).join(""));
  return joined(pieces);
}

/** @param {Piece[]} pieces */
function joined(pieces) {
  /** @type {Piece[]} */
  const result = [];
  for (const piece of pieces) {
    const last = result.at(-1);
    if (last?.change === piece.change) last.text += piece.text;
    else if (piece.text) result.push(piece);
  }
  return result;
}
