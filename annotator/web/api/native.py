"""The native JSON API: annotations, documents, search, addresses; `docs/api.md` describes it."""

import hashlib
from collections.abc import Iterator

from flask import Response, request, url_for
from sqlalchemy.orm import Session

from annotator import formats, markup
from annotator.errors import Unacceptable
from annotator.formats import native
from annotator.schemas.annotation_requests import AnnotationShape, ChangeShape
from annotator.schemas.annotations import (
    AnnotationPart,
    Annotations,
    AnnotationValue,
    Versions,
)
from annotator.schemas.documents import (
    Citation,
    Commentary,
    Documents,
    DocumentValue,
    EditionValue,
    EssayShape,
    PreviewShape,
    ProvisionTally,
    Quotations,
    Rendered,
    Resolution,
    State,
    TagCount,
    Tags,
)
from annotator.schemas.queries import (
    CiteQuery,
    CommentaryQuery,
    EditionQuery,
    ExportQuery,
    FilterQuery,
    ListQuery,
    ProvisionQuery,
    ResolveQuery,
    Results,
    SearchQuery,
    StandingQuery,
    StateQuery,
    SuggestionsQuery,
    TagsQuery,
)
from annotator.schemas.suggestions import Agreements, StandingSuggestions
from annotator.services.addressing import address_lookup, resolver
from annotator.services.annotations import (
    annotation_loader,
    annotations,
    drafts,
    listings,
    suggestion_export,
    suggestions,
    tags,
)
from annotator.services.annotations.filters import Filter
from annotator.services.editions import editions, provisions, sources
from annotator.services.essays import quotation_report
from annotator.services.exchange import exports
from annotator.services.reading import full_text, reading_page, statistics
from annotator.services.reading.reading_page import coded
from annotator.web.api.operations import (
    BYTES,
    FILE,
    PLAIN,
    json_response,
    operation,
    require_readable,
    require_version,
)
from annotator.web.http.site import address, site, viewer

DOCUMENT = "/api/documents/<slug>"
EDITION = f"{DOCUMENT}/editions/<label>"
ONE = "/api/annotations/<ident>"
RESOLVED = {"ambiguous": 300, "not_found": 404}


@operation("GET", "/api/annotations", refuses=(404, 422))
def list_annotations(session: Session, query: ListQuery) -> Annotations:
    """Return a page of commentary."""
    narrow = _filter(session, query)
    return full_text.page(session, site().engine, narrow, query.sort, query.cursor, query.limit)


@operation(
    "POST", "/api/annotations", statuses=(201, 200, 202), refuses=(404, 422),
    act="annotation.create", keyed=True,
)  # fmt: skip
def create_annotation(
    session: Session, body: AnnotationShape
) -> tuple[AnnotationValue, int, dict[str, str]]:
    """Store an annotation."""
    here, author = site(), viewer()
    draft = native.draft(body.model_dump(exclude_unset=True))
    ident, new = annotations.post(session, author, draft, here.config.limits,
                                  request.headers.get("Idempotency-Key"))  # fmt: skip
    own = annotation_loader.read(session, [ident], edition=draft.edition, unveiled=[ident])
    status = 200 if not new else 202 if own[0].held else 201
    return own[0], status, {"Location": url_for("api.get_annotation", ident=ident)}


@operation("GET", ONE, refuses=(404, 410))
def get_annotation(
    session: Session, ident: str, query: EditionQuery
) -> AnnotationValue | AnnotationPart:
    """Return one annotation."""
    return listings.get(session, ident, query.edition, viewer())


@operation("PATCH", ONE, refuses=(404, 410, 422), act="annotation.edit", versioned=True)
def change_annotation(session: Session, ident: str, body: ChangeShape) -> AnnotationValue:
    """Change the words or tags of your own annotation."""
    if "body" in body.model_fields_set and body.body is None:
        raise Unacceptable("A comment cannot become empty. Delete it instead.", field="body")
    annotations.changeable(session, viewer(), "annotation.edit", ident)
    require_version(session, ident)
    annotations.edit(
        session, viewer(), ident, body=body.body, tags=body.tags, limits=site().config.limits
    )
    return listings.get(session, ident, viewer=viewer())


@operation(
    "DELETE", ONE, statuses=(204,), refuses=(404, 410), act="annotation.delete", versioned=True
)
def delete_annotation(session: Session, ident: str) -> None:
    """Delete your own annotation."""
    annotations.changeable(session, viewer(), "annotation.delete", ident)
    require_version(session, ident)
    annotations.delete(session, viewer(), ident)


@operation("POST", f"{ONE}/restore", refuses=(404, 410), act="annotation.restore")
def restore_annotation(session: Session, ident: str) -> AnnotationValue:
    """Undo the deletion of your own annotation, within an hour."""
    annotations.restore(session, viewer(), ident)
    return listings.get(session, ident, viewer=viewer())


