"""Everything about addresses, in one place: read and write them, find what they mean, make them.

How they are written is said in `notation`, how they are found in `locate`, how a range is cited in
`cite`.
"""

from annotator.documents.address.cite import address_of
from annotator.documents.address.locate import (
    AddressCandidate,
    Located,
    find_sections,
    find_words,
    linked_section,
    locate,
)
from annotator.documents.address.notation import Address, AddressWords, Place, read, write

__all__ = [
    "Address",
    "AddressCandidate",
    "AddressWords",
    "Located",
    "Place",
    "address_of",
    "find_sections",
    "find_words",
    "linked_section",
    "locate",
    "read",
    "write",
]
