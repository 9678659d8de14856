"""The W3C's Web Annotation Protocol: containers, their pages, and annotations.

Follows the Recommendation of 2017-02-23; `docs/web-annotation.md` has each of its requirements.
"""

import json
import re
from typing import Any, NamedTuple

from flask import Blueprint, Response, current_app, request, url_for
from sqlalchemy.orm import Session
from werkzeug.datastructures import MIMEAccept
from werkzeug.exceptions import MethodNotAllowed, NotAcceptable

from annotator.errors import Malformed, Unacceptable
from annotator.formats import turtle
from annotator.formats import w3c as dialect
from annotator.formats.files.envelope import Envelope
from annotator.schemas.annotations import AnnotationValue
from annotator.schemas.queries import ContainerQuery
from annotator.services.annotations import annotation_loader, annotations, listings
from annotator.services.dialects import w3c_containers
from annotator.services.dialects.w3c_containers import Container, ContainerCount
from annotator.services.editions import editions
from annotator.services.exchange import exports
from annotator.web.api import operations
from annotator.web.http import errors
from annotator.web.http.site import address, site, viewer

w3c = Blueprint("w3c", __name__, url_prefix="/w3c")
JSON = dict[str, Any]
JSON_LD = 'application/ld+json; profile="http://www.w3.org/ns/anno.jsonld"'
KINDS = {"application/ld+json": JSON_LD, "application/json": "application/json"}
TURTLE = "text/turtle"
CONTAINER_LINKS = (
    '<http://www.w3.org/ns/ldp#BasicContainer>; rel="type"',
    '<http://www.w3.org/TR/annotation-protocol/>; rel="http://www.w3.org/ns/ldp#constrainedBy"',
)
ANNOTATION_LINK = '<http://www.w3.org/ns/ldp#Resource>; rel="type"'
OF_A_PAGE = ("GET", "HEAD", "OPTIONS")
MINIMAL = "http://www.w3.org/ns/ldp#PreferMinimalContainer"
IRIS = "http://www.w3.org/ns/oa#PreferContainedIRIs"
DESCRIPTIONS = "http://www.w3.org/ns/oa#PreferContainedDescriptions"


class Preference(NamedTuple):
    """What of a container is sent: whether pages have IRIs or descriptions, and no first page."""

    iris: bool
    minimal: bool
    applied: str


@w3c.get("/")
@w3c.get("/<slug>/")
@w3c.get("/<slug>/p/<pid>/")
def container(slug: str | None = None, pid: str | None = None) -> Response:
    """Return a container or a page of it, for the site, a document or a provision."""
    query, kind = operations.query(ContainerQuery), _negotiated()
    preference = _preferred(query)
    with site().db.reading() as session:
        held = _container(session, slug, pid)
        surveyed = w3c_containers.survey(session, held)
        names, label = request.view_args or {}, "Commentary"
        if held.loaded is not None:
            label = f"Commentary on {held.loaded.title}"
            label += f", provision {pid}" if pid else ""
        collected = dialect.collection(
            address() + url_for("w3c.container", **names), label, surveyed.total,
            surveyed.modified, iris=preference.iris,
        )  # fmt: skip
        if query.page is not None:
            page = _page(session, held, surveyed, collected, query.page, iris=preference.iris)
            numbered = _answer({"@context": dialect.CONTEXT, **page}, kind)
            numbered.vary.add("Prefer")
            return numbered
        first = None
        if not preference.minimal and surveyed.pages:
            first = _page(
                session, held, surveyed, collected, surveyed.pages[0], iris=preference.iris
            )
    answer = _answer(dialect.container(collected, surveyed.pages, first), kind)
    answer.headers["Content-Location"] = collected["id"]
    answer.vary.add("Prefer")
    if preference.applied:
        answer.headers["Preference-Applied"] = preference.applied
    return answer


@w3c.get("/annotations/<ident>")
def annotation(ident: str) -> Response:
    """Return one annotation."""
    kind = _negotiated()
    with site().db.reading() as session:
        return _alone(session, ident, kind)


@w3c.post("/")
@w3c.post("/<slug>/")
@w3c.post("/<slug>/p/<pid>/")
def create(slug: str | None = None, pid: str | None = None) -> Response:
    """Store an annotation, or return the one that its author has sent before."""
    if request.args:
        raise MethodNotAllowed(OF_A_PAGE)
    kind, sent = _negotiated(), _sent()
    with site().db.transaction() as session:
        held = _container(session, slug, pid)
        ident, new = w3c_containers.post(
            session,
            viewer(),
            held,
            sent,
            address(),
            site().config.limits,
            request.headers.get("Idempotency-Key"),
        )
        answer = _alone(session, ident, kind)
        waits = listings.get(session, ident, viewer=viewer()).held
    answer.status_code = 200 if not new else 202 if waits else 201
    answer.headers["Location"] = dialect.iri_of(address(), ident)
    return answer


@w3c.put("/annotations/<ident>")
def replace(ident: str) -> Response:
    """Replace the words and tags of your own annotation; nothing else can change."""
    kind, sent = _negotiated(), _sent()
    with site().db.transaction() as session:
        annotations.changeable(session, viewer(), "annotation.edit", ident)
        operations.require_version(session, ident)
        annotation = listings.get(session, ident, viewer=viewer())
        if sent.draft.body is None and annotation.body is not None:
            words = "A comment cannot become empty. Delete it instead."
            raise Unacceptable(words, field="body")
        present = dialect.sent(dialect.alone(annotation, _envelope(session, [annotation])))
        w3c_containers.check_same(present, sent)
        annotations.edit(session, viewer(), ident, body=sent.draft.body, tags=sent.draft.tags,
                         limits=site().config.limits)  # fmt: skip
        return _alone(session, ident, kind)


