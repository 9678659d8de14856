"""Strip the head of a document: a linked table of contents, and the title above it.

A table of contents is a run of paragraphs or list items that contain only links into the same
document. It precedes the second heading of the text, with or without a caption. The heading of
level 1 above it is the title. Everything else at the head is text.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence

from annotator.documents.canonical import fold
from annotator.documents.origins import Origins, edited
from annotator.documents.words import Close, Leaf, Open, Step

_BLOCK = re.compile(
    r"(?P<fence>---|\+\+\+)[ \t]*\n(?=\S)(?P<lines>.*?)^(?:(?P=fence)|\.\.\.)[ \t]*(?:\n|\Z)",
    re.DOTALL | re.MULTILINE,
)
_SETTING = re.compile(r"(?P<quote>[\"']?)([^\W\d_][\w-]{0,99})(?P=quote) ?[:=](?:\s(.*))?\s*")
# Nested settings, lists, comments, tables and closing brackets, which are ignored.
_CONTINUED = re.compile(r"[ \t].*|-(?: .*)?|#.*|\[.*\]\s*|[\]}],?\s*|")
_YAML_TAG = re.compile(r"!{1,2}[\w/:.,-]*\s+")
# Jekyll replaces these in a file with front matter; they are not words of the document.
_LIQUID = re.compile(r"\{%[^%\n]*%\}|\{\{[^{}\n]*\}\}")
# A single link may be a sentence of the text.
MIN_LINKS = 2


def split_front_matter(
    text: str,
) -> tuple[str, dict[str, str], tuple[str, ...], tuple[Origins, ...]]:
    """Return a text without its front matter, line for line, the settings in that, and the rest.

    The rest are the lines without settings. The origins of the text come last; they are empty if
    nothing was removed.
    """
    block = _BLOCK.match(text)
    if block is None:
        return text, {}, (), ()
    lines = block["lines"].split("\n")
    settings = [_SETTING.fullmatch(line) for line in lines]
    if not any(settings) or not all(
        setting or _CONTINUED.fullmatch(line) for setting, line in zip(settings, lines, strict=True)
    ):
        return text, {}, (), ()
    metadata = {
        setting[2].lower(): fold(_YAML_TAG.sub("", setting[3] or "", count=1).strip("\"' "))
        for setting in settings
        if setting
    }
    liquid = [(*tag.span(), "") for tag in _LIQUID.finditer(text, block.end())]
    rest, origins = edited(text, [(0, block.end(), "\n" * block[0].count("\n")), *liquid])
    extra_lines = [fold(line) for line, setting in zip(lines, settings, strict=True) if not setting]
    extra_lines += [text[start:end] for start, end, _ in liquid]
    left_out = tuple(line for line in extra_lines if re.search(r"\w", line))
    return rest, {key: value for key, value in metadata.items() if value}, left_out, (origins,)


def strip_head(steps: Sequence[Step]) -> tuple[str | None, tuple[Step, ...], tuple[str, ...]]:
    """Return the title, the remaining steps, and the words of the dropped ones.

    The title is None if there is no table of contents below it.
    """
    title, rest = _without_contents(steps)
    remaining: list[Step] = []
    inside = 0
    for step in rest:
        if inside or (isinstance(step, Open) and step.kind == "contents"):  # navigation elsewhere
            inside += isinstance(step, Open) - isinstance(step, Close)
        else:
            remaining.append(step)
    stays = {id(step) for step in remaining}
    removed = [
        step.words.text for step in steps if isinstance(step, Leaf) and id(step) not in stays
    ]
    return title, tuple(remaining), tuple(words for words in removed if words and words != title)


def _without_contents(steps: Sequence[Step]) -> tuple[str | None, Sequence[Step]]:
    contents = _find_contents(steps)
    if contents is None:
        return None, steps
    first, end = contents
    headings = [place for place in range(first) if _is_heading(steps[place])]
    dropped = set(range(first, end))
    title = None
    if headings and _level(steps[headings[0]]) == 1:
        heading = steps[headings[0]]
        title = heading.words.text if isinstance(heading, Leaf) else None
        dropped.add(headings[0])
    if len(headings) == 2:
        dropped.add(headings[1])
    return title, [step for place, step in enumerate(steps) if place not in dropped]


def _find_contents(steps: Sequence[Step]) -> tuple[int, int] | None:
    """Return the range of steps of the table of contents.

    At most two headings precede it: the title, and a caption directly above.
    """
    headings = [place for place, step in enumerate(steps) if _is_heading(step)]
    depth = tried = before = 0
    for place, step in enumerate(steps):
        if place in headings[before : before + 1]:
            before += 1
        elif (
            depth == 0
            and place >= tried
            and (
                before < 2
                or (before == 2 and headings[1] == place - 1 and _level(steps[headings[0]]) == 1)
            )
        ):
            tried, links = _run_of_links(steps, place)
            following = headings[bisect_left(headings, tried) :][:1]
            if links >= MIN_LINKS and _begins(steps, headings[:before], following):
                return place, tried
        if before > 2:
            return None
        depth += isinstance(step, Open) - isinstance(step, Close)
    return None


def _begins(steps: Sequence[Step], before: list[int], following: list[int]) -> bool:
    """Return whether the document proper begins with the next heading.

    Links under a heading whose section continues, with headings below its level, are text.
    """
    if not following or len(before) < 2:
        return bool(following)
    return _level(steps[following[0]]) <= _level(steps[before[1]])


def _run_of_links(steps: Sequence[Step], place: int) -> tuple[int, int]:
    """Return the end of the run of link-only steps from `place`, and its number of links.

    The run ends outside of every holder that began in it.
    """
    depth = links = 0
    end, counted = place, 0
    for index in range(place, len(steps)):
        step = steps[index]
        if isinstance(step, Open):
            if step.kind not in ("item", "contents"):
                break
            depth += 1
            # A page's navigation always counts as a table of contents.
            links += MIN_LINKS if step.kind == "contents" else 0
        elif isinstance(step, Close):
            depth -= 1
        elif not (count := _links_only(step)):
            break
        else:
            links += count
        if depth < 0:
            break
        if depth == 0:
            end, counted = index + 1, links
    return end, counted


def _links_only(leaf: Leaf) -> int:
    """Count the links of a paragraph of links into the document only; 0 for any other leaf."""
    if leaf.kind != "paragraph":
        return 0
    links = [mark for mark in leaf.words.marks if mark.kind == "link"]
    if not links or not all(link.value.startswith("#") for link in links):
        return 0
    covered = {place for link in links for place in range(link.start, link.end)}
    rest = [char for place, char in enumerate(leaf.words.text) if place not in covered]
    # Bullets, dashes and numbers between links do not make a sentence.
    return 0 if any(char.isalpha() for char in rest) else len(links)


def _is_heading(step: Step) -> bool:
    return isinstance(step, Leaf) and step.kind == "heading"


def _level(step: Step) -> int:
    return step.level if isinstance(step, Leaf) else 0
