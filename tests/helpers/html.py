"""Read the HTML of an answer as a tree, never by regular expressions."""

from __future__ import annotations

import lxml.html
from lxml.html import HtmlElement
from werkzeug.test import TestResponse

Html = str | TestResponse | HtmlElement


def tree(page: Html) -> HtmlElement:
    """Parse a page; return the same tree for the same page."""
    if isinstance(page, HtmlElement):
        return page
    text = page if isinstance(page, str) else page.text
    return lxml.html.document_fromstring(text)


def words(page: Html, selector: str) -> list[str]:
    """Return the text of each element that a CSS selector finds, with single spaces."""
    return [" ".join(each.text_content().split()) for each in tree(page).cssselect(selector)]


def text(page: Html) -> str:
    """Return all text of a page, with single spaces."""
    return " ".join(tree(page).text_content().split())


def attributes(page: Html, selector: str, name: str) -> list[str]:
    """Return one attribute of each element that a CSS selector finds and that has it."""
    found = (each.get(name) for each in tree(page).cssselect(selector))
    return [value for value in found if value is not None]


def attribute(page: Html, selector: str, name: str) -> str:
    """Return the attribute of the first element; fail without one."""
    found = attributes(page, selector, name)
    assert found, f"nothing on the page is {selector} with {name}"
    return found[0]


def value(page: Html, field: str) -> str:
    """Return the value of a form's field."""
    return attribute(page, f'[name="{field}"]', "value")
