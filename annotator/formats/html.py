"""A commentary edition in one HTML file that opens offline: the text, with comments as notes.

It contains no script and loads nothing; a policy in its head enforces that in the browser. The text
is escaped; comments have the HTML that was rendered when they were posted, with absolute links.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape
from itertools import takewhile

from annotator import markup
from annotator.documents.parsed import Block
from annotator.formats.files.envelope import EditionHeader, Envelope
from annotator.formats.passages import Thread, by_edition, unnamed, verdict
from annotator.schemas.annotations import AnnotationValue, stamp

POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
TAGS = {"same": "span", "struck": "del", "added": "ins"}
STYLE = """
:root { color-scheme: light dark; font: 1.06rem/1.6 Georgia, serif; }
body { max-width: 42rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; overflow-wrap: anywhere; }
h1, h2, h3, h4, h5, h6 { line-height: 1.25; margin: 2.2em 0 .6em; }
h1 { font-size: 1.8rem; } h2 { font-size: 1.4rem; } h3 { font-size: 1.2rem; }
pre { overflow-x: auto; padding: .8em; background: #8882; font-size: .85rem; }
.item { margin-left: 1.5rem; } .depth2 { margin-left: 3rem; } .depth3 { margin-left: 4.5rem; }
.about, .by { font: .85rem/1.5 system-ui, sans-serif; opacity: .85; }
.quote { margin-left: 1rem; padding-left: 1rem; border-left: 3px solid #8886; }
details { margin: .4rem 0 1rem; padding: .2rem .9rem; border-left: 3px solid #a60;
  font-size: .95rem; }
details .reply { margin-left: 1rem; padding-left: .8rem; border-left: 2px solid #8886; }
summary { font: .85rem/1.6 system-ui, sans-serif; cursor: pointer; }
q { font-style: italic; }
@media print { body { max-width: none; } }
""".strip()
MAX_QUOTE = 200


def write(annotations: Iterable[AnnotationValue], envelope: Envelope) -> Iterator[str]:
    """Yield the page piece by piece, one document after the other."""
    yield f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{escape(POLICY)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>{escape(envelope.name)}</title>
<style>
{STYLE}
</style>
</head>
<body>
"""
    for edition, passages in by_edition(annotations, envelope):
        yield _title(edition, envelope)
        for passage in passages:
            whole = "<h2>On the document as a whole</h2>"
            yield f"{_words(edition, passage.block) if passage.block else whole}\n"
            yield from (_note(thread, envelope) for thread in passage.threads)
        yield "</main>\n"
    yield "</body>\n</html>\n"


def _title(edition: EditionHeader, envelope: Envelope) -> str:
    address, source = escape(f"{envelope.address}/d/{edition.document}"), escape(edition.source_url)
    if source.startswith(("https://", "http://")):
        source = f'<a href="{source}" rel="noreferrer">{source}</a>'
    return f"""<main>
<h1>{escape(edition.title)}</h1>
<p class="about">Edition {escape(edition.label)}{source and f", from {source}"}, \
sha256 <code>{edition.sha256}</code>.
Commentary from <a href="{address}">{address}</a>, under {escape(envelope.licence)}.</p>
"""


def _words(edition: EditionHeader, block: Block) -> str:
    text = escape(edition.parsed.text[block.start : block.end])
    ordinal = block.provision
    provision, name = edition.parsed.provisions[ordinal], edition.pids[ordinal]
    if block.kind == "heading":
        level = min((provision.level or 1) + 1, 6)
        return f'<h{level} id="{name}" dir="auto">{text}</h{level}>'
    if block.kind == "code":
        return f"<pre>{text}</pre>"
    if block.kind == "quote":
        return f'<p class="quote" dir="auto">{text}</p>'
    if provision.kind == "item":
        around = (edition.parsed.provisions[at] for at in edition.parsed.and_ancestors(ordinal))
        depth = sum(1 for _ in takewhile(lambda each: each.kind == "item", around))
        return f'<p class="item depth{min(depth, 3)}" dir="auto">{text}</p>'
    return f'<p dir="auto">{text}</p>'


def _note(thread: Thread, envelope: Envelope) -> str:
    head = thread.head
    parts = [f"<details open>\n<summary>{thread.number}. {_by(head, envelope)}</summary>\n"]
    for target in head.targets:
        words = target.exact or ""
        short = words if len(words) <= MAX_QUOTE else words[:MAX_QUOTE].rstrip() + " …"
        on = f'On <q dir="auto">{escape(short)}</q>' if short else "On the whole passage"
        parts.append(f'<p class="by">{on} ({escape(target.address)}{verdict(head)})</p>\n')
    parts.append(_body(head, envelope))
    parts += [f'<div class="reply"><p class="by">{_by(reply, envelope)}</p>\n'
              f"{_body(reply, envelope)}</div>\n" for reply in thread.replies]  # fmt: skip
    return "".join([*parts, "</details>\n"])


def _by(annotation: AnnotationValue, envelope: Envelope) -> str:
    if not annotation.shown:
        return unnamed(annotation)
    tags = f", tagged {escape(', '.join(annotation.tags))}" if annotation.tags else ""
    address = escape(f"{envelope.address}/a/{annotation.id}")
    day = stamp(annotation.created)[:10]
    by = f'<b dir="auto">{escape(annotation.author)}</b>, <a href="{address}">{day}</a>{tags}'
    if annotation.essay is None:
        return by
    title, url = escape(annotation.essay.title), escape(annotation.essay.source_url)
    named = f'<a href="{url}" rel="nofollow ugc noopener">{title}</a>' if url else title
    return f"{by}, from the essay “<bdi>{named}</bdi>”"


def _body(annotation: AnnotationValue, envelope: Envelope) -> str:
    if not annotation.shown:
        return ""
    suggested = ""
    if annotation.suggestion is not None:
        pieces = ((TAGS[each.change], escape(each.text)) for each in annotation.suggestion.diff)
        changed = "".join(f"<{tag}>{words}</{tag}>" for tag, words in pieces)
        suggested = f'<p dir="auto">Suggests: {changed}</p>\n'
    if annotation.body is None:
        return suggested or '<p class="by">Highlighted, without a comment.</p>\n'
    address = f"{envelope.address}/a/{annotation.id}"
    body = markup.absolute_links(annotation.html or "", address)
    return f'{suggested}<div dir="auto">{body}</div>\n'
