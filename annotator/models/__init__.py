"""The tables, one family a file."""

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
    Pid,
    Provision,
)
from annotator.models.essays import Essay, EssayRemark, Quoting
from annotator.models.mentions import Mention, MentionPlace
from annotator.models.moderation import Act, Appeal, Flag, Notice, Standing, Switch
from annotator.models.outbox import Outbox
from annotator.models.people import (
    Account,
    Alias,
    ForeignAccount,
    Identity,
    OneTimeKey,
    SignIn,
    Token,
)
from annotator.models.writing import Posting, Withdrawn

__all__ = [
    "VERDICT_BITS",
    "WHOLE_DOCUMENT",
    "Account",
    "Act",
    "Alias",
    "Alignment",
    "Annotation",
    "Appeal",
    "Base",
    "Change",
    "Correction",
    "Coverage",
    "Document",
    "Edition",
    "Essay",
    "EssayRemark",
    "Flag",
    "ForeignAccount",
    "Identity",
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
    "Restatement",
    "SignIn",
    "Standing",
    "Switch",
    "Tag",
    "Target",
    "Token",
    "Version",
    "Withdrawn",
]
