"""Split the front matter off a Markdown source: settings between two lines of `---` or `+++`.

A line of `---` may also be a rule. So it begins a front matter only on the first line of a file,
and only if settings begin on the next line and go on up to the next such line.
"""

from __future__ import annotations

import re

from annotator.documents.canonical import fold
from annotator.documents.origins import Origins, edited

_BLOCK = re.compile(
    r"(?P<fence>---|\+\+\+)[ \t]*\n(?=\S)(?P<lines>.*?)^(?:(?P=fence)|\.\.\.)[ \t]*(?:\n|\Z)",
    re.DOTALL | re.MULTILINE,
)
_SETTING = re.compile(r"(?P<quote>[\"']?)([^\W\d_][\w-]{0,99})(?P=quote) ?[:=](?:\s(.*))?\s*")
# Deeper settings, lists, comments, tables and the ends of brackets; no business of a document's.
_CONTINUED = re.compile(r"[ \t].*|-(?: .*)?|#.*|\[.*\]\s*|[\]}],?\s*|")
_YAML_TAG = re.compile(r"!{1,2}[\w/:.,-]*\s+")


# Jekyll fills these in where a file has a front matter; they are no words of the document.
_LIQUID = re.compile(r"\{%[^%\n]*%\}|\{\{[^{}\n]*\}\}")


def split_front_matter(
    text: str,
) -> tuple[str, dict[str, str], tuple[str, ...], tuple[Origins, ...]]:
    """Return a text without its front matter, line for line, the settings in that, and the rest.

    The rest are the lines that hold none of the settings. Last come the origins of the text; where
    nothing was taken out, there are none.
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
