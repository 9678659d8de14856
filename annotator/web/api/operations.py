"""The table of what the API does: for each address and method what it takes, gives and may refuse.

`openapi` writes it down as OpenAPI; the shapes are those that check requests, and the scopes those
of `auth.permissions`. The tests hold that every route stands here, that answers have these shapes,
and that each status given is named.
"""

from __future__ import annotations

from typing import NamedTuple

from pydantic import BaseModel

from annotator.auth.permissions import TABLE
from annotator.web.api import answers, moderation_answers, shapes
from annotator.web.api.answers import Annotation

PLAIN, FILE = "text/plain", "file"


class Operation(NamedTuple):
    """One thing the API does.

    `name` is the view's. `gives` maps the statuses of success to a shape, a kind of file, or None
    for an answer without a body. `act` is the row of the table of permissions that it needs, empty
    where anybody may. `refuses` are the statuses of refusals of its own; `every_refusal` adds those
    that many share. `keyed` takes an `Idempotency-Key`, `versioned` an `If-Match`.
    """

    name: str
    method: str
    path: str
    summary: str
    gives: dict[int, type[BaseModel] | str | None]
    refuses: tuple[int, ...] = ()
    query: type[shapes.Shape] | None = None
    body: type[shapes.Shape] | None = None
    act: str = ""
    keyed: bool = False
    versioned: bool = False

    @property
    def scope(self) -> str:
        """The scope that a token needs; empty where no token is needed."""
        return TABLE[self.act].scope if self.act else ""

    @property
    def conditional(self) -> bool:
        """Return whether the answer has a name that `If-None-Match` may send back."""
        nameless = FILE in self.gives.values() or self.scope == "moderate"
        return self.method == "get" and not nameless

    @property
    def every_refusal(self) -> list[int]:
        """List the statuses from 400 on: its own, and those that all of its kind share."""
        found = {400, 401, 414, 429, 503, *self.refuses}
        if self.method != "get":
            found |= {411, 413}
        if self.body is not None:
            found |= {415}
        if self.act:
            found |= {403}
            found |= {409} if self.method != "get" else set()
        if self.versioned:
            found |= {412}
        return sorted(found)


DOCUMENT = "/api/documents/{slug}"
EDITION = f"{DOCUMENT}/editions/{{label}}"
ONE = "/api/annotations/{ident}"
LOG = "/api/moderation/log"

