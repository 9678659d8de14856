"""A site that is served sweeps by itself."""

from __future__ import annotations

import time
from datetime import timedelta

from annotator.cli.server.serve import start_housekeeping
from annotator.db import now
from annotator.models import Posting
from annotator.schemas.annotations import Draft
from annotator.services.accounts import accounts
from annotator.services.annotations import annotations as commentary
from tests.conftest import Site


def test_what_has_had_its_time_is_swept_away_while_the_site_is_served(small_site: Site) -> None:
    db, limits = small_site.parts.db, small_site.parts.config.limits
    with db.transaction() as session:
        ada = accounts.viewer_named(session, "Ada")
        commentary.post(session, ada, Draft(document="garden", body="Old."), limits, "old")
        session.get_one(Posting, (ada.account, "old")).created = now() - timedelta(days=2)
    ended = start_housekeeping(db, small_site.parts.leases, every=0.01)
    for _ in range(500):
        with db.reading() as session:
            swept = session.get(Posting, (ada.account, "old")) is None
        if swept:
            break
        time.sleep(0.01)
    ended.set()
    assert swept
