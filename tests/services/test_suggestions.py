"""Suggestions: who may propose and agree, what a revision did with them, and the patch."""

from __future__ import annotations

import io
import json
import subprocess
import unicodedata
from pathlib import Path

import pytest
from sqlalchemy import select, update

from annotator import formats
from annotator.auth.permissions import Viewer
from annotator.config import Limits
from annotator.db import now
from annotator.errors import AnnotatorError, Conflict, NotFound, NotSignedIn, Repeated, Unacceptable
from annotator.formats.files import reading
from annotator.models import Adoption, Agreement, Annotation, Suggestion
from annotator.schemas.annotations import AnnotationValue, Draft, DraftTarget
from annotator.services.annotations import (
    annotation_loader,
    annotations,
    listings,
    suggestion_export,
    suggestions,
)
from annotator.services.annotations.filters import Filter
from annotator.services.editions import editions
from annotator.services.exchange import exports
from annotator.services.personal_data import account_deletion
from annotator.services.placement import adoptions
from annotator.services.reading import full_text
from annotator.services.revisions import add_edition
from tests.conftest import Site
from tests.helpers import checks, importing

FIRST = """# Garden

## Gates

The north gate is *locked* at dusk. Nobody may climb it.

- Bring three keys.
"""
SECOND = FIRST.replace("at dusk", "at nightfall").replace("three keys", "two keys")


@pytest.fixture
def ada(site: Site) -> Viewer:
    add(site, FIRST, "2026-01-01")
    return site.person("Ada")


def add(site: Site, text: str, label: str, name: str = "plot.md") -> add_edition.Added:
    with site.parts.db.transaction() as session:
        return add_edition.add(session, slug="plot", label=label, data=text.encode(), name=name)


def suggest(
    site: Site, viewer: Viewer, words: str, act: str, wording: str = "", **more: object
) -> str:
    whole = more.pop("whole", False)
    with site.parts.db.transaction() as session:
        target = DraftTarget(exact=words)
        if whole:
            loaded = editions.newest(session, "plot")
            at = loaded.parsed.text.index(words)
            target = DraftTarget(pid=loaded.pids[loaded.parsed.innermost(at, at + len(words)) or 0])
        draft = Draft("plot", targets=(target,), suggestion=(act, wording), **more)  # type: ignore[arg-type]
        return annotations.create(session, viewer, draft, Limits())


def read(site: Site, ident: str) -> AnnotationValue:
    with site.parts.db.reading() as session:
        return annotation_loader.read(session, [ident])[0]


def test_a_suggestion_says_what_it_changes(site: Site, ada: Viewer) -> None:
    found = read(site, suggest(site, ada, "locked", "replace", "closed"))
    assert found.suggestion
    assert (found.motivation, found.body, found.agreements) == ("editing", None, 0)
    assert found.suggestion.result == "The north gate is closed at dusk. Nobody may climb it."
    assert [(each.change, each.text) for each in found.suggestion.diff] == [
        ("struck", "locked"), ("added", "closed"),
    ]  # fmt: skip
    assert found.suggestion.patchable
    assert found.adoption is None


@pytest.mark.parametrize(
    ("act", "wording"),
    [
        ("replace", "locked"), ("replace", " "), ("replace", "a\nb"), ("replace", "a\x00"),
        ("replace", "\u202eab"), ("replace", "x" * 10_001), ("strike", "x"), ("insert", "x"),
    ],
)  # fmt: skip
def test_what_cannot_be_suggested_names_its_field(
    site: Site, ada: Viewer, act: str, wording: str
) -> None:
    with pytest.raises(Unacceptable) as error:
        suggest(site, ada, "locked", act, wording)
    assert error.value.field in ("suggestion.wording", "target")


@pytest.mark.parametrize(
    ("act", "words", "wording"),
    [
        ("replace", "gate is *", "\tgate  is "), ("replace", "locked", " locked "),
        ("replace", "three keys", "three keys"),
    ],
)  # fmt: skip
def test_words_that_change_nothing_are_refused(
    site: Site, ada: Viewer, act: str, words: str, wording: str
) -> None:
    with pytest.raises(Unacceptable, match="same as the text"):
        suggest(site, ada, words.removesuffix(" *"), act, wording)


