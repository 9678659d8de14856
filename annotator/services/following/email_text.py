"""The words of a news email, its headers, and the links to unsubscribe."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from urllib.parse import urlsplit

from itsdangerous import BadSignature, URLSafeSerializer

from annotator.config import Config
from annotator.models import Account
from annotator.schemas.annotations import AnnotationValue
from annotator.schemas.following import class_of
from annotator.services.accounts.mailer import Email
from annotator.services.following.news import SNIPPET, NewsItem

MAX_ITEMS = 30  # of an email of at most 200 lines
LONGEST = 150  # characters of the line of a news item
COUNTED = {
    "answer": ("answer", "answers"), "reply": ("reply", "replies"),
    "mention": ("mention", "mentions"), "moderation": ("decision", "decisions"),
    "changed": ("changed comment", "changed comments"), "followed": ("new", "new"),
}  # fmt: skip
HEADLINES = {"answer": "The publisher answered your comment", "reply": "{} replied to you",
             "mention": "{} mentioned you", "followed": "{} commented"}  # fmt: skip
CLASS_NAMES = {"to_me": "what concerns you", "followed": "what you follow"}


def write(
    config: Config, secret: str, account: Account, items: Sequence[NewsItem], token: str
) -> Email:
    """Render an account's news as an email, most important first."""
    site, base = config.site.name, config.address
    titles = {title for item in items if (title := _title(item))}
    about = titles.pop() if len(titles) == 1 else site
    threads = {item.annotation.thread if item.annotation else "" for item in items}
    classes = {class_of(item.row.kind) for item in items}
    topics = [(f"everything on {site}", "all")]
    topics = [(CLASS_NAMES[name], name) for name in sorted(classes)] + topics
    if len(threads) == 1 and "" not in threads:
        topics.insert(0, ("this thread", next(iter(threads))))
    links = [
        (name, f"{base}/unsubscribe/{signed(secret, account.id, what)}") for name, what in topics
    ]
    lines = [f"Hello {_line(account.name)},", ""]
    for item in items[:MAX_ITEMS]:
        lines += [*_lines(base, item), ""]
    if items[MAX_ITEMS:]:
        lines += [f"And {len(items) - MAX_ITEMS} more: {base}/news", ""]
    lines += ["-- ", f"{site} sends news at most once an hour, and one digest a day.",
              f"Change this: {base}/account#_news", "", "Stop emails about:"]  # fmt: skip
    lines += [f"{name}: {link}" for name, link in links]
    headers = {
        "List-Id": f"<{_slug(items)}.{urlsplit(base).hostname}>",
        "List-Unsubscribe": f"<{links[0][1]}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    if len(threads) == 1 and "" not in threads:
        headers["References"] = f"<thread.{threads.pop()}@{config.mail.sender.rpartition('@')[2]}>"
        headers["In-Reply-To"] = headers["References"]
    return Email(account.email, f"{_counts(items)} · {_line(about)}", "\n".join(lines) + "\n",
                 token, headers)  # fmt: skip


def _counts(items: Sequence[NewsItem]) -> str:
    """Count news by kind: "2 replies, 3 changed comments"."""
    counts: Counter[str] = Counter()
    for item in items:
        counts[item.row.kind] += (item.row.changed or 1) if item.row.kind == "changed" else 1
    return ", ".join(f"{many} {COUNTED[kind][many != 1]}" for kind, many in counts.items())


def _lines(base: str, item: NewsItem) -> list[str]:
    """Write what happened, where, its words, and the link to it."""
    row, annotation, edition = item.row, item.annotation, item.edition
    if annotation is not None:
        body = _line(annotation.body or "", SNIPPET + 1)
        words = [f"> {body[:SNIPPET]}{'…' * (len(body) > SNIPPET)}"] if body else []
        what = HEADLINES[row.kind].format(annotation.author)
        where = _line(place(annotation))
        return [f"{_line(what)} on {where}", *words, f"{base}/a/{annotation.id}"]
    if edition is not None:
        name = f"Edition {edition.label} of {_line(edition.title)}"
        labels = f"{item.before}..{edition.label}"
        if row.kind == "changed":
            mine = f"{row.of} comment{'s' * (row.of != 1)}"
            return [f"{name} changed the words of {row.changed} of your {mine}",
                    f"{base}/d/{edition.slug}/fate/{labels}?own=yes"]  # fmt: skip
        many = f"{row.changed} passage{'s' * (row.changed != 1)}"
        passages = f"; it changed {many} that you follow" if row.changed else ""
        return [f"{name} was added{passages}", f"{base}/d/{edition.slug}/diff/{labels}"]
    return ["A moderator has decided about your comment, report or appeal",
            f"{base}/moderation/log/{row.act_id}"]  # fmt: skip


def place(annotation: AnnotationValue) -> str:
    """Return where a comment or its thread is, with the document's title."""
    head = annotation.head or annotation
    at = (*(each.place for each in head.placements), *(each.place for each in head.targets))
    return f"{at[0]}, {head.title}" if at and at[0] else head.title


def _title(item: NewsItem) -> str:
    return item.annotation.title if item.annotation else item.edition.title if item.edition else ""


def _slug(items: Sequence[NewsItem]) -> str:
    found = {item.annotation.document if item.annotation else item.edition.slug if item.edition
             else "" for item in items}  # fmt: skip
    return found.pop() or "news" if len(found) == 1 else "news"


def _line(words: str, most: int = LONGEST) -> str:
    """Return words on one line without control characters, shortened to `most` characters."""
    plain = "".join(each if each.isprintable() else " " for each in words)
    return " ".join(plain.split())[:most]


def signed(secret: str, account_id: int, what: str) -> str:
    """Return the token of a link that ends emails about `what`: a class, `all`, or a thread."""
    token = URLSafeSerializer(secret, salt="unsubscribe").dumps([account_id, what])
    return token if isinstance(token, str) else token.decode()


def read_token(secret: str, token: str) -> tuple[int, str]:
    """Return the account and what a token ends; nothing (0, "") for one that is not valid."""
    try:
        account_id, what = URLSafeSerializer(secret, salt="unsubscribe").loads(token)
    except (BadSignature, ValueError, TypeError):
        return 0, ""
    return account_id, what
