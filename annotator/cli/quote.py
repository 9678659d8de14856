"""`annotator quote`: are the quotations in an essay right?"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import click

from annotator.cli.context import Opening, counted, echo, echo_json, with_site
from annotator.cli.paths import NamedPath
from annotator.quotations import Budget, Quotation
from annotator.quotations.corrections import AS_THEY_STAND, differences
from annotator.quotations.quotation import VERDICT_WORDS
from annotator.services.essays import quotation_report
from annotator.services.essays.quotation_report import QuotationReport, Reported

LONGEST_SHOWN = 400


@click.command()
@click.argument("file", type=NamedPath(exists=True, dir_okay=False))
@click.option("--document", required=True, help="The document that is quoted.")
@click.option("--edition", help="The edition that is quoted; otherwise the newest.")
@click.option("--json", "as_json", is_flag=True, help="Answer as the API does.")
@with_site
def quote(opening: Opening, file: Path, document: str, edition: str | None, as_json: bool) -> None:
    """Check an essay's quotations of a document. FILE is Markdown, HTML or plain text."""
    with file.open("rb") as stream:
        essay, kind = quotation_report.read_essay(
            stream.read(4 * quotation_report.LONGEST_ESSAY + 1), file.name
        )
    with opening.parts() as parts, parts.db.reading() as session:
        found = quotation_report.report(session, document, essay, kind, edition, Budget())
    if as_json:
        echo_json(quotation_report.answer(found).to_json())
        return
    for item in found.quotations:
        _show(essay, found, item)
    _count(found)


def _show(essay: str, found: QuotationReport, item: Reported) -> None:
    quotation = item.quotation
    line = essay.count("\n", 0, quotation.start) + 1
    click.echo(f"line {line}: {click.style(VERDICT_WORDS[quotation.verdict], bold=True)}")
    words = " ".join(quotation.words.split())
    echo(f"    “{words[:LONGEST_SHOWN]}{'…' if len(words) > LONGEST_SHOWN else ''}”")
    for place in item.places:
        echo(f"    {place.address}")
    if quotation.matches and quotation.verdict not in AS_THEY_STAND:
        echo(f"    {_difference(quotation)}")
        echo(f"    {quotation_report.corrected(found, item)}")
    for place in item.candidates:
        echo(f"    candidate: {place.address}")


def _difference(quotation: Quotation) -> str:
    """Show what the essay has instead of the document's words: [-essay-] {+document+}."""
    shown = {"same": "{}", "struck": "[-{}-]", "added": "{{+{}+}}"}
    return "".join(shown[it.change].format(it.text) for it in differences(quotation))


def _count(found: QuotationReport) -> None:
    counts = Counter(item.quotation.verdict for item in found.quotations)
    told = ", ".join(f"{number} {VERDICT_WORDS[verdict]}" for verdict, number in counts.items())
    total = counted(len(found.quotations), "quotation")
    echo(f"{total} against {found.loaded.slug}@{found.loaded.label}{': ' * bool(told)}{told}.")
