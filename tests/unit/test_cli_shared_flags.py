"""The options that every command has, on every command, and values that options don't take.

`flag_proofs/` has a call of each command. `--json` of each is held against its schema in `test_cli_answers.py`.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import pytest

from cli.main import build
from cli.testing.flags import REFUSED_LATER, WRONG, commands, run, snapshot, tables

FOUND = list(tables(Path(__file__).parent / "flag_proofs"))
SCENES = {name: scene for scenes, _ in FOUND for name, scene in scenes.items()}
COMMANDS = dict(commands(build()))
CHANGERS: Final = frozenset({"sandbox start", "sandbox reset"})
each_command = pytest.mark.parametrize("name", COMMANDS)


@pytest.fixture
def quietly() -> Iterator[None]:
    """Loggers as they were, afterwards."""
    names = ("", "cloud_core", "cli", "sandbox")
    levels = {name: logging.getLogger(name).level for name in names}
    yield
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


def test_every_command_has_a_scene() -> None:
    assert sorted(SCENES) == sorted(COMMANDS)


@each_command
def test_rehearsed_it_changes_nothing_and_the_other_options_of_every_command_work(
    cli: Any, name: str, quietly: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = SCENES[name]
    scene.start(cli, scene.home)
    before = snapshot(cli)
    words = (*scene.call(), "--dry-run")
    shown = run(cli, *words)
    assert shown
    _tells_more_and_less(cli, words, shown)
    _takes_a_log_level(cli, words)
    assert "nowhere.yaml does not exist" in run(cli, *words, "--config", "nowhere.yaml", code=2)
    assert cli.json(*words)["success"] is True
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b" not in run(cli, *words, "--no-color")
    assert snapshot(cli) == before


def _tells_more_and_less(cli: Any, words: tuple[str, ...], shown: str) -> None:
    """--verbose leaves out nothing, --quiet leaves what was asked for, and nothing on stderr."""
    assert len(run(cli, *words, "--verbose").splitlines()) >= len(shown.splitlines())
    quiet = run(cli, *words, "--quiet")
    assert quiet
    assert quiet == cli.out
    assert set(_plain(quiet)) <= set(_plain(shown))
    assert _plain(run(cli, *words, "-q")) == _plain(quiet)


def _plain(text: str) -> list[str]:
    """The lines without what is another one each time."""
    return [re.sub(r"op-[0-9a-f]{12}|\d+\.\d+ s|\d{4}-\d\d-\d\d\S*", "", line) for line in text.splitlines()]


def _takes_a_log_level(cli: Any, words: tuple[str, ...]) -> None:
    run(cli, *words, "--log-level", "error")
    assert logging.getLogger("cli").level == logging.ERROR
    run(cli, *words, "--log-level", "debug")
    assert logging.getLogger("cli").level == logging.DEBUG


@each_command
def test_it_explains_itself_and_names_its_options(cli: Any, name: str) -> None:
    words = name.split()
    shown = run(cli, *words, "--help")
    assert shown == run(cli, *words, "-h")
    for param in COMMANDS[name].params:
        assert not param.opts[0].startswith("-") or param.opts[0] in shown


def valued() -> Iterator[tuple[str, str]]:
    """The options that take a value, by command."""
    for name, command in COMMANDS.items():
        for param in command.params:
            if param.param_type_name == "option" and not param.is_flag:
                yield name, param.opts[0]


def test_every_option_with_a_value_has_one_that_it_refuses() -> None:
    """Or says that it takes any text."""
    known: Mapping[str, Any] = WRONG
    assert sorted({flag for name, flag in valued() if not {flag, f"{name} {flag}"} & set(known)}) == []


@each_command
def test_what_it_can_not_take_names_the_option_and_the_value(cli: Any, name: str) -> None:
    """Before anything is looked up."""
    if not any(flag for command, flag in valued() if command == name):
        return
    if name in ("import-stack",):
        SCENES[name].start(cli, "dev")
    for flag in [flag for command, flag in valued() if command == name]:
        value = WRONG.get(f"{name} {flag}", WRONG.get(flag))
        if value is None:
            continue
        told = run(cli, *SCENES[name].call(), flag, value, code=3 if flag in REFUSED_LATER else 2)
        assert flag.strip("-") in told.replace("time zone", "timezone"), told
        assert value in told, told