OPERATIONS = (
    Operation(
        "list_annotations",
        "get",
        "/api/annotations",
        "A page of commentary",
        {200: answers.Annotations},
        (404, 422),
        shapes.ListQuery,
    ),
    Operation(
        "create_annotation",
        "post",
        "/api/annotations",
        "Store an annotation",
        {200: Annotation, 201: Annotation, 202: Annotation},
        (404, 422),
        body=shapes.AnnotationShape,
        act="annotation.create",
        keyed=True,
    ),
    Operation(
        "get_annotation",
        "get",
        ONE,
        "One annotation",
        {200: answers.OneAnnotation},
        (404, 410),
        shapes.EditionQuery,
    ),
    Operation(
        "change_annotation",
        "patch",
        ONE,
        "Change one's own annotation",
        {200: Annotation},
        (404, 410, 422),
        body=shapes.ChangeShape,
        act="annotation.edit",
        versioned=True,
    ),
    Operation(
        "delete_annotation",
        "delete",
        ONE,
        "Delete one's own annotation",
        {204: None},
        (404, 410),
        act="annotation.delete",
        versioned=True,
    ),
    Operation(
        "restore_annotation",
        "post",
        f"{ONE}/restore",
        "Undo deleting it, within the hour",
        {200: Annotation},
        (404, 410),
        act="annotation.restore",
    ),
    Operation(
        "list_versions",
        "get",
        f"{ONE}/versions",
        "What it said before each edit",
        {200: answers.Versions},
        (404, 410),
    ),
    Operation(
        "create_flag",
        "post",
        f"{ONE}/flags",
        "Ask that it be hidden",
        {201: moderation_answers.Flagged},
        (404, 410, 422),
        body=shapes.FlagShape,
        act="flag.create",
    ),
    Operation(
        "list_documents", "get", "/api/documents", "Every document", {200: answers.Documents}
    ),
    Operation(
        "get_document",
        "get",
        DOCUMENT,
        "A document and its editions",
        {200: answers.Document},
        (404,),
    ),
    Operation(
        "get_edition",
        "get",
        EDITION,
        "An edition and its provisions",
        {200: answers.Edition},
        (404,),
    ),
    Operation(
        "get_text", "get", f"{EDITION}/text", "An edition's canonical text", {200: PLAIN}, (404,)
    ),
    Operation(
        "commentary",
        "get",
        f"{EDITION}/commentary",
        "Where the commentary stands",
        {200: answers.Commentary},
        (404, 422),
        shapes.CommentaryQuery,
    ),
    Operation(
        "state",
        "get",
        f"{EDITION}/state",
        "What is new",
        {200: answers.State},
        (404,),
        shapes.StateQuery,
    ),
    Operation(
        "list_of_provision",
        "get",
        "/api/provisions/{slug}/{pid}/annotations",
        "All commentary on a provision",
        {200: answers.Annotations},
        (404, 422),
        shapes.ProvisionQuery,
    ),
    Operation(
        "search",
        "get",
        "/api/search",
        "Search commentary and provisions in full text",
        {200: answers.Results},
        (404, 422),
        shapes.SearchQuery,
    ),
    Operation(
        "list_tags",
        "get",
        "/api/tags",
        "The tags in use",
        {200: answers.Tags},
        (404,),
        shapes.TagsQuery,
    ),
    Operation(
        "export",
        "get",
        "/api/export",
        "All commentary, narrowed, in one file",
        {200: FILE},
        (404, 422),
        shapes.ExportQuery,
    ),
    Operation(
        "resolve",
        "get",
        "/api/resolve",
        "What an address points to",
        {200: answers.Resolution, 300: answers.Resolution, 404: answers.Resolution},
        (404,),
        shapes.ResolveQuery,
    ),
    Operation(
        "cite",
        "get",
        "/api/cite",
        "A range cited in every form",
        {200: answers.Citation},
        (404, 422),
        shapes.CiteQuery,
    ),
    Operation(
        "preview",
        "post",
        "/api/preview",
        "Render Markdown; nothing is stored",
        {200: answers.Rendered},
        (422,),
        body=shapes.PreviewShape,
    ),
    Operation(
        "quotations",
        "post",
        f"{DOCUMENT}/quotations",
        "Are an essay's quotations right?",
        {200: answers.Quotations},
        (404, 422),
        body=shapes.EssayShape,
    ),
    Operation(
        "list_log",
        "get",
        LOG,
        "The public log of moderation",
        {200: moderation_answers.Log},
        (404, 422),
        shapes.LogQuery,
    ),
    Operation(
        "get_log_entry",
        "get",
        f"{LOG}/{{entry}}",
        "An entry of the log",
        {200: moderation_answers.Entry},
        (404,),
    ),
    Operation(
        "list_counts",
        "get",
        "/api/moderation/counts",
        "What was posted, hidden, appealed and reversed, by quarter",
        {200: moderation_answers.Quarters},
    ),
    Operation(
        "create_appeal",
        "post",
        f"{LOG}/{{entry}}/appeals",
        "Appeal a decision",
        {201: moderation_answers.Appealed},
        (404, 422),
        body=shapes.AppealShape,
        act="appeal.create",
    ),
    Operation(
        "list_queue",
        "get",
        "/api/moderation/queue",
        "What waits for a moderator",
        {200: moderation_answers.Queue},
        (),
        shapes.QueueQuery,
        act="moderate",
    ),
    Operation(
        "get_selection",
        "get",
        "/api/moderation/selection",
        "What one act on many would be upon",
        {200: moderation_answers.Selection},
        (404, 410, 422),
        shapes.SelectionQuery,
        act="moderate",
    ),
    Operation(
        "create_acts",
        "post",
        "/api/moderation/acts",
        "Decide, as a moderator",
        {201: moderation_answers.Acts},
        (404, 410, 422),
        body=shapes.ActShape,
        act="moderate",
    ),
    Operation("describe", "get", "/api/openapi.json", "This description", {200: answers.Described}),
)
