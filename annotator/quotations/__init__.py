"""Finding the quotations of a document in an essay.

`find` is the whole of it: an essay and indexes of editions in, quotations out. What was read, what
was found there and why it counts is decided here alone; nothing is stored and no model is asked.
"""

from annotator.quotations.finder import find
from annotator.quotations.index import Index, index_of
from annotator.quotations.quotation import Budget, Kind, Match, Quotation, Verdict

__all__ = ["Budget", "Index", "Kind", "Match", "Quotation", "Verdict", "find", "index_of"]
