"""The stack programs that exist: ours, and those of the workspace, which win over ours of the same name."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pulumi

from cloud_core.adapters.local.program_digest import engine_packages, program_digest, shared_code
from cloud_core.adapters.local.program_folders import PRODUCT, WORKSPACE, product_programs, workspace_programs
from cloud_core.domain.errors import InvalidStackInput, StackNotFound
from cloud_core.domain.names import PROJECT_FILE
from cloud_core.domain.stack_contract import ProgramInputs
from cloud_core.ports.engine import InlineProgram, Program, ProgramFolder, StackTarget
from stacks.context import StackContext
from stacks.contracts import program_inputs
from stacks.input_check import read_inputs
from stacks.inputs import StackInputs, for_engine, unknown_inputs
from stacks.languages import PYTHON, program_config, runtime_of
from stacks.loading import StackCode, load_product_stack, load_workspace_stack
from stacks.outputs import export_outputs

_PRODUCT_FOLDER: Final = Path(__file__).resolve().parent


@dataclass(frozen=True)
class _Home:
    """Where a stack's program lies."""

    folder: Path
    origin: str


class StackRegistry:
    """Implements the port StackPrograms.

    `search_folders` hold one folder a stack, named as the stack; earlier folders win over later ones, all of them over
    the product's. The workspace's is `<workspace>/stacks`.
    """

    def __init__(self, search_folders: Sequence[Path] = ()) -> None:
        # In a clone of the product the workspace's folder may be the product's own.
        self._search_folders = tuple(folder for folder in search_folders if folder.resolve() != _PRODUCT_FOLDER)

    def names(self) -> list[str]:
        """All stacks by name, sorted."""
        return sorted(self._homes())

    def origin(self, stack: str) -> str:
        """`product` or `workspace`; StackNotFound when there is no such program."""
        return self._home(stack).origin

    def folder(self, stack: str) -> Path:
        """The folder of the stack's files; StackNotFound when there is none."""
        return self._home(stack).folder

    def digest(self, stack: str) -> str:
        """SHA-256 over the program's files and the building blocks that programs share."""
        return _digest(self._home(stack).folder)

    def plugins(self) -> Mapping[str, str]:
        """Versions of the installed packages whose names begin with `pulumi`, by name."""
        return engine_packages()

    def inputs(self, stack: str) -> type[StackInputs]:
        """The typed inputs of the stack's program."""
        return self._code(stack).inputs

    def inputs_of(self, stack: str) -> ProgramInputs | None:
        """Their outside names and types; None for a program in another language."""
        home = self._home(stack)
        return program_inputs(self.inputs(stack)) if runtime_of(stack, home.folder) == PYTHON else None

    def load(self, stack: str, inputs: Mapping[str, Any], context: StackTarget) -> Program:
        """The program over these inputs: an inline one of Python, or the folder of one in another language.

        Raises as `load_python`, and InvalidStackInput for what another language can't be given.
        """
        home = self._home(stack)
        if (runtime := runtime_of(stack, home.folder)) != PYTHON:
            return ProgramFolder(home.folder, runtime, program_config(inputs, context, runtime))
        return self.load_python(stack, inputs, context)

    def load_python(self, stack: str, inputs: Mapping[str, Any], context: StackTarget) -> InlineProgram:
        """The inline program over these inputs.

        Raises InvalidStackInput naming every input that breaks a rule, StackNotFound without a Python program of that
        name, InvalidInput when the program itself can't be imported.
        """
        code = self._code(stack)
        stack_context = StackContext.of(context)
        return _inline_program(code, read_inputs(code.inputs, inputs, stack_context), stack_context)

    def _code(self, stack: str) -> StackCode:
        home = self._home(stack)
        if (runtime := runtime_of(stack, home.folder)) != PYTHON:
            raise StackNotFound(
                f"stack {stack} has no Python program: its {PROJECT_FILE} asks for the runtime {runtime!r}",
                stack=stack,
                runtime=runtime,
            )
        if home.origin == PRODUCT:
            return load_product_stack(stack, f"stacks.{home.folder.name}", home.folder)
        return load_workspace_stack(stack, home.folder, _digest(home.folder))

    def _home(self, stack: str) -> _Home:
        homes = self._homes()
        if stack in homes:
            return homes[stack]
        close = difflib.get_close_matches(stack, homes, n=1)
        hint = f", did you mean {close[0]!r}?" if close else f"; there are {', '.join(sorted(homes))}"
        raise StackNotFound(f"there is no stack program {stack!r}{hint}", stack=stack)

    def _homes(self) -> dict[str, _Home]:
        homes = {name: _Home(folder, PRODUCT) for name, folder in product_programs(_PRODUCT_FOLDER).items()}
        for place in reversed(self._search_folders):
            homes |= {name: _Home(folder, WORKSPACE) for name, folder in workspace_programs(place).items()}
        return homes


def _digest(folder: Path) -> str:
    return program_digest(folder, shared_code(_PRODUCT_FOLDER))


def _inline_program(code: StackCode, inputs: StackInputs, context: StackContext) -> InlineProgram:
    def run() -> None:
        unknown = unknown_inputs(inputs)
        if unknown and not pulumi.runtime.is_dry_run():
            raise InvalidStackInput(
                f"stack {context.stack} can't be deployed: {', '.join(unknown)} not known yet",
                stack=context.stack,
                inputs=unknown,
                suggestion="deploy the stacks that it depends on first",
            )
        export_outputs(code.program(for_engine(inputs), context), context)

    return run
