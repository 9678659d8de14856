"""The Markdown of publishers: CommonMark with tables, front matter, admonitions and footnotes.

It also supports a heading's attributes, `## Words {#anchor authority=user}`, and `!!! kind "Title"`
with its indented contents or `::: kind Title` before and `:::` after them. Typography is left as
the publisher wrote it. markdown-it takes time linear in the size of its input, except for two
things that are rejected here: nesting deeper than `DEEPEST`, which it would silently drop, and very
many open brackets.
"""

from __future__ import annotations

import re
from itertools import pairwise

from markdown_it import MarkdownIt
from markdown_it.rules_block.table import escapedSplit
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from mdit_py_plugins.admon import admon_plugin
from mdit_py_plugins.container import container_plugin
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.footnote.index import footnote_plugin, footnote_ref

from annotator.documents.origins import Origins, edited
from annotator.documents.readers.markdown_origins import note_blocks, parse_inline
from annotator.errors import SourceFault

# How deep lists and quotations may be nested; a list counts two, for itself and its item.
DEEPEST = 60
# Every open bracket may begin a link, so the parser looks ahead from each of them.
MOST_OPEN_BRACKETS = 20

_ATTRIBUTE = re.compile(
    r"""\s*(?:\#(?P<anchor>[^\s"'=]+)|\.(?P<name>[^\s"'=]+)"""
    r"""|(?P<key>[\w:-]+)=(?:"(?P<quoted>[^"]*)"|'(?P<single>[^']*)'|(?P<bare>[^\s"'=]+)))(?=\s|\Z)"""
)
_KRAMDOWN = re.compile(
    r"(?P<code>(?<!`)(?P<ticks>`++)[^`]++(?P=ticks))|\{:[^{}\n]*\}"
    r"|(?<=\))\{ ?(?:[.#][\w-]|[\w-]+=)[^{}\n]*\}"
)
_KRAMDOWN_ANCHOR = re.compile(r"\{:[^{}\n]*#([\w-]+)")
_BRACKET = re.compile(r"[\[\]]")
_FOOTNOTE_MARK = re.compile(r"\[\^(?P<label>[^\s\[\]]{1,200})\]")
_NESTING = frozenset(
    {
        "blockquote_open",
        "list_item_open",
        "admonition_open",
        "footnote_reference_open",
        "dd_open",
        "container_fenced_open",
    }
)


def parser() -> MarkdownIt:
    """Return the Markdown parser, configured for publishers' documents."""
    markdown = MarkdownIt("commonmark", {"html": True, "maxNesting": DEEPEST})
    markdown.enable(["table", "strikethrough"])
    markdown.use(admon_plugin).use(footnote_plugin, inline=False).use(deflist_plugin)
    markdown.use(container_plugin, "fenced", validate=lambda *_: True)
    markdown.inline.ruler.at("footnote_ref", _footnote_mark)
    markdown.disable(["text_join", "fragments_join"])  # what they join has several places
    markdown.core.ruler.at("inline", parse_inline)
    markdown.core.ruler.after("block", "note_blocks", note_blocks)
    markdown.core.ruler.after("block", "check_nesting", _check_nesting)
    markdown.core.ruler.after("block", "extra_cells", _extra_cells)
    markdown.core.ruler.before("footnote_tail", "unused_notes", _unused_notes)
    markdown.core.ruler.before("inline", "heading_attributes", _heading_attributes)
    markdown.core.ruler.before("inline", "attribute_lists", _attribute_lists)
    return markdown


def _footnote_mark(state: StateInline, silent: bool) -> bool:
    """Skip `[^mark]`; a mark with a definition is left to the plugin, which orders them.

    The plugin alone would keep a mark without a definition, and search for the end of each `[^` to
    the end of the paragraph.
    """
    mark = _FOOTNOTE_MARK.match(state.src, state.pos, state.posMax)
    if mark is None:
        return False
    if ":" + mark["label"] in state.env.get("footnotes", {}).get("refs", {}):
        return footnote_ref(state, silent)
    state.pos = mark.end()
    return True


