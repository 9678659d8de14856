"""The envelope of an export: its origin and the texts that it refers to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import urlsplit

from annotator.documents import write_ledger
from annotator.documents.parsed import Parsed
from annotator.schemas.annotations import AnnotationValue


@dataclass(frozen=True)
class EditionHeader:
    """One text of a document; `pids` has the pid of each provision, by ordinal.

    `source` is the publisher's file, as the native dialect writes it, if requested.
    """

    document: str
    title: str
    label: str
    captured: str
    sha256: str
    source_url: str
    parsed: Parsed
    pids: tuple[str, ...]
    source: Mapping[str, str] | None = None

    @cached_property
    def ordinals(self) -> Mapping[str, int]:
        """The ordinal of each pid."""
        return {pid: ordinal for ordinal, pid in enumerate(self.pids)}

    @property
    def ledger(self) -> str:
        """The ledger of the edition's pids, without a word of its text."""
        return write_ledger(self.parsed, self.pids)


Editions = Mapping[tuple[str, str], EditionHeader]


@dataclass(frozen=True, slots=True)
class Envelope:
    """The site and scope of an export: `address` is the site's, without a slash at the end.

    `editions` has the editions by document and label; `shown` has, for each document, the label of
    the edition that the annotations are placed in. `narrowed`: the file holds less than all
    commentary on its documents. `name` is a title for the export.
    """

    total: int
    licence: str
    address: str
    editions: Editions
    shown: Mapping[str, str] = field(default_factory=dict)
    narrowed: bool = False
    name: str = "Commentary"

    @property
    def authority(self) -> str:
        """The site's host, as used in the names of accounts."""
        return (urlsplit(self.address).hostname or "localhost").lower()

    def edition_of(self, annotation: AnnotationValue) -> EditionHeader:
        """Return the edition that an annotation was made on."""
        return self.editions[annotation.document, annotation.edition]