@pytest.mark.parametrize(
    ("words", "wording", "typographic", "why_not"),
    [
        ("dusk.", "dusk…", False, None),
        ("Nobody may climb it.\nBring", "Climb it. Bring", False, "crosses paragraphs"),
        ("locked", "{++shut++}", False, None), ("locked", "shut ~> open", False, None),
        ("locked", "<script>alert(1)</script>", False, None), ("locked", "e\u0301", False, None),
        ("locked", "x" * 10_000, False, None), ("it.", "it\u2010.", False, None),
        ("three keys", "three k\u00adeys", True, None),
    ],
)  # fmt: skip
def test_unusual_words_are_taken_as_plain_text(
    site: Site, ada: Viewer, words: str, wording: str, typographic: bool, why_not: str | None
) -> None:
    found = read(site, suggest(site, ada, words, "replace", wording)).suggestion
    assert found
    assert found.wording == unicodedata.normalize("NFC", wording)
    assert (found.typographic, why_not or "") == (typographic, why_not or "")
    assert (why_not or "") in (found.why_not or "")
    assert found.result.count(found.wording) == 1


def test_one_person_suggests_several_wordings_but_none_twice(site: Site, ada: Viewer) -> None:
    def post(act: str, wording: str) -> None:
        with site.parts.db.transaction() as session:
            draft = Draft("plot", targets=(DraftTarget(exact="locked"),), suggestion=(act, wording))  # type: ignore[arg-type]
            annotations.create(session, ada, draft, Limits(), refuse_repeats=True)

    for act, wording in (("replace", "shut"), ("replace", "closed"), ("strike", "")):
        post(act, wording)
        with pytest.raises(Repeated):
            post(act, wording)


def test_suggestions_on_the_same_words_conflict_or_are_the_same(site: Site, ada: Viewer) -> None:
    bob = site.person("Bob")
    one = suggest(site, ada, "locked at dusk", "replace", "locked at night")
    same = suggest(site, bob, "dusk", "replace", "night")
    other = suggest(site, bob, "at dusk", "strike")
    suggest(site, bob, "Nobody", "replace", "No one")
    add(site, FIRST.replace("Bring", "Carry"), "2026-02-01")  # they still stand there
    with site.parts.db.reading() as session:
        loaded = editions.newest(session, "plot")
        page = suggestions.page(session, loaded, None, None, 2)
        rest = suggestions.page(session, loaded, None, page.next, 2)
        asked = suggestions.page(session, loaded, one, None, 9)
        listed = listings.page(session, Filter(document="plot"), "place").items
        tables = suggestions.rivals(session, loaded, listed)
        with pytest.raises(NotFound):
            suggestions.conflicting(session, loaded, "nothing")
    assert (page.total, len(page.items), len(rest.items), rest.next) == (4, 2, 2, None)
    assert {each.id: each.relation for each in asked.items} == {same: "same", other: "conflict"}
    [table] = tables.values()
    assert [(row.conflicts, row.same) for row in table] == [
        ([3], [2]), ([3], [1]), ([1, 2], []), ([], []),
    ]  # fmt: skip


def test_lists_are_filtered_by_adoption_and_sorted_by_agreements(site: Site, ada: Viewer) -> None:
    bob = site.person("Bob")
    taken = suggest(site, ada, "dusk", "replace", "nightfall")
    left = suggest(site, ada, "locked", "replace", "closed")
    with site.parts.db.transaction() as session:
        suggestions.agree(session, bob, left, agrees=True)
        annotations.create(session, ada, Draft("plot", body="Fine."), Limits())

    def listed(sort: str = "place", **filters: str) -> list[str]:
        with site.parts.db.reading() as session:
            narrow = Filter(document="plot", kind="suggestion", **filters)  # type: ignore[arg-type]
            return [each.id for each in listings.page(session, narrow, sort).items]

    assert {*listed(adoption="open")} == {taken, left}
    add(site, SECOND, "2026-02-01")
    assert listed(adoption="open") == [left]
    assert listed(adoption="same") == [taken]
    assert listed("agreements") == [left, taken]
    assert listed("agreements", edition="2026-01-01", adoption="open") == [left, taken]
    with pytest.raises(Unacceptable):
        listed(adoption="never")
    with pytest.raises(Unacceptable), site.parts.db.reading() as session:
        listings.page(session, Filter(adoption="open"))


