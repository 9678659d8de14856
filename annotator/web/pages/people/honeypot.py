"""Traps for programs that sign up: a field that no person sees, and the time a form takes.

Neither asks anything of people, and neither is shown or read out to anybody. A program that is made
for this site gets past them; the rates hold for it all the same.
"""

from __future__ import annotations

from flask import current_app, request
from itsdangerous import BadData, TimestampSigner

from annotator.errors import Unacceptable
from annotator.web.http.site import site
from annotator.web.pages.blueprint import pages

SHORTEST_SECONDS = 2
LONGEST_SECONDS = 24 * 3_600
FIELD, MADE = "homepage", "made"


def check() -> None:
    """Raise Unacceptable if the form that was sent was filled in by a program, as it seems."""
    if not site().config.limits.enabled:
        return
    age = _age(request.form.get(MADE, ""))
    if request.form.get(FIELD) or age is None:
        raise Unacceptable(
            "This form was not filled in as the page shows it, as a program would. If you are a "
            "person, please send it once more."
        )
    if age < SHORTEST_SECONDS:
        raise Unacceptable("This was quicker than people are. Wait a moment, and send it again.")


@pages.app_template_global("form_made")
def form_made() -> str:
    """Return the signed moment when the form was made; a form that is shown again keeps its own."""
    sent = request.form.get(MADE, "")
    return sent if _age(sent) is not None else _signer().sign("form").decode()


def _age(made: str) -> int | None:
    """Tell how many seconds ago a form was made; None where that is not ours, or a day ago."""
    try:
        _, moment = _signer().unsign(made, max_age=LONGEST_SECONDS, return_timestamp=True)
    except BadData:
        return None
    return int(_signer().get_timestamp() - moment.timestamp())


def _signer() -> TimestampSigner:
    return TimestampSigner(str(current_app.secret_key), salt="form made")