def _unused_notes(state: StateCore) -> None:
    """Note as left out the words of footnotes without a mark, which the plugin drops."""
    marked = state.env.get("footnotes", {}).get("refs", {})
    unused = False
    for token in state.tokens:
        if token.type == "footnote_reference_open":
            unused = marked[":" + token.meta["label"]] < 0
        elif token.type == "footnote_reference_close":
            unused = False
        elif unused and token.content:
            state.env.setdefault("left_out", []).append(token.content)


def _extra_cells(state: StateCore) -> None:
    """Note as left out the cells of a row beyond those of its table's head, as in GFM."""
    lines = state.src.split("\n")
    row, cells = "", 0
    for token in state.tokens:
        if token.type == "tr_open":
            row, cells = lines[token.map[0]] if token.map else "", 0
        elif token.type == "td_open":
            cells += 1
        elif token.type == "tr_close" and row.count("|") >= cells:
            columns = escapedSplit(row.lstrip("> \t").rstrip())
            extra = columns[cells + (columns[0] == "") :] if cells else []
            state.env.setdefault("left_out", []).extend(filter(str.strip, extra))


def _check_nesting(state: StateCore) -> None:
    """Reject what the parser would drop silently, or parse too slowly."""
    for token in state.tokens:
        line = token.map[0] + 1 if token.map else 1
        if token.type in _NESTING and token.level >= DEEPEST - 1:
            raise SourceFault(
                f"Line {line}: lists or quotations are nested more than {DEEPEST // 2} deep. "
                "Flatten them, or check that this is the document's text."
            )
        if token.type == "inline" and _open_brackets(token.content) > MOST_OPEN_BRACKETS:
            raise SourceFault(
                f"Line {line}: a paragraph has more than {MOST_OPEN_BRACKETS} brackets open at "
                "once. Close them, or write each as \\[."
            )


def _open_brackets(text: str) -> int:
    """Count the `[` that are open at once, at most."""
    deepest = depth = 0
    for bracket in _BRACKET.findall(text):
        depth = depth + 1 if bracket == "[" else max(depth - 1, 0)
        deepest = max(deepest, depth)
    return deepest


def _heading_attributes(state: StateCore) -> None:
    """Move `{#anchor key=value}` from the end of every heading to its metadata."""
    for heading, words in pairwise(state.tokens):
        if heading.type == "heading_open" and words.type == "inline":
            words.content, attributes = _split_attributes(words.content)
            heading.meta.update(attributes)


def _attribute_lists(state: StateCore) -> None:
    """Remove kramdown's `{: #anchor .class}`, and Pandoc's `{.class key=value}` behind a picture.

    Below a heading, kramdown's may set the anchor.
    """
    tokens = state.tokens
    for place, token in enumerate(tokens):
        if token.type != "inline" or "{" not in token.content:
            continue
        if "{:toc" in token.content:
            token.content = ""
            continue
        lists = [match for match in _KRAMDOWN.finditer(token.content) if not match["code"]]
        if not lists:
            continue
        words, origins = edited(token.content, [(*match.span(), "") for match in lists])
        lead = len(words) - len(words.lstrip())
        rest = token.meta["origins"].trace(origins.within(lead, len(words.rstrip())))
        token.meta["origins"] = Origins(rest)
        heading = place if tokens[place - 1].type == "heading_open" else place - 3
        anchor = _KRAMDOWN_ANCHOR.search(token.content)
        if anchor and heading > 0 and tokens[heading - 1].type == "heading_open":
            tokens[heading - 1].meta["anchor"] = anchor[1]
        token.content = words.strip()


def _split_attributes(heading: str) -> tuple[str, dict[str, str]]:
    """Return a heading's words and its attributes; braces with any other content are words."""
    words = heading.rstrip(" \t")
    brace = words.rfind("{")
    if brace < 0 or not words.endswith("}"):
        return heading, {}
    attributes: dict[str, str] = {}
    place, end = brace + 1, len(words) - 1
    while place < end:
        part = _ATTRIBUTE.match(heading, place, end)
        if part is None:
            return heading, {}
        if part["anchor"]:
            attributes["anchor"] = part["anchor"]
        elif part["key"]:
            attributes[part["key"]] = part["quoted"] or part["single"] or part["bare"] or ""
        place = part.end()
    return words[:brace].rstrip(" \t"), attributes