def test_a_reply_and_another_motivation_suggest_nothing(site: Site, ada: Viewer) -> None:
    ident = suggest(site, ada, "locked", "strike")
    draft = Draft(body="x", in_reply_to=ident, suggestion=("strike", ""))
    with pytest.raises(Unacceptable), site.parts.db.transaction() as session:
        annotations.create(session, ada, draft, Limits())
    with pytest.raises(Unacceptable):
        suggest(site, ada, "locked", "replace", "closed", motivation="commenting")


def test_others_agree_once_and_can_withdraw(site: Site, ada: Viewer) -> None:
    ident, bob = suggest(site, ada, "locked", "replace", "closed"), site.person("Bob")
    db = site.parts.db
    for agrees, number in ((True, 1), (True, 1), (False, 0), (True, 1)):
        with db.transaction() as session:
            assert suggestions.agree(session, bob, ident, agrees=agrees) == number
    assert read(site, ident).agreements == 1
    with db.transaction() as session:
        comment = annotations.create(session, ada, Draft("plot", body="Fine."), Limits())
    for viewer, at, error in (
        (ada, ident, Conflict), (Viewer(known=False), ident, NotSignedIn), (bob, comment, NotFound)
    ):  # fmt: skip
        with pytest.raises(error), db.transaction() as session:
            suggestions.agree(session, viewer, at, agrees=True)
    with db.transaction() as session:
        session.execute(update(Annotation).values(visibility="held"))
    with pytest.raises(Conflict), db.transaction() as session:
        suggestions.agree(session, bob, ident, agrees=True)
    with db.transaction() as session:
        session.execute(update(Annotation).values(visibility="visible"))
    with db.transaction() as session:
        annotations.delete(session, ada, ident)
    with pytest.raises(Conflict), db.transaction() as session:
        suggestions.agree(session, bob, ident, agrees=True)


@pytest.mark.parametrize(
    ("words", "wording"),
    [
        ("x = 1", "x = 2"), ("gate is", "gates are"), ("the long list", "a list"),
        ("list of", "list  of\tall"), ("one two", "two"),
    ],
)  # fmt: skip
def test_what_is_about_markup_is_taken_and_its_patch_is_exact_or_named(
    site: Site, words: str, wording: str
) -> None:
    source = (
        "\ufeff# A\r\n\r\nThe gate[^1] is in [the long](https://a.org/b) list of *one* two.\r\n"
        "\r\n```\r\nx = 1\r\n```\r\n\r\n[^1]: North."
    )
    add(site, source, "2026-01-01")
    ident = suggest(site, site.person("Ada"), words, "replace", wording)
    with site.parts.db.reading() as session:
        exported = suggestion_export.export(session, "plot", None, "patch")
        loaded = editions.newest(session, "plot")
    found = read(site, ident).suggestion
    assert found
    assert (exported.taken == (ident,)) == found.patchable == (ident not in exported.left_out)
    assert found.patchable or found.why_not
    assert words in loaded.parsed.text


def test_a_new_edition_judges_each_suggestion_and_rebuilding_gives_the_same(
    site: Site, ada: Viewer
) -> None:
    wanted = {
        suggest(site, ada, "dusk", "replace", "nightfall"): "same",
        suggest(site, ada, "dusk", "replace", "dawn"): "other",
        suggest(site, ada, "locked", "replace", "closed"): "open",
        suggest(site, ada, "climb it", "strike"): "open",
    }
    added = add(site, SECOND, "2026-02-01")
    assert added.suggestions == {"same": 1, "other": 1, "open": 2}
    late = suggest(site, ada, "three keys", "replace", "two keys", edition="2026-01-01")
    wanted[late] = "already"
    for ident, verdict in wanted.items():
        adoption = read(site, ident).adoption
        assert adoption
        assert (adoption.edition, adoption.verdict) == ("2026-02-01", verdict)
    with site.parts.db.transaction() as session:
        rows = select(Adoption.annotation_id, Adoption.verdict).order_by(Adoption.annotation_id)
        before = session.execute(rows).all()
        adoptions.rebuild(session, editions.newest(session, "plot").document_id)
        assert session.execute(rows).all() == before
        assert list(checks.faults(session, site.parts.engine)) == []


