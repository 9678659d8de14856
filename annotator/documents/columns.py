"""The columns of table cells: the canonical text omits empty ones, the page shows them. Pure."""

from __future__ import annotations

from collections import defaultdict

from annotator.documents.parsed import Block, Parsed


class Columns:
    """The columns of every table of an edition."""

    def __init__(self, parsed: Parsed) -> None:
        self._cells: dict[int, list[Block]] = defaultdict(list)
        for block in parsed.blocks:
            if block.kind == "cell":
                self._cells[block.provision].append(block)
        self._filled = {row: self._columns(parsed, row) for row in self._cells}
        self._table = {row: parsed.provisions[row].attributes.get("group") for row in self._cells}
        self._width: dict[str | None, int] = defaultdict(int)
        for row, filled in self._filled.items():
            self._width[self._table[row]] = max(self._width[self._table[row]], filled[-1])

    def _columns(self, parsed: Parsed, row: int) -> list[int]:
        """Return the columns of a row's cells, from 1, as listed where some are empty."""
        named = parsed.provisions[row].attributes.get("columns")
        if named:
            return [int(column) for column in named.split(",")]
        return list(range(1, len(self._cells[row]) + 1))

    def place(self, cell: Block) -> tuple[str | None, int, int]:
        """Return a cell's table, its column from 1, and the number of the table's columns."""
        table, at = self._table[cell.provision], self._cells[cell.provision].index(cell)
        return table, self._filled[cell.provision][at], self._width[table]

    def empty_around(self, cell: Block) -> tuple[int, int]:
        """Count the empty cells directly before a cell, and after the last of a row."""
        cells, filled = self._cells[cell.provision], self._filled[cell.provision]
        place = cells.index(cell)
        before = filled[place] - (filled[place - 1] if place else 0) - 1
        last = place + 1 == len(cells)
        return before, self._width[self._table[cell.provision]] - filled[place] if last else 0
