"""Our placement compared with the Hypothesis client's: `python -m benchmarks.beside_hypothesis`.

500 sentences of an edition are described and anchored in a later one by the client's own modules,
which its npm package holds in the source map of its bundle: `describe` and `anchor` of
`src/annotator/anchoring/html.ts`, unchanged, bundled by esbuild and run in Chromium on a page with
one element for each block. Nothing of the client is written again here.

Both are judged by `benchmarks.judging.fenced`, which shares nothing with either. `wrong`: on other
words. `lost`: not placed, though the words stand there unchanged, or the unique text around the
sentence fences in at least half of its words. Times are milliseconds for all sentences. With `-v`
each sentence that either misplaces is printed.
"""

from __future__ import annotations

import difflib
import html
import json
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from playwright.sync_api import Page, sync_playwright

from annotator.documents import Parsed
from annotator.relocation.relocate import Relocated, Relocator
from benchmarks.judging import Judge, fenced, fences
from benchmarks.relocation import CORPUS, load, paired
from benchmarks.revisions import Range

PAIRS: Final = (
    ("constitution/2026-01-20.md", "constitution/2026-01-29.md"),
    ("model-spec/2025-10-27.md", "model-spec/2025-12-18.md"),
    ("model-spec/2025-04-11.md", "model-spec/2025-12-18.md"),
)
SENTENCES: Final = 500
FEWEST_WORDS: Final = 4
SENTENCE: Final = re.compile(r"[^\W\d_][^\n]*?[.!?][”’\")]*(?=\s|\Z)(?<!vs\.)")
# The distance of unique text around a sentence, in characters, to judge it as misplaced.
REACH: Final = 600
COLUMNS: Final = ("placed", "wrong", "lost", "alone", "unjudged")
ROOT = Path(__file__).parents[1]
BUNDLE = ROOT / "node_modules" / "hypothesis" / "build" / "scripts" / "annotator.bundle.js.map"
ESBUILD = ROOT / "node_modules" / ".bin" / "esbuild"
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
ENTRY = """
import { anchor, describe } from "./src/annotator/anchoring/html";
import { TextRange } from "./src/annotator/anchoring/text-range";
globalThis.client = { anchor, describe, TextRange };
"""
RUN = """
async ([before, after, spans]) => {
  const { anchor, describe, TextRange } = client;
  const root = document.body;
  root.innerHTML = before;
  const described = spans.map((span) => describe(root, TextRange.fromOffsets(root, ...span).toRange()));
  root.innerHTML = after;
  const began = performance.now(), places = [];
  for (const selectors of described) {
    try {
      const { start, end } = TextRange.fromRange(await anchor(root, selectors)).relativeTo(root);
      places.push([start.offset, end.offset]);
    } catch {
      places.push(null);
    }
  }
  return [places, performance.now() - began];
}
"""  # noqa: E501


def missing() -> str:
    """Return the missing requirement, or an empty string."""
    if not CORPUS.is_dir():
        return f"the real texts at {CORPUS}"
    if not (BUNDLE.is_file() and ESBUILD.exists()):
        return "the npm packages hypothesis and esbuild (npm ci)"
    return "" if CHROMIUM else "Chromium"