def test_the_patch_has_what_does_not_conflict_and_names_the_rest(
    site: Site, ada: Viewer, tmp_path: Path
) -> None:
    bob = site.person("Bob")
    idents = [
        suggest(site, ada, "locked", "replace", "shut"),
        suggest(site, ada, "dusk", "replace", "night"),
        suggest(site, bob, "dusk", "replace", "dawn"),
        suggest(site, bob, "Bring three keys.", "insert", "Bring them back.", whole=True),
        suggest(site, bob, "locked", "replace", "shut", body="Shorter."),
    ]
    with site.parts.db.transaction() as session:
        suggestions.agree(session, ada, idents[2], agrees=True)
    with site.parts.db.reading() as session:
        plain = suggestion_export.export(session, "plot", None, "patch")
        picked = suggestion_export.export(session, "plot", None, "patch", pick="agreements")
        marked = suggestion_export.export(session, "plot", None, "critic", base="https://a.org")
        request = suggestion_export.export(session, "plot", None, "pull-request")
    assert set(plain.taken) == {idents[0], idents[3]}
    assert "conflicts" in plain.left_out[idents[1]]
    assert "same as" in plain.left_out[idents[4]]
    assert set(picked.taken) == {idents[0], idents[2], idents[3]}
    (tmp_path / "plot.md").write_text(FIRST)
    (tmp_path / "p").write_bytes(picked.content)
    subprocess.run(["git", "apply", "p"], cwd=tmp_path, check=True)
    assert (tmp_path / "plot.md").read_text() == FIRST.replace("locked", "shut").replace(
        "dusk", "dawn"
    ) + "- Bring them back.\n"
    assert (
        f"{{~~locked~>shut~~}}{{>>Ada, https://a.org/a/{idents[0]}<<}}" in marked.content.decode()
    )
    assert b"Suggested-by: Ada" in request.content
    assert idents[1] in request.content.decode()


def test_without_markdown_there_is_no_patch_and_the_rest_works(site: Site) -> None:
    page = "<html><body><h1>Plot</h1><p>The gate is locked.</p></body></html>"
    add(site, page, "2026-01-01", "plot.html")
    found = read(site, suggest(site, site.person("Ada"), "locked", "replace", "shut"))
    assert found.suggestion
    assert "a page" in (found.suggestion.why_not or "")
    with site.parts.db.reading() as session:
        assert suggestion_export.export(session, "plot", None, "patch").content == b""
    with pytest.raises(AnnotatorError), site.parts.db.reading() as session:
        suggestion_export.export(session, "plot", None, "morse")


def test_a_deleted_suggestion_is_gone_and_comes_back_within_the_hour(
    site: Site, ada: Viewer
) -> None:
    ident = suggest(site, ada, "locked", "replace", "closed")
    with site.parts.db.transaction() as session:
        annotations.delete(session, ada, ident)
    assert read(site, ident).suggestion is None
    with site.parts.db.transaction() as session:
        annotations.restore(session, ada, ident)
    assert read(site, ident).suggestion is not None
    with site.parts.db.transaction() as session:
        annotations.delete(session, ada, ident)
        annotations.purge(session, now() + 2 * annotations.KEPT)
        assert session.get(Suggestion, ident) is None
        assert session.scalars(select(Agreement)).all() == []


