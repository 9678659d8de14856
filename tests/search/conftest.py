"""Every engine there is; the suite runs once for each."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from annotator.search.engine import Engine
from annotator.search.engines.whoosh import WhooshEngine
from annotator.search.record import Change
from tests.search.memory_engine import MemoryEngine


@dataclass(frozen=True)
class EngineKind:
    """How to open an engine on a folder, and whether others see what it has committed."""

    name: str
    open: Callable[[Path], Engine]
    is_durable: bool = True


KINDS = (
    EngineKind("memory", lambda _: MemoryEngine(), is_durable=False),
    EngineKind("whoosh", lambda folder: WhooshEngine(folder)),
)


@pytest.fixture(params=KINDS, ids=lambda kind: kind.name)
def kind(request: pytest.FixtureRequest) -> EngineKind:
    found: EngineKind = request.param
    return found


@pytest.fixture(params=[kind for kind in KINDS if kind.is_durable], ids=lambda kind: kind.name)
def durable(request: pytest.FixtureRequest) -> EngineKind:
    found: EngineKind = request.param
    return found


@pytest.fixture
def engine(kind: EngineKind, tmp_path: Path) -> Iterator[Engine]:
    opened = kind.open(tmp_path / "index")
    yield opened
    opened.close()


@pytest.fixture(params=["one commit", "a commit each"])
def filled(engine: Engine, request: pytest.FixtureRequest) -> Callable[..., Engine]:
    """Fill the engine in one commit, or one for each change: the answers must be the same."""

    def fill(*changes: Change) -> Engine:
        for some in [changes] if request.param == "one commit" else [[c] for c in changes]:
            engine.apply(some)
        return engine

    return fill
