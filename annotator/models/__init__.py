"""The database tables, one group for each file."""

from annotator.db import Base
from annotator.models.annotations import (
    VERDICT_BITS,
    WHOLE_DOCUMENT,
    Annotation,
    Change,
    Coverage,
    Origin,
    Placement,
    Restatement,
    Tag,
    Target,
    Version,
)
from annotator.models.documents import (
    Alignment,
    Correction,
    Document,
    Edition,
    EditionSource,
    Pid,
    Provision,
)
from annotator.models.essays import Essay, EssayAnnotation, Quoting
from annotator.models.hosts import Host, Lease, RateCount, Secret, WaitingEmail
from annotator.models.mentions import Mention, MentionPlace
from annotator.models.moderation import AccountSanction, Act, Appeal, Flag, Notice, Switch
from annotator.models.outbox import IndexedChanges, Outbox, SiteState
from annotator.models.people import (
    Account,
    Alias,
    ApiToken,
    ForeignAccount,
    Identity,
    OneTimeKey,
    SignIn,
)
from annotator.models.writing import Posting, Withdrawn

__all__ = [
    "VERDICT_BITS",
    "WHOLE_DOCUMENT",
    "Account",
    "AccountSanction",
    "Act",
    "Alias",
    "Alignment",
    "Annotation",
    "ApiToken",
    "Appeal",
    "Base",
    "Change",
    "Correction",
    "Coverage",
    "Document",
    "Edition",
    "EditionSource",
    "Essay",
    "EssayAnnotation",
    "Flag",
    "ForeignAccount",
    "Host",
    "Identity",
    "IndexedChanges",
    "Lease",
    "Mention",
    "MentionPlace",
    "Notice",
    "OneTimeKey",
    "Origin",
    "Outbox",
    "Pid",
    "Placement",
    "Posting",
    "Provision",
    "Quoting",
    "RateCount",
    "Restatement",
    "Secret",
    "SignIn",
    "SiteState",
    "Switch",
    "Tag",
    "Target",
    "Version",
    "WaitingEmail",
    "Withdrawn",
]
