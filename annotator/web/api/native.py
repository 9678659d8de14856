"""The native JSON API. Every view reads, checks, does and answers; `docs/api.md` describes it."""

import hashlib
from collections.abc import Collection, Iterator
from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response, jsonify, request, url_for
from sqlalchemy.orm import Session

from annotator import formats, markup
from annotator.errors import Gone, Hidden, Stale, Unacceptable
from annotator.formats import native
from annotator.schemas.annotations import AnnotationValue, stamp
from annotator.search import outbox
from annotator.services.addressing import address_lookup, resolver
from annotator.services.annotations import annotations, deletion, listings
from annotator.services.annotations.filters import Filter
from annotator.services.annotations.listings import Listing
from annotator.services.dialects import json_views
from annotator.services.editions import editions
from annotator.services.essays import quotation_report
from annotator.services.exchange import exports
from annotator.services.reading import full_text
from annotator.web.api import openapi, shapes
from annotator.web.http.site import address, site, viewer

api = Blueprint("api", __name__)
JSON = dict[str, Any]
FAR_BEHIND = 1_000
RESOLVED = {"ambiguous": 300, "not_found": 404}


@api.get("/api/annotations")
def list_annotations() -> Response:
    """Return a page of commentary."""
    asked = shapes.query(shapes.ListQuery)
    with site().db.reading() as session:
        return _page(session, _filter(session, asked), asked)


@api.post("/api/annotations")
def create_annotation() -> tuple[Response, int, dict[str, str]]:
    """Store an annotation."""
    sent = shapes.body(shapes.AnnotationShape)
    draft = native.draft(sent.model_dump(exclude_unset=True))
    with site().db.transaction() as session:
        ident, new = annotations.post(session, viewer(), draft, site().config.limits,
                                  request.headers.get("Idempotency-Key"))  # fmt: skip
        annotation = listings.one(session, ident, draft.edition, viewer())
    site().indexer.wake()
    status = 200 if not new else 202 if annotation.held else 201
    return living(annotation), status, {"Location": url_for("api.get_annotation", ident=ident)}


@api.get("/api/annotations/<ident>")
def get_annotation(ident: str) -> Response:
    """Return one annotation."""
    asked = shapes.query(shapes.EditionQuery)
    with site().db.reading() as session:
        annotation = listings.one(session, ident, asked.edition, viewer())
    return living(annotation, asked.fields)


@api.patch("/api/annotations/<ident>")
def change_annotation(ident: str) -> Response:
    """Change the words or tags of one's own annotation."""
    sent = shapes.body(shapes.ChangeShape)
    if "body" in sent.model_fields_set and sent.body is None:
        raise Unacceptable("The words of a comment cannot be taken away; delete it.", field="body")
    with site().db.transaction() as session:
        annotations.changeable(session, viewer(), "annotation.edit", ident)
        check_version(session, ident)
        annotations.edit(
            session, viewer(), ident, body=sent.body, tags=sent.tags, limits=site().config.limits
        )
        annotation = listings.one(session, ident, viewer=viewer())
    site().indexer.wake()
    return living(annotation)


@api.delete("/api/annotations/<ident>")
def delete_annotation(ident: str) -> tuple[str, int]:
    """Delete one's own annotation."""
    with site().db.transaction() as session:
        annotations.changeable(session, viewer(), "annotation.delete", ident)
        check_version(session, ident)
        deletion.delete(session, viewer(), ident)
    site().indexer.wake()
    return "", 204


@api.post("/api/annotations/<ident>/restore")
def restore_annotation(ident: str) -> Response:
    """Bring back what one has deleted within the hour."""
    with site().db.transaction() as session:
        deletion.restore(session, viewer(), ident)
        annotation = listings.one(session, ident, viewer=viewer())
    site().indexer.wake()
    return living(annotation)


@api.get("/api/annotations/<ident>/versions")
def list_versions(ident: str) -> Response:
    """Return what an annotation said before each of its edits."""
    with site().db.reading() as session:
        living(listings.one(session, ident, viewer=viewer()))
        earlier = listings.versions(session, ident)
    items = [
        {
            "number": item.number,
            "body": item.body,
            "tags": list(item.tags),
            "replaced": stamp(item.replaced),
            "removed": f"/moderation/log/{item.removed}" if item.removed else None,
        }
        for item in earlier
    ]
    return jsonify({"total": len(items), "items": items, "next": None})


