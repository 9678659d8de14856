"""Views of a provision: its text, addresses and sections; answers about editions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from annotator.documents.parsed import informative
from annotator.schemas.documents import (
    DocumentValue,
    EditionLine,
    EditionValue,
    ProvisionLine,
    SourceLine,
)
from annotator.services.editions.editions import Loaded
from annotator.services.editions.sources import SourceFile


@dataclass(frozen=True, slots=True)
class ProvisionView:
    """A provision in one edition. `address` is pinned, `living` follows it through editions.

    `path` is its page on this site, `headings` are the sections around it, outermost first, with a
    section's own heading last, and `place` is its name as people cite it, or "".
    """

    document: str
    edition: str
    pid: str
    kind: str
    number: str
    section: str
    headings: tuple[str, ...]
    start: int
    end: int
    text: str
    address: str
    living: str
    path: str
    place: str
    ordinal: int
    attributes: Mapping[str, str]


def view(loaded: Loaded, ordinal: int) -> ProvisionView:
    """Describe the provision at `ordinal` of an edition."""
    provision = loaded.parsed.provisions[ordinal]
    home = ordinal if provision.kind == "section" else provision.section
    slug = loaded.parsed.provisions[home].slug or "" if home is not None else ""
    local = f"{slug}/{provision.number}" if provision.number else slug
    address = f"{loaded.slug}@{loaded.label}/{local}"
    return ProvisionView(
        document=loaded.slug,
        edition=loaded.label,
        pid=loaded.pids[ordinal],
        kind=provision.kind,
        number=provision.number,
        section=slug,
        headings=tuple(headings(loaded, ordinal)),
        start=provision.start,
        end=provision.end,
        text=loaded.parsed.text[provision.start : provision.end],
        address=address,
        living=f"{loaded.slug}/p/{loaded.pids[ordinal]}",
        path=f"/d/{address}",
        place=loaded.parsed.place(ordinal),
        ordinal=ordinal,
        attributes=provision.attributes,
    )


def headings(loaded: Loaded, ordinal: int) -> list[str]:
    """Return the headings around a provision, outermost first, a section's own last."""
    around = (loaded.parsed.provisions[at] for at in loaded.parsed.and_ancestors(ordinal))
    return [at.attributes.get("title", "") for at in around if at.kind == "section"][::-1]


def pids_within(loaded: Loaded, ordinal: int) -> list[str]:
    """Return the pids of a provision and of all inside it, replaced ones too."""
    listed = loaded.parsed.provisions
    at = listed[ordinal]
    return [pid for pid, inner in loaded.ordinals.items()
            if at.start <= listed[inner].start and listed[inner].end <= at.end]  # fmt: skip


def describe_document(newest: Loaded, every: Sequence[Loaded]) -> DocumentValue:
    """Describe a document and its editions, oldest first."""
    lines = [EditionLine.from_attributes(each, characters=len(each.parsed.text)) for each in every]
    return DocumentValue.from_attributes(newest, newest=newest.label, editions=lines)


def describe_edition(loaded: Loaded, source: SourceFile | None) -> EditionValue:
    """Describe an edition with all its provisions and the publisher's file."""
    outside = informative(loaded.parsed)
    return EditionValue.from_attributes(
        loaded,
        characters=len(loaded.parsed.text),
        document=loaded.slug,
        edition=loaded.label,
        source=source and SourceLine.from_attributes(source, bytes=len(source.data)),
        provisions=[
            ProvisionLine.from_attributes(
                view(loaded, at),
                parent=None if each.parent is None else loaded.pids[each.parent],
                title=each.attributes.get("title"),
                normative=at not in outside,
            )
            for at, each in enumerate(loaded.parsed.provisions)
        ],
    )
