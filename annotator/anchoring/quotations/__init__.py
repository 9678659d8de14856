"""Finding the quotations of a document in an essay.

`find` is the whole of it: an essay and indexes of editions in, quotations out. What was read, what
was found there and why it counts is decided here alone; nothing is stored and no model is asked.
"""

from annotator.anchoring.quotations.budget import Budget
from annotator.anchoring.quotations.finding import find
from annotator.anchoring.quotations.index import Index, index_of
from annotator.anchoring.quotations.quotation import Kind, Match, Quotation, Verdict

__all__ = ["Budget", "Index", "Kind", "Match", "Quotation", "Verdict", "find", "index_of"]