def client_script() -> str:
    """Return the client's modules for anchoring, out of its source map, as one script."""
    bundle = json.loads(BUNDLE.read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as folder:
        for name, words in zip(bundle["sources"], bundle["sourcesContent"], strict=True):
            path = Path(folder, name.removeprefix("app:///"))
            if Path(folder) in path.resolve().parents:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(words, encoding="utf-8")
        matcher = "./node_modules/approx-string-match/build/src/index.js"
        command = [ESBUILD, "--bundle", "--format=iife", f"--alias:approx-string-match={matcher}"]
        return subprocess.run(command, input=ENTRY, text=True, cwd=folder, check=True,
                              stdout=subprocess.PIPE).stdout  # fmt: skip


def sentences(old: Parsed, number: int) -> list[Range]:
    """Return sentences of an edition, the same ones each time."""
    found = [match.span() for match in SENTENCE.finditer(old.text)]
    long = [span for span in found if len(old.text[slice(*span)].split()) >= FEWEST_WORDS]
    return sorted(random.Random(14).sample(long, number))


def theirs(
    page: Page, old: Parsed, new: Parsed, spans: Sequence[Range]
) -> tuple[list[Relocated], float]:
    """Place sentences as the client does; return the places, and the milliseconds it took."""
    pages = [
        "\n".join(f"<p>{html.escape(text[b.start : b.end])}</p>" for b in parsed.blocks)
        for parsed in (old, new)
        for text in [parsed.text]
    ]
    units = [[len(old.text[:at].encode("utf-16-le")) // 2 for at in span] for span in spans]
    places, taken = page.evaluate(RUN, [*pages, units])
    wide = new.text.encode("utf-16-le")
    found = []
    for span, place in zip(spans, places, strict=True):
        if place is None:
            found.append(Relocated(None, None, "lost", 0.0, 0))
            continue
        start, end = (len(wide[: 2 * at].decode("utf-16-le")) for at in place)
        same = new.text[start:end] == old.text[slice(*span)]
        found.append(Relocated(start, end, "exact" if same else "edited", float(same), 0))
    return found, taken


def judge_of(old: Parsed, new: Parsed) -> Judge:
    """Return a function that judges a place as wrong, lost, fine, or not at all."""
    judge, fence = fenced(old, new), fences(old, new, REACH)

    def judged(span: Range, got: Relocated) -> str:
        words, place = old.text[slice(*span)], fence(span)
        repeats = old.text.count(words) > 1
        once = not repeats and new.text.count(words) == 1
        if got.start is None or got.end is None:
            left = SENTENCE.findall(new.text[slice(*place)]) if place and not repeats else ()
            lost = any(_continues(words, each) and each not in old.text for each in left)
            return "lost" if once or lost else "fine"
        now = new.text[got.start : got.end]
        if once:
            return "fine" if now == words else "wrong"
        said = judge(span, got)
        if said == "unjudged" and place and got.start < place[1] and place[0] < got.end:
            return "fine"
        if said == "unjudged" and place:
            # A sentence without similar ones may have been edited and moved.
            return "unjudged" if not repeats and _share(words, now) >= 0.5 else "wrong"
        return said if said in ("wrong", "unjudged") else "fine"

    return judged


def _share(words: str, there: str) -> float:
    """Return the share of the words of a text that are in another one, in the same order."""
    one, other = (re.findall(r"\w+", text.casefold()) for text in (words, there))
    matcher = difflib.SequenceMatcher(None, one, other, autojunk=False)
    return sum(block.size for block in matcher.get_matching_blocks()) / len(one)


def _continues(words: str, there: str) -> bool:
    """Return whether a sentence begins as another one did and keeps half of its words."""
    return words.split()[0] == there.split()[0] and _share(words, there) >= 0.5


def compare(
    page: Page, names: tuple[str, str], number: int, *, show: bool = False
) -> tuple[Counter[str], Counter[str]]:
    """Print a line for each of the two; return our counts and theirs."""
    old, new = map(load, names)
    spans, judge = sentences(old, number), judge_of(old, new)
    began = time.perf_counter()
    mover = Relocator(old, new, paired(old, new))
    ours = [mover.span(*span) for span in spans]
    taken = 1000 * (time.perf_counter() - began)
    other, their_ms = theirs(page, old, new, spans)
    print(f"{names[0].removesuffix('.md')} > {Path(names[1]).stem}")
    rows = ("annotator", ours, other, taken), ("Hypothesis", other, ours, their_ms)
    counts = []
    for placer, places, beside, ms in rows:
        said = [judge(span, place) for span, place in zip(spans, places, strict=True)]
        found = Counter(said)
        for span, got, word, against in zip(spans, places, said, beside, strict=True):
            found["placed"] += got.start is not None
            found["alone"] += got.start is not None and word == "fine" and against.start is None
            if show and word in ("wrong", "lost"):
                now = None if got.start is None else new.text[got.start : got.end]
                print(f"    {placer}, {word}: {old.text[slice(*span)]!r}\n        {now!r}")
        columns = "".join(f"{found[column]:>10}" for column in COLUMNS)
        print(f"  {placer:<14}{number:>10}{columns}{ms:>10,.0f}", flush=True)
        counts.append(found)
    return counts[0], counts[1]


@contextmanager
def client() -> Iterator[Page]:
    """Yield a page of Chromium in which the client's modules are `client`."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        page.add_script_tag(content=client_script())
        yield page
        browser.close()


def main() -> int:
    """Print the table."""
    if lacks := missing():
        print(f"Nothing was measured without {lacks}.")
        return 1
    print(f"{'':<16}" + "".join(f"{column:>10}" for column in ("sentences", *COLUMNS, "ms")))
    with client() as page:
        for names in PAIRS:
            compare(page, names, SENTENCES, show="-v" in sys.argv)
    return 0


if __name__ == "__main__":
    sys.exit(main())
