"""`annotator quote`: checking the quotations in an essay."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import click

from annotator.cli import NamedPath
from annotator.cli.context import Opening, result
from annotator.cli.output import Result, cited, counted, joined, listed, marked, styled
from annotator.quotations import Budget
from annotator.quotations.editorial_marks import FAITHFUL, differences
from annotator.quotations.quotation import VERDICT_WORDS
from annotator.services.essays import quotation_report
from annotator.services.essays.quotation_report import QuotationReport, Reported

LONGEST_SHOWN = 400


@click.command()
@click.argument("file", type=NamedPath(exists=True, dir_okay=False))
@click.option("--document", required=True, help="The quoted document.")
@click.option("--edition", help="The quoted edition; otherwise the newest.")
@result(listed=True)
def quote(opening: Opening, file: Path, document: str, edition: str | None) -> Result:
    """Check an essay's quotations of a document. FILE is Markdown, HTML or plain text."""
    with file.open("rb") as stream:
        essay, kind = quotation_report.read_essay(
            stream.read(4 * quotation_report.LONGEST_ESSAY + 1), file.name
        )
    with opening.parts() as parts, parts.db.reading() as session:
        report = quotation_report.report(session, document, essay, kind, edition, Budget())
    counts = Counter(VERDICT_WORDS[item.quotation.verdict] for item in report.quotations)
    name = f"{report.loaded.slug}@{report.loaded.label}"
    verdicts = f": {listed(counts)}" if counts else ""
    return Result(
        styled(f"{counted(len(report.quotations), 'quotation')} of {name}{verdicts}.", bold=True),
        quotation_report.answer(report).to_json(),
        [line for item in report.quotations for line in _lines(essay, report, item)],
    )


def _lines(essay: str, report: QuotationReport, item: Reported) -> list[str]:
    quotation = item.quotation
    line = essay.count("\n", 0, quotation.start) + 1
    words = " ".join(quotation.words.split())
    lines = [
        joined(f"line {line}: ", styled(VERDICT_WORDS[quotation.verdict], bold=True)),
        f"    “{words[:LONGEST_SHOWN]}{'…' if len(words) > LONGEST_SHOWN else ''}”",
        *(f"    {cited(place.place, place.address)}" for place in item.places),
    ]
    if quotation.matches and quotation.verdict not in FAITHFUL:
        pieces = (marked(each.text, each.change) for each in differences(quotation))
        lines += [joined("    ", *pieces), f"    {quotation_report.corrected(report, item)}"]
    return lines + [
        f"    candidate: {cited(place.place, place.address)}" for place in item.candidates
    ]