@operation("PUT", f"{ONE}/agreement", refuses=(404,), act="agreement.give")
def give_agreement(ident: str) -> Agreements:
    """Agree with a suggestion."""
    return _agree(ident, agrees=True)


@operation("DELETE", f"{ONE}/agreement", refuses=(404,), act="agreement.give")
def withdraw_agreement(ident: str) -> Agreements:
    """Withdraw your agreement with a suggestion."""
    return _agree(ident, agrees=False)


def _agree(ident: str, *, agrees: bool) -> Agreements:
    with site().db.transaction() as session:
        number = suggestions.agree(session, viewer(), ident, agrees=agrees)
    return Agreements(agreements=number)


@operation("GET", f"{DOCUMENT}/suggestions", refuses=(404,))
def list_suggestions(session: Session, slug: str, query: StandingQuery) -> StandingSuggestions:
    """Return a page of the suggestions that an edition could adopt, in the order of the text."""
    loaded = editions.labelled(session, slug, query.edition)
    return suggestions.page(session, loaded, query.conflicting, query.cursor, query.limit)


@operation("GET", "/api/suggestions/export", gives=PLAIN, refuses=(404, 422))
def export_suggestions(session: Session, query: SuggestionsQuery) -> Response:
    """Return the suggestions on an edition as a patch of the publisher's file."""
    ids = query.ids.split(",") if query.ids else None
    if query.q:
        ids = full_text.suggestions(session, site().engine, query.q, query.document, ids)
    exported = suggestion_export.export(
        session, query.document, query.edition, query.format, ids=ids, pick=query.pick,
        base=address(),
    )  # fmt: skip
    answer = Response(exported.content, mimetype="text/plain")
    answer.headers.set("Content-Disposition", "attachment", filename=exported.name)
    return answer


@operation("GET", f"{ONE}/versions", refuses=(404, 410))
def list_versions(session: Session, ident: str) -> Versions:
    """Return the earlier versions of an annotation."""
    require_readable(listings.get(session, ident, viewer=viewer()))
    items = listings.versions(session, ident)
    return Versions(total=len(items), items=items)


@operation("GET", "/api/documents")
def list_documents(session: Session) -> Documents:
    """Return every document."""
    items = editions.summaries(session)
    return Documents(total=len(items), items=items)


@operation("GET", DOCUMENT, refuses=(404,))
def get_document(session: Session, slug: str) -> DocumentValue:
    """Return a document and its editions."""
    loaded = editions.newest(session, slug)
    return provisions.describe_document(loaded, editions.every(session, loaded.document_id))


@operation("GET", EDITION, refuses=(404,))
def get_edition(session: Session, slug: str, label: str) -> EditionValue:
    """Return an edition and its provisions."""
    loaded = editions.labelled(session, slug, label)
    return provisions.describe_edition(loaded, sources.find(session, loaded))


@operation("GET", f"{EDITION}/text", gives=PLAIN, refuses=(404,))
def get_text(session: Session, slug: str, label: str) -> Response:
    """Return an edition's canonical text; the line feed at the end is not part of it."""
    loaded = editions.labelled(session, slug, label)
    answer = Response(loaded.parsed.text + "\n", mimetype="text/plain")
    answer.set_etag(loaded.sha256, weak=True)  # packed or not
    container = url_for("w3c.container", slug=slug)
    answer.headers["Link"] = f'<{container}>; rel="http://www.w3.org/ns/oa#annotationService"'
    answer.make_conditional(request)
    return answer


@operation("GET", f"{EDITION}/source", gives=BYTES, refuses=(404,))
def get_source(session: Session, slug: str, label: str) -> Response:
    """Return the publisher's file of an edition, if the document's licence allows it."""
    source = sources.shared(session, editions.labelled(session, slug, label))
    answer = Response(source.data, mimetype="application/octet-stream")  # no page of this site
    answer.headers.set("Content-Disposition", "attachment", filename=source.name)
    answer.set_etag(source.sha256, weak=True)
    answer.make_conditional(request)
    return answer


@operation("GET", "/api/provisions/<slug>/<pid>/annotations", refuses=(404, 422))
def list_of_provision(session: Session, slug: str, pid: str, query: ProvisionQuery) -> Annotations:
    """Return a page of all commentary on a provision."""
    edition = query.edition or editions.holding(session, slug, pid).label
    narrow = Filter(document=slug, edition=edition, provision=pid)
    return listings.page(session, narrow, query.sort, query.cursor, query.limit)


