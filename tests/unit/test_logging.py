"""Log lines say what they are about, in every thread, and quote no error that nobody foresaw."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Iterator
from io import StringIO
from typing import Any

import pytest

from cloud_core.logging import JsonFormatter, MessageFormatter, TextFormatter, bound, carried

_SECRET = "hunter2"
Lines = Callable[[], list[str]]


@pytest.fixture
def logger() -> Iterator[logging.Logger]:
    logger = logging.getLogger("cloud_core.test_logging")
    logger.propagate = False
    yield logger
    logger.propagate = True
    logger.handlers.clear()


def written_by(logger: logging.Logger, formatter: logging.Formatter) -> Lines:
    stream = StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    logger.addHandler(handler)
    return lambda: stream.getvalue().splitlines()


def test_a_text_line_names_what_it_is_about_from_the_outside_in(logger: logging.Logger) -> None:
    lines = written_by(logger, TextFormatter())
    with bound(deployment="D1BRV40", environment="dev"), bound(stack="network", operation="op-1"):
        logger.warning("attempt %d failed", 2)
    logger.warning("nothing in particular")
    inside, outside = lines()
    assert inside.endswith("Z WARNING cloud_core.test_logging [D1BRV40 dev op-1 network] attempt 2 failed")
    assert outside.endswith("Z WARNING cloud_core.test_logging nothing in particular")


def test_a_json_line_has_a_field_for_each(logger: logging.Logger) -> None:
    lines = written_by(logger, JsonFormatter())
    with bound(deployment="D1BRV40", stack="nétwork"):
        logger.error("two\nlines")
    logger.warning("warned")
    told, warned = map(json.loads, lines())
    assert warned["level"] == "warn"
    assert told.pop("timestamp").endswith("Z")
    assert told == {
        "level": "error",
        "logger": "cloud_core.test_logging",
        "message": "two\nlines",
        "deployment": "D1BRV40",
        "stack": "nétwork",
    }


def test_what_a_line_is_about_ends_with_the_block_also_when_it_breaks(logger: logging.Logger) -> None:
    lines = written_by(logger, JsonFormatter())
    with pytest.raises(KeyError), bound(stack="network"):
        raise KeyError
    logger.warning("after")
    assert "stack" not in json.loads(lines()[0])


def test_a_line_can_be_about_what_is_known_only() -> None:
    with pytest.raises(TypeError, match="stak"), bound(stak="network"):
        pass


def test_a_thread_tells_what_its_beginner_was_about(logger: logging.Logger) -> None:
    lines = written_by(logger, JsonFormatter())
    with bound(operation="op-1"):
        threads = [
            threading.Thread(target=carried(lambda: logger.warning("carried"))),
            threading.Thread(target=lambda: logger.warning("left alone")),
        ]
    for thread in threads:
        thread.start()
        thread.join()
    assert [json.loads(line).get("operation") for line in lines()] == ["op-1", None]


@pytest.mark.parametrize(
    "formatter", [TextFormatter(), MessageFormatter(), JsonFormatter()], ids=lambda it: type(it).__name__
)
def test_an_unforeseen_error_shows_where_it_came_from_and_none_of_its_words(
    logger: logging.Logger, formatter: logging.Formatter
) -> None:
    lines = written_by(logger, formatter)
    try:
        _read({})
    except RuntimeError:
        logger.exception("it broke")
    written = "\n".join(lines())
    assert "it broke" in written
    assert "builtins.KeyError" in written
    assert "builtins.RuntimeError" in written
    assert "in _read" in written
    assert _SECRET not in written


def _read(config: dict[str, Any]) -> Any:
    name = _SECRET
    try:
        return config[name]
    except KeyError as error:
        raise RuntimeError(f"no {name}") from error
