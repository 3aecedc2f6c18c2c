from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.durability.nursery import Nursery
from tests.durability.scene import Scene


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    with Nursery() as started:
        yield started


@pytest.fixture
def make_scene(tmp_path: Path) -> Iterator[Callable[..., Scene]]:
    with ExitStack() as stack:

        def make(database_url: str, **more: Any) -> Scene:
            return stack.enter_context(Scene(tmp_path, database_url, **more))

        yield make


@pytest.fixture
def scene(make_scene: Callable[..., Scene], database_url: str) -> Scene:
    """A scene on a database of each kind in turn."""
    return make_scene(database_url)
