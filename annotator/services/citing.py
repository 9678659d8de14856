"""Addresses, looked up: from what somebody cites to what stands there."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy.orm import Session

from annotator.services.listing import Filter


def provision_of(session: Session, text: str, narrow: Filter) -> Filter:
    """Narrow a list of commentary to the provision that an address names."""
    return replace(narrow)