@w3c.delete("/annotations/<ident>")
def delete(ident: str) -> tuple[str, int]:
    """Delete your own annotation."""
    with site().db.transaction() as session:
        annotations.changeable(session, viewer(), "annotation.delete", ident)
        operations.require_version(session, ident)
        annotations.delete(session, viewer(), ident)
    return "", 204


def _alone(session: Session, ident: str, kind: str) -> Response:
    annotation = listings.get(session, ident, viewer=viewer())
    operations.require_readable(annotation)
    value = dialect.alone(annotation, _envelope(session, [annotation]))
    return operations.versioned(_answer(value, kind), annotation)


def _sent() -> dialect.Sent:
    """Read the annotation that was sent. Raises Malformed or Unacceptable with the field."""
    value = operations.sent()
    contexts = value.get("@context", dialect.CONTEXT)
    if dialect.CONTEXT not in (contexts if isinstance(contexts, list) else [contexts]):
        raise Malformed(f"The context must be {dialect.CONTEXT}.", field="@context")
    if not dialect.is_one(value):
        raise Malformed('An annotation has "type": "Annotation", and a target.', field="type")
    try:
        sent = dialect.sent(value)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Malformed(f"This cannot be read as an annotation: {error}.") from error
    w3c_containers.require_public(sent, site().config.site.licence)
    return sent


@w3c.app_errorhandler(405)
def _refused(error: MethodNotAllowed) -> Response:
    answer = errors.of_http(error)
    return _describe(answer) if request.path.startswith("/w3c/") else answer


@w3c.after_request
def _describe(answer: Response) -> Response:
    """Add the headers `Link`, `Allow` and `Accept-Post`, to errors too."""
    if answer.status_code == 404:
        return answer
    if not request.path.endswith("/"):
        answer.headers["Link"] = ANNOTATION_LINK
        answer.headers.setdefault("Allow", ", ".join(_allowed()))
    elif "page" in request.args:
        answer.headers["Allow"] = ", ".join(OF_A_PAGE)
    else:
        answer.headers["Link"] = ", ".join(CONTAINER_LINKS)
        answer.headers.setdefault("Allow", ", ".join(_allowed()))
        answer.headers["Accept-Post"] = ", ".join([JSON_LD, *KINDS])
    return answer


def _allowed() -> list[str]:
    adapter = current_app.create_url_adapter(request)
    return sorted(adapter.allowed_methods()) if adapter else []


def _negotiated() -> str:
    """Choose a media type, ignoring its parameters. Raises NotAcceptable."""
    accepted = [(name.partition(";")[0].strip(), much) for name, much in request.accept_mimetypes]
    kinds = [*KINDS, *([TURTLE] if turtle.available() else [])]
    chosen = MIMEAccept(accepted).best_match(kinds, "" if accepted else kinds[0])
    if not chosen:
        raise NotAcceptable(f"This is available as {', '.join(kinds)}.")
    return chosen


def _answer(value: JSON, kind: str) -> Response:
    if kind == TURTLE:
        answer = Response(turtle.write(value), mimetype=TURTLE)
    else:
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        answer = Response(text + "\n", content_type=KINDS[kind])
    answer.vary.add("Accept")
    return answer


def _preferred(query: ContainerQuery) -> Preference:
    """Parse `Prefer`; the parameter `iris` of the address overrides it."""
    match = re.search(r'include="([^"]*)"', ",".join(request.headers.getlist("Prefer")))
    preferences = set(match[1].split()) if match else set()
    if {IRIS, DESCRIPTIONS} <= preferences:
        preferences -= {IRIS, DESCRIPTIONS}  # both are contradictory
    if query.iris is not None:
        preferences -= {DESCRIPTIONS if query.iris == "1" else IRIS}
    honoured = " ".join(each for each in (MINIMAL, IRIS, DESCRIPTIONS) if each in preferences)
    applied = f'return=representation; include="{honoured}"' if honoured else ""
    return Preference(query.iris == "1" or IRIS in preferences, MINIMAL in preferences, applied)


def _container(session: Session, slug: str | None, pid: str | None) -> Container:
    if slug is None:
        return Container()
    if pid is None:
        return Container(editions.newest(session, slug))
    return w3c_containers.of_provision(session, slug, pid)


def _page(
    session: Session,
    held: Container,
    surveyed: ContainerCount,
    collected: JSON,
    number: int,
    *,
    iris: bool,
) -> JSON:
    start, near = w3c_containers.page(surveyed, number)
    ids = w3c_containers.ids(session, held, surveyed, number)
    if iris:
        items: list[JSON | str] = [dialect.iri_of(address(), ident) for ident in ids]
    else:
        annotations = annotation_loader.read(session, ids, held.loaded)
        envelope = _envelope(session, annotations)
        items = [dialect.published(annotation, envelope) for annotation in annotations]
    return dialect.page(collected, number, start, items, near)


def _envelope(session: Session, annotations: list[AnnotationValue]) -> Envelope:
    """Return what the serializer needs: the site's address and the annotations' editions."""
    made_on = {(annotation.document, annotation.edition) for annotation in annotations}
    texts = {key: exports.edition(editions.labelled(session, *key)) for key in made_on}
    return Envelope(len(annotations), site().config.site.licence, address(), texts)
