"""Style sheets and scripts as browsers get them: joined, without comments, in the site's language.

What a page needs for its first paint is in the page itself. The policy allows that by digests, so
that no other script or style sheet in a page is in force.
"""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path

from markupsafe import Markup

from annotator.services.reading.reading_page import DEEPEST
from annotator.web.http.site import site
from annotator.web.http.translation import ENGLISH, translated_script

STATIC = Path(__file__).parent.parent / "static"
COMMENT = re.compile(r"^[ \t]*/\*\*(?:(?!\*/).)*\*/[ \t]*$", re.MULTILINE | re.DOTALL)
CSS_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
DEPTHS = re.compile(r"^@depths \{\n(.*?)^\}\n", re.MULTILINE | re.DOTALL)
CSS_SPACE = re.compile(r" ?([{};]) ?")
# Style sheets served as one. The reading page contains those for its first paint.
SHEETS = {"css/site.css": ("base", "comments"),
          "css/talk.css": ("comments", "writing", "discussion_map")}  # fmt: skip
READING = ("base", "reading", "strip")
# Modules served as one script with all that they import; some import modules from a script that
# their page has loaded before.
ENTRIES = frozenset({"loader.js", "reading.js", "provision.js", "queue.js", "desk.js"})
EARLIER = {"reading.js": "loader.js"}
IMPORT = re.compile(r'^import \{ (.+) \} from "\./(.+)\.js";$', re.MULTILINE)
EXPORT = re.compile(r"^export (?=(?:async )?(?:function|class|const) (\w+))", re.MULTILINE)


def undocumented(script: str) -> str:
    """Remove the comments of a script without changing line numbers."""
    return COMMENT.sub(lambda match: "\n" * match[0].count("\n"), script)


def sheet(*stems: str) -> str:
    """Return style sheets as one, without comments and indentation.

    What is in `@depths` is repeated for each depth of highlights.
    """
    text = "".join((STATIC / "css" / f"{stem}.css").read_text("utf-8") for stem in stems)
    shares = {
        str(depth): str(100 * (depth - 1) // (DEEPEST - 1)) for depth in range(1, DEEPEST + 1)
    }
    text = DEPTHS.sub(
        lambda match: "".join(
            match[1].replace("DEPTH", depth).replace("SHARE", share)
            for depth, share in shares.items()
        ),
        text,
    )
    return CSS_SPACE.sub(r"\1", " ".join(CSS_COMMENT.sub("", text).split()))


def script(name: str) -> str:
    """Return a script in the site's language, without comments; an entry with its modules.

    One request replaces forty. Each module keeps its own scope and runs after those it imports.
    Modules import and export by name, and none imports itself in a circle.
    """
    if name not in ENTRIES:
        return _source(name)
    modules, earlier = _modules(name), EARLIER.get(name)
    taken = sorted(modules.keys() & (_modules(earlier) if earlier else {}).keys())
    listed = f'import {{ {", ".join(f"${stem}" for stem in taken)} }} from "./{earlier}";\n'
    own = "".join(code for stem, code in modules.items() if stem not in taken)
    shared = f"export {{ {', '.join(f'${stem}' for stem in modules)} }};\n"
    return (listed if taken else "") + own + (shared if name in EARLIER.values() else "")


def _modules(entry: str) -> dict[str, str]:
    """Return an entry and the modules that it imports, in the order of dependencies."""
    found: dict[str, str] = {}

    def join(stem: str) -> None:
        source = _source(f"{stem}.js")
        for _, needed in IMPORT.findall(source):
            if needed not in found:
                join(needed)
        exports = ", ".join(EXPORT.findall(source))
        body = IMPORT.sub(
            lambda match: f"const {{ {match[1].replace(' as ', ': ')} }} = ${match[2]};",
            EXPORT.sub("", source),
        )
        found[stem] = f"const ${stem} = (() => {{\n{body}\nreturn {{ {exports} }};\n}})();\n"

    join(entry.removesuffix(".js"))
    return found


def _source(name: str) -> str:
    source = undocumented((STATIC / "js" / name).read_text("utf-8"))
    if name == "words.js" and site().language != ENGLISH:
        return translated_script(source, site().language)
    return source


def _digest(inline: str) -> str:
    digest = base64.b64encode(hashlib.sha256(inline.encode()).digest()).decode()
    return f"'sha256-{digest}'"


# Only our own files, so there is nothing to escape.
INLINE_THEME = Markup(undocumented((STATIC / "js" / "theme.js").read_text("utf-8")))  # noqa: S704
INLINE_SHEET = Markup(sheet(*READING))  # noqa: S704
INLINE_ICON = Markup((STATIC / "icon.svg").read_text("utf-8").strip())  # noqa: S704  an image takes longer
POLICY = (
    f"default-src 'none'; script-src 'self' {_digest(INLINE_THEME)}; "
    f"style-src 'self' {_digest(INLINE_SHEET)}; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
