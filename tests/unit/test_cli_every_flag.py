"""Every option of every command, in each of its spellings, does what its help says, through the real command line.

`flag_proofs/` has a scene for each command and a proof for each of its options. An option without one fails here.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from cli.main import build
from cli.session import global_parameters
from cli.testing.flags import ProvenBy, commands, tables

TESTS = Path(__file__).resolve().parents[1]
SHARED = {item.name for item in global_parameters()}
FOUND = list(tables(Path(__file__).parent / "flag_proofs"))
SCENES = {name: scene for scenes, _ in FOUND for name, scene in scenes.items()}
PROOFS = {name: proofs for _, table in FOUND for name, proofs in table.items()}


class Flag(NamedTuple):
    """An option as the table names it: by its first spelling; `--no-x` is an option of its own."""

    command: str
    spellings: tuple[str, ...]
    takes_value: bool

    @property
    def name(self) -> str:
        return self.spellings[0]


def flags() -> Iterator[Flag]:
    """The options of every command, but for those that all have."""
    for name, command in commands(build()):
        for param in command.params:
            if param.param_type_name == "option" and param.name not in SHARED:
                for spellings in filter(None, (param.opts, param.secondary_opts)):
                    yield Flag(name, tuple(spellings), not param.is_flag)


FLAGS = list(flags())
PROVEN = [
    pytest.param(flag, spelling, id=f"{flag.command} {spelling}")
    for flag in FLAGS
    if flag.name in PROOFS.get(flag.command, {})
    for spelling in flag.spellings
]


def test_every_flag_has_a_proof() -> None:
    """A new flag needs an entry in `flag_proofs/`, and a new command its scene."""
    asked = {(flag.command, flag.name) for flag in FLAGS}
    known = {(command, name) for command, proofs in PROOFS.items() for name in proofs}
    assert sorted(asked - known) == []
    assert sorted(known - asked) == []


@pytest.mark.parametrize(("flag", "spelling"), PROVEN)
def test_does_what_its_help_says(cli: Any, flag: Flag, spelling: str) -> None:
    proof = PROOFS[flag.command][flag.name]
    if isinstance(proof, ProvenBy):
        assert f'"{spelling}"' in proof.source(TESTS) or f'"{spelling}=' in proof.source(TESTS)
        return
    proof(cli, spelling, SCENES[flag.command])