def test_an_imported_suggestion_whose_words_are_not_here_keeps_its_words(
    site: Site, ada: Viewer
) -> None:
    lines = [
        {"author": "Ada", "document": "plot", "target": {"exact": words}, "body": body,
         "motivation": "editing", "suggestion": {"act": act, "wording": wording}}
        for words, act, wording, body in (
            ("locked", "replace", "closed", None), ("never said", "replace", "closed", "Why."),
            ("never said", "strike", "", None),
        )
    ]  # fmt: skip
    data = "\n".join(json.dumps(line) for line in lines).encode()
    with site.parts.db.transaction() as session:
        importing.take_in(session, reading.read(io.BytesIO(data), "jsonl"), Limits())
    with site.parts.db.reading() as session:
        found = listings.page(session, Filter(document="plot"), "oldest").items
    assert {(each.motivation, each.body, bool(each.suggestion)) for each in found} == {
        ("editing", None, True),
        ("commenting", "closed\n\nWhy.", False),
        ("highlighting", None, False),
    }


def test_agreements_are_exported_with_names_and_imported(site: Site, ada: Viewer) -> None:
    ident = suggest(site, ada, "locked", "replace", "closed")
    bob, cy = site.person("Bob"), site.person("Cy")
    for each in (cy, bob):
        with site.parts.db.transaction() as session:
            suggestions.agree(session, each, ident, agrees=True)
    with site.parts.db.reading() as session:
        exported = exports.export(session, formats.named("native"), Filter(document="plot"), "", "")
        data = "".join(formats.named("native").write(exported.annotations, exported.envelope))
    [item] = json.loads(data)["items"]
    assert [each["author"] for each in item["agreed_by"]] == ["Cy", "Bob"]
    data = data.replace("plot", "park").replace(ident, "imported")
    with site.parts.db.transaction() as session:
        add_edition.add(session, slug="park", label="2026-01-01", data=FIRST.encode(), name="p.md")
        for _ in range(2):
            importing.take_in(session, reading.read(io.BytesIO(data.encode()), "native"), Limits())
        agreeing = suggestions.agreeing(session, ["imported"])["imported"]
        assert [each.author[:2] for each in agreeing] == ["Cy", "Bo"]  # accounts of their own
        assert annotation_loader.read(session, ["imported"])[0].agreements == 2
        assert not any("agree" in line for line in checks.faults(session, site.parts.engine))


def test_a_check_finds_wrong_adoptions_and_agreements(site: Site, ada: Viewer) -> None:
    ident = suggest(site, ada, "locked", "replace", "closed")
    with site.parts.db.transaction() as session:
        comment = annotations.create(session, ada, Draft("plot", body="Fine."), Limits())
    add(site, SECOND, "2026-02-01")
    with site.parts.db.transaction() as session:
        session.execute(update(Adoption).values(verdict="same"))
        for wrong in (ident, comment):
            session.add(Agreement(annotation_id=wrong, account_id=ada.account, created=now()))
        session.flush()
        found = checks.faults(session, site.parts.engine)
        assert sorted(line for line in found if "index" not in line) == sorted([
            f"annotation {comment}: its author agrees with it",
            f"annotation {ident}: its author agrees with it",
            f"annotation {comment}: somebody agrees with it, but it suggests nothing",
            f"annotation {ident} in plot@2026-02-01: its adoption is not what its targets imply",
        ])  # fmt: skip
        session.rollback()


def test_who_leaves_agrees_no_more_and_search_knows(site: Site, ada: Viewer) -> None:
    ident = suggest(site, ada, "locked", "replace", "closed")
    bob = site.person("Bob")
    with site.parts.db.transaction() as session:
        suggestions.agree(session, bob, ident, agrees=True)
    site.parts.indexer.drain()
    with site.parts.db.reading() as session:
        for query in ("agreements:>0", "closed", "text:closed quote:locked", "is:suggestion -shut"):
            assert full_text.among(session, site.parts.engine, query) == (ident,), query
    with site.parts.db.transaction() as session:
        account_deletion.leave(session, bob.account, keep=True)
    site.parts.indexer.drain()
    with site.parts.db.reading() as session:
        assert full_text.among(session, site.parts.engine, "agreements:>0") == ()
        open_ones = full_text.among(session, site.parts.engine, "is:suggestion adoption:open")
        assert open_ones == (ident,)
