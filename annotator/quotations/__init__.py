"""Find the quotations of a document in an essay.

`find` takes an essay and the indexes of editions and returns quotations. Nothing is stored, and no
model is asked.
"""

from annotator.quotations.finder import find
from annotator.quotations.index import Index, index_of
from annotator.quotations.quotation import Budget, Kind, Match, Quotation, Verdict

__all__ = ["Budget", "Index", "Kind", "Match", "Quotation", "Verdict", "find", "index_of"]
