"""`annotator` with the engine of the tests, which any number of hosts may use."""

from annotator.cli import main
from annotator.search import engines
from tests.search.memory_engine import MemoryEngine

engines.open_engine = lambda *_: MemoryEngine()  # type: ignore[assignment]

if __name__ == "__main__":
    main()
