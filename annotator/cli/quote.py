"""`annotator quote`: checking the quotations in an essay."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import click

from annotator.cli.context import Opening, counted, echo, echo_json, with_site
from annotator.cli.paths import NamedPath
from annotator.quotations import Budget
from annotator.quotations.corrections import AS_THEY_STAND, differences
from annotator.quotations.quotation import VERDICT_WORDS
from annotator.services.essays import quotation_report
from annotator.services.essays.quotation_report import QuotationReport, Reported

LONGEST_SHOWN = 400


@click.command()
@click.argument("file", type=NamedPath(exists=True, dir_okay=False))
@click.option("--document", required=True, help="The quoted document.")
@click.option("--edition", help="The quoted edition; otherwise the newest.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, as the API returns it.")
@with_site
def quote(opening: Opening, file: Path, document: str, edition: str | None, as_json: bool) -> None:
    """Check an essay's quotations of a document. FILE is Markdown, HTML or plain text."""
    with file.open("rb") as stream:
        essay, kind = quotation_report.read_essay(
            stream.read(4 * quotation_report.LONGEST_ESSAY + 1), file.name
        )
    with opening.parts() as parts, parts.db.reading() as session:
        report = quotation_report.report(session, document, essay, kind, edition, Budget())
    if as_json:
        echo_json(quotation_report.answer(report).to_json())
        return
    for item in report.quotations:
        _show(essay, report, item)
    counts = Counter(item.quotation.verdict for item in report.quotations)
    verdicts = ", ".join(f"{number} {VERDICT_WORDS[name]}" for name, number in counts.items())
    total = counted(len(report.quotations), "quotation")
    edition_name = f"{report.loaded.slug}@{report.loaded.label}"
    echo(f"{total} against {edition_name}{': ' * bool(verdicts)}{verdicts}.")


def _show(essay: str, report: QuotationReport, item: Reported) -> None:
    quotation = item.quotation
    line = essay.count("\n", 0, quotation.start) + 1
    click.echo(f"line {line}: {click.style(VERDICT_WORDS[quotation.verdict], bold=True)}")
    words = " ".join(quotation.words.split())
    echo(f"    “{words[:LONGEST_SHOWN]}{'…' if len(words) > LONGEST_SHOWN else ''}”")
    for place in item.places:
        echo(f"    {place.address}")
    if quotation.matches and quotation.verdict not in AS_THEY_STAND:
        shown = {"same": "{}", "struck": "[-{}-]", "added": "{{+{}+}}"}
        pieces = (shown[each.change].format(each.text) for each in differences(quotation))
        echo(f"    {''.join(pieces)}")
        echo(f"    {quotation_report.corrected(report, item)}")
    for place in item.candidates:
        echo(f"    candidate: {place.address}")
