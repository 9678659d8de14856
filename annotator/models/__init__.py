"""The database tables, one group for each file."""

from annotator.db import Base
from annotator.models.annotations import (
    VERDICT_BITS,
    WHOLE_DOCUMENT,
    Adoption,
    Agreement,
    Annotation,
    Change,
    Coverage,
    Origin,
    Placement,
    Restatement,
    Suggestion,
    Tag,
    Target,
    Version,
)
from annotator.models.answers import (
    Answered,
    CampaignMember,
    DeskMark,
    Drafter,
    PublisherAnswer,
    StoredCampaign,
)
from annotator.models.documents import (
    Alignment,
    Correction,
    Document,
    Edition,
    EditionSource,
    Essay,
    EssayAnnotation,
    Mention,
    MentionPlace,
    Pid,
    Provision,
    Quoting,
)
from annotator.models.following import Follow, Happening, Mute, News, NewsEmail, NewsSettings
from annotator.models.people import (
    Account,
    AccountSanction,
    Act,
    Alias,
    ApiToken,
    Appeal,
    Flag,
    ForeignAccount,
    Identity,
    Notice,
    OneTimeKey,
    SignIn,
    Switch,
)
from annotator.models.site import (
    Host,
    IndexedChanges,
    Lease,
    Outbox,
    Posting,
    RateCount,
    Secret,
    SiteState,
    WaitingEmail,
    Withdrawn,
)
