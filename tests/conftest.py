"""`--soak` runs only the tests that use the fixture `soak`, at full length, and writes counts to build/soak."""

from collections.abc import Iterator

import pytest

from tests.soak import Row, Soak, write_table

_ROWS = pytest.StashKey[list[Row]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--soak", action="store_true", help="the long part of the tests that soak, and nothing else")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_ROWS] = []


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--soak"):
        others = [item for item in items if "soak" not in getattr(item, "fixturenames", ())]
        config.hook.pytest_deselected(items=others)
        items[:] = [item for item in items if item not in others]


@pytest.fixture
def soak(request: pytest.FixtureRequest) -> Iterator[Soak]:
    """Give a test its number of trials, and count the outcomes."""
    counted = Soak(request.function.__name__, request.config.getoption("--soak"))
    yield counted
    request.config.stash[_ROWS].extend(counted.rows.values())


def pytest_sessionfinish(session: pytest.Session) -> None:
    if session.config.getoption("--soak") and session.config.stash[_ROWS]:
        print(f"\n{write_table(session.config.stash[_ROWS])}")