@api.get("/api/documents")
def list_documents() -> Response:
    """Return every document with its editions."""
    with site().db.reading() as session:
        items = [json_views.summary(item) for item in editions.summaries(session)]
    return jsonify({"total": len(items), "items": items, "next": None})


@api.get("/api/documents/<slug>")
def get_document(slug: str) -> Response:
    """Return a document with a line on each of its editions."""
    with site().db.reading() as session:
        loaded = editions.newest(session, slug)
        every = editions.every(session, loaded.document_id)
    return jsonify(json_views.document(loaded, every))


@api.get("/api/documents/<slug>/editions/<label>")
def get_edition(slug: str, label: str) -> Response:
    """Return an edition: where it comes from, and every provision with its place."""
    with site().db.reading() as session:
        loaded = editions.labelled(session, slug, label)
    return jsonify(json_views.edition(loaded))


@api.get("/api/documents/<slug>/editions/<label>/text")
def get_text(slug: str, label: str) -> Response:
    """Return an edition's canonical text; the line feed at the end is not part of it."""
    with site().db.reading() as session:
        loaded = editions.labelled(session, slug, label)
    answer = Response(loaded.parsed.text + "\n", mimetype="text/plain")
    answer.set_etag(loaded.sha256, weak=True)  # packed or not
    container = url_for("w3c.container", slug=slug)
    answer.headers["Link"] = f'<{container}>; rel="http://www.w3.org/ns/oa#annotationService"'
    answer.make_conditional(request)
    return answer


@api.get("/api/provisions/<slug>/<pid>/annotations")
def list_of_provision(slug: str, pid: str) -> Response:
    """Return a page of all commentary on a provision."""
    asked = shapes.query(shapes.ProvisionQuery)
    with site().db.reading() as session:
        edition = asked.edition or editions.holding(session, slug, pid).label
        narrow = Filter(document=slug, edition=edition, provision=pid)
        return _page(session, narrow, asked)


@api.get("/api/search")
def search() -> Response:
    """Search commentary and provisions in full text."""
    asked = shapes.query(shapes.SearchQuery)
    with site().db.reading() as session:
        found = full_text.search(
            session,
            site().engine,
            asked.q,
            document=asked.document,
            sort=asked.sort,
            kinds=asked.kind.split(",") if asked.kind else None,
            cursor=asked.cursor,
            limit=_limit(asked.limit),
        )
    return jsonify(json_views.results(found, _annotation))


@api.get("/api/export")
def export() -> Response:
    """Return all commentary, narrowed, as one file, streamed."""
    asked = shapes.query(shapes.ExportQuery)
    chosen = formats.named(asked.format)
    with site().db.reading() as session:
        narrow = _filter(session, asked)
        listings.count(session, narrow)  # what cannot be found is told before the first byte
    answer = Response(_exported(chosen, narrow), content_type=chosen.mimetype)
    name = f"{narrow.document or 'annotations'}.{chosen.suffix}"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _exported(chosen: formats.Format, narrow: Filter) -> Iterator[str]:
    db, licence, base = site().db, site().config.site.licence, address()

    def pieces() -> Iterator[str]:
        with db.reading() as session:
            found = exports.export(session, chosen, narrow, licence, base)
            yield from chosen.write(found.annotations, found.envelope)

    return pieces()


@api.get("/api/resolve")
def resolve() -> tuple[Response, int]:
    """Tell what an address points to, and what became of it in another edition."""
    asked = shapes.query(shapes.ResolveQuery)
    with site().db.reading() as session:
        answer = resolver.resolve(session, asked.cite, quote=asked.quote, edition=asked.edition)
    return jsonify(asdict(answer)), RESOLVED.get(answer.status, 200)


@api.get("/api/cite")
def cite() -> Response:
    """Cite a range of an edition in every form."""
    asked = shapes.query(shapes.CiteQuery)
    with site().db.reading() as session:
        loaded = editions.labelled(session, asked.document, asked.edition)
    return jsonify(address_lookup.citation(loaded, asked.start, asked.end, address()))


@api.post("/api/preview")
def preview() -> Response:
    """Render Markdown as an annotation would look; nothing is stored."""
    sent = shapes.body(shapes.PreviewShape)
    if len(sent.body) > site().config.limits.body:
        raise Unacceptable("This is longer than a comment may be.", field="body")
    return jsonify({"html": markup.render(sent.body)})


