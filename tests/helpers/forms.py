"""Send the forms of a page as a browser does: their values, the input, and one button."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import urljoin, urlsplit

from lxml.html import FormElement, HtmlElement
from werkzeug.datastructures import MultiDict

from tests.helpers import html
from tests.helpers.html import Html

Data = MultiDict[str, str]
BUTTONS = ".//button[not(@type) or @type='submit'] | .//input[@type='submit']"


def filled(page: Html, here: str, to: str, fields: Mapping[str, object]) -> tuple[str, Data]:
    """Fill in the form of the page `here` that is sent to `to`; return its address and what it has.

    `fields` are what a person enters, checks or chooses, and the button that they press, if it is
    not the first. Fails if the page has no such form, field, choice or button.
    """
    faults = [f"no form on {here} is sent to {to}"]
    for form, action, button in _forms(html.tree(page), here, to):
        data, rest = Data(), dict(fields)
        if button.get("name"):
            name, value = button.get("name"), button.get("value") or ""
            if str(rest.pop(name, value)) != value:
                continue
            data.add(name, value)
        try:
            for name, wanted in rest.items():
                _fill(form, name, [str(it) for it in wanted] if isinstance(wanted, list | tuple)
                      else [str(wanted)])  # fmt: skip
        except AssertionError as fault:
            faults.append(str(fault))
            continue
        for name, value in form.form_values():
            data.add(name, str(value).removeprefix("\n"))  # the first one in a textarea is ignored
        return action, data
    raise AssertionError("; ".join(faults))


def _forms(tree: HtmlElement, here: str, to: str) -> Iterator[tuple[FormElement, str, HtmlElement]]:
    """Yield the forms that are sent to `to`, with the address and the button that does so."""
    for form in tree.forms:
        assert not form.xpath("ancestor::form"), "a form within a form ends it in browsers"
        for button in form.xpath(BUTTONS):
            action = urljoin(here, button.get("formaction") or form.get("action") or here)
            method = button.get("formmethod") or form.method
            if method.upper() == "POST" and urlsplit(action).path == urlsplit(to).path:
                yield form, action, button


def _fill(form: FormElement, name: str, wanted: list[str]) -> None:
    found = form.xpath(".//*[self::input or self::textarea or self::select][@name=$name]",
                       name=name)  # fmt: skip
    assert found, f"the form has no field {name}"
    if found[0].get("type") in ("checkbox", "radio"):
        missing = {*wanted} - {each.get("value", "on") for each in found}
        assert not missing, f"the form has no {name} {missing}"
        for each in found:
            each.checked = each.get("value", "on") in wanted
        return
    (field,), (value,) = found, wanted
    assert field.get("type") != "hidden" or field.get("value") == value, f"{name} is hidden"
    if field.tag == "select":
        options = [each.get("value", each.text) for each in field.iter("option")]
        assert value in options, f"the form's {name} is one of {options}"
    field.value = value