@operation("GET", f"{EDITION}/commentary", gives=Commentary, refuses=(404, 422))
def commentary(session: Session, slug: str, label: str, query: CommentaryQuery) -> Response:
    """Return the filtered commentary on an edition by provision."""
    narrow = Filter(document=slug, edition=label, **query.model_dump())
    loaded = editions.labelled(session, slug, label)
    parts = (loaded.slug, loaded.label, loaded.sha256, loaded.revision, loaded.state, narrow)
    tag = hashlib.sha256(repr(parts).encode()).hexdigest()[:24]
    answer = Response(status=304)
    if not request.if_none_match.contains_weak(tag):
        matching = reading_page.filtered_commentary(session, site().engine, loaded, narrow)
        tallies = [
            ProvisionTally(pid=loaded.pids[at], remarks=tally.annotations, authors=tally.authors)
            for at, tally in sorted(matching.tallies.items())
            if at >= 0  # the document's total comes before its provisions
        ]
        answer = json_response(Commentary(
            state=matching.state,
            total=matching.total.annotations,
            authors=matching.total.authors,
            segments=coded(matching.segments),
            provisions=tallies,
        ))  # fmt: skip
    answer.headers["Cache-Control"] = "no-cache"
    # The ETag has all that the page depends on, so a 304 counts nothing. Not for searches: their
    # index may lag behind the state, so their ETag is a digest of the content.
    if not narrow.q:
        answer.set_etag(tag, weak=True)
    return answer


@operation("GET", f"{EDITION}/state", refuses=(404,))
def state(session: Session, slug: str, label: str, query: StateQuery) -> State:
    """Return the number of annotations since a time."""
    return statistics.since(session, editions.labelled(session, slug, label), query.since, query.by)


@operation("GET", "/api/tags", refuses=(404,))
def list_tags(session: Session, query: TagsQuery) -> Tags:
    """Return the tags in use, most used first."""
    counts = tags.used(session, query.document, query.prefix)
    items = [TagCount(tag=tag, count=many) for tag, many in counts[: query.limit]]
    return Tags(total=len(counts), items=items)


@operation("GET", "/api/search", refuses=(404, 422))
def search(session: Session, query: SearchQuery) -> Results:
    """Search commentary and provisions in full text."""
    return full_text.search(
        session,
        site().engine,
        query.q,
        document=query.document,
        sort=query.sort,
        kinds=query.kind.split(",") if query.kind else None,
        cursor=query.cursor,
        limit=query.limit,
    )


@operation("GET", "/api/export", gives=FILE, refuses=(404, 422))
def export(query: ExportQuery) -> Response:
    """Return filtered commentary as one file."""
    chosen, here, base = formats.named(query.format), site(), address()
    with here.db.reading() as session:
        narrow = full_text.with_hits(session, here.engine, _filter(session, query))
        listings.count(session, narrow)  # raises NotFound before the first byte is sent

    def pieces() -> Iterator[str]:
        with here.db.reading() as session:
            exported = exports.export(session, chosen, narrow, here.config.site.licence, base)
            yield from chosen.write(exported.annotations, exported.envelope)

    answer = Response(pieces(), content_type=chosen.mimetype)
    name = f"{narrow.document or 'annotations'}.{chosen.suffix}"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@operation("GET", "/api/resolve", statuses=(200, 300, 404), refuses=(404,))
def resolve(session: Session, query: ResolveQuery) -> tuple[Resolution, int]:
    """Resolve an address, also in another edition."""
    answer = resolver.resolve(session, query.cite, quote=query.quote, edition=query.edition)
    return answer, RESOLVED.get(answer.status, 200)


@operation("GET", "/api/cite", refuses=(404, 422))
def cite(session: Session, query: CiteQuery) -> Citation:
    """Cite a range of an edition in every format."""
    loaded = editions.labelled(session, query.document, query.edition)
    return address_lookup.citation(loaded, query.start, query.end, address())


@operation("POST", "/api/preview", refuses=(422,))
def preview(body: PreviewShape) -> Rendered:
    """Render Markdown as an annotation; nothing is stored."""
    words = drafts.body(body.body, "commenting", site().config.limits)
    return Rendered(html=markup.render(words or ""))


@operation("POST", f"{DOCUMENT}/quotations", refuses=(404, 422))
def quotations(slug: str, body: EssayShape) -> Quotations:
    """Check an essay's quotations of a document; nothing is stored."""
    with site().db.reading() as session:
        report = quotation_report.report(session, slug, body.essay, body.format, body.edition)
    return quotation_report.answer(report)


def _filter(session: Session, query: FilterQuery) -> Filter:
    values = query.model_dump(exclude={"format", "fields", "sort", "cursor", "limit"})
    narrow = Filter(**values)
    if query.provision is not None and not query.provision.isalnum():
        return address_lookup.provision_of(session, query.provision, narrow)
    return narrow