@api.post("/api/documents/<slug>/quotations")
def quotations(slug: str) -> Response:
    """Report an essay's quotations of a document; nothing is stored."""
    sent = shapes.body(shapes.EssayShape)
    with site().db.reading() as session:
        found = quotation_report.report(session, slug, sent.essay, sent.format, sent.edition)
    return jsonify(quotation_report.answer(found))


@api.get("/api/openapi.json")
def describe() -> Response:
    """Describe this API as OpenAPI 3.1."""
    return jsonify(openapi.description(site().config))


@api.get("/health")
def health() -> Response:
    """Return whether the site can answer, and how far the index is behind; 503 without a database.

    `degraded` while something does not work, which `problems` names; what is read goes on.
    """
    with site().db.reading() as session:
        waiting = outbox.waiting(session)
        ready = full_text.index_ready(session, site().engine)
    problems = [] if ready else ["The search index is being built."]
    if site().db.problem:
        problems.append(f"Nothing can be written: {site().db.problem}.")
    status = "degraded" if problems else "behind" if waiting > FAR_BEHIND else "ok"
    return jsonify({"status": status, "index_waiting": waiting, "problems": problems})


@api.get("/health/live")
def live() -> Response:
    """Tell that the process answers; nothing else is looked at."""
    return jsonify({"status": "ok"})


def _version(ident: str, edits: int) -> str:
    return f"{ident}.{edits}"


def check_version(session: Session, ident: str) -> None:
    """Raise Stale unless the annotation is still the one that `If-Match` names, if it is sent.

    Call after `annotations.changeable`: whoever may not change it learns nothing of its edits.
    """
    if not request.if_match:
        return
    present = _version(ident, annotations.edits(session, ident))
    # After the version stands what its answer looked like, and what Flask-Compress made of that.
    known = {tag.partition(":")[0].rpartition("-")[0] for tag in request.if_match.as_set()}
    if not (request.if_match.star_tag or present in known):
        raise Stale("This was changed since you read it. Nothing was done; read it again.")


def _filter(session: Session, asked: shapes.ListQuery | shapes.ExportQuery) -> Filter:
    given = asked.model_dump(exclude={"format", "fields", "sort", "cursor", "limit"})
    narrow = full_text.with_hits(session, site().engine, Filter(**given))
    if asked.provision is not None and not asked.provision.isalnum():
        return address_lookup.provision_of(session, asked.provision, narrow)
    return narrow


def _limit(asked: int) -> int:
    return min(asked, site().config.limits.page)


def _page(
    session: Session, narrow: Filter, asked: shapes.ListQuery | shapes.ProvisionQuery
) -> Response:
    limit = _limit(asked.limit)
    found: Listing = listings.page(session, narrow, asked.sort, asked.cursor, limit)
    items = [_annotation(annotation, asked.fields) for annotation in found.items]
    return jsonify({"total": found.total, "items": items, "next": found.next})


def living(annotation: AnnotationValue, fields: Collection[str] | None = None) -> Response:
    """Answer with an annotation that the viewer may read. Raises Gone and Hidden."""
    check_readable(annotation)
    return versioned(jsonify(_annotation(annotation, fields)), annotation)


def check_readable(annotation: AnnotationValue) -> None:
    """Raise Gone or Hidden where the viewer may not read an annotation."""
    if annotation.deleted:
        raise Gone(
            "This annotation has been deleted; its replies are in its thread.",
            thread=annotation.thread,
        )
    if annotation.hidden and annotation.veiled:
        said = native.hiding(annotation.hidden)
        raise Hidden(
            f"A moderator has hidden this annotation, under {said['cited']}; the log says why.",
            thread=annotation.thread,
            **said,
        )


def versioned(answer: Response, annotation: AnnotationValue) -> Response:
    """Name an answer by the version of the annotation, and by what it looks like."""
    seen = hashlib.sha256(answer.get_data()).hexdigest()[:16]
    answer.set_etag(f"{_version(annotation.id, annotation.edits)}-{seen}")
    if not annotation.shown:
        answer.headers["Cache-Control"] = "no-store"
    return answer


def _annotation(annotation: AnnotationValue, fields: Collection[str] | None = None) -> JSON:
    """Return an annotation as the API answers it: the native form, and its words as safe HTML.

    Of all that, `fields` are given; None gives everything.
    """
    value = native.serialize(annotation, site().config.site.licence)
    if fields is None or "html" in fields:
        value["html"] = annotation.html
    value["essay"] = native.essay(annotation.essay) if annotation.essay else None
    return value if fields is None else {key: value[key] for key in value if key in fields}
