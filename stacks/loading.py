"""Finds a stack's program in a folder and imports it.

A stack is a folder with a `program.py` (or just an `__init__.py`) that defines `program(inputs, context)` and, if it
takes any, `Inputs`. Programs of several stacks run in threads of one process, so importing is serialised here.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import re
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from cloud_core.domain.errors import InvalidInput, StackNotFound
from stacks.context import StackContext
from stacks.inputs import StackInputs

PROGRAM_FILES: Final = ("program.py", "__init__.py")
_WORKSPACE_PACKAGE: Final = "workspace_stack_"
_importing: Final = threading.RLock()


@dataclass(frozen=True)
class StackCode:
    """A stack's imported program: its typed inputs, and the function that describes its resources."""

    inputs: type[StackInputs]
    program: Callable[[Any, StackContext], Any]


def load_product_stack(stack: str, package: str, folder: Path) -> StackCode:
    """Import one of our own stacks, a subpackage of `stacks`."""
    with _importing:
        module = importlib.import_module(f"{package}.program")
        _settle_lazy_modules(folder)
    return _stack_code(stack, folder, module)


def load_workspace_stack(stack: str, folder: Path, digest: str) -> StackCode:
    """Import a stack from the workspace; edited files (another digest) are a new module.

    Raises StackNotFound without a Python program, InvalidInput when it can't be imported or lacks `program`.
    """
    name = _WORKSPACE_PACKAGE + hashlib.sha256(f"{folder}\0{digest}".encode()).hexdigest()[:16]
    with _importing:
        importlib.invalidate_caches()
        module = sys.modules.get(f"{name}.program") or sys.modules.get(name) or _import_folder(stack, folder, name)
        _settle_lazy_modules(folder)
    return _stack_code(stack, folder, module)


def _import_folder(stack: str, folder: Path, name: str) -> ModuleType:
    """Import the folder as a package of its own name, so that its files may import each other relatively."""
    program, init = (folder / file for file in PROGRAM_FILES)
    if not program.is_file() and not init.is_file():
        raise StackNotFound(
            f"stack {stack} has no program: {folder} holds neither {' nor '.join(PROGRAM_FILES)}",
            stack=stack,
            suggestion="define program(inputs, context) in program.py",
        )
    try:
        package = _package(name, folder, init)
        return importlib.import_module(f"{name}.program") if program.is_file() else package
    except (Exception, SystemExit) as error:
        for loaded in [key for key in sys.modules if key == name or key.startswith(f"{name}.")]:
            del sys.modules[loaded]
        raise InvalidInput(
            f"the program of stack {stack} in {folder} can't be imported: {type(error).__name__}: {error}", stack=stack
        ) from error


def _package(name: str, folder: Path, init: Path) -> ModuleType:
    if init.is_file():
        spec = importlib.util.spec_from_file_location(name, init, submodule_search_locations=[str(folder)])
    else:
        spec = ModuleSpec(name, loader=None, is_package=True)
        spec.submodule_search_locations = [str(folder)]
    assert spec is not None
    package = importlib.util.module_from_spec(spec)
    sys.modules[name] = package
    if spec.loader is not None:
        spec.loader.exec_module(package)
    return package


def _stack_code(stack: str, folder: Path, module: ModuleType) -> StackCode:
    program = getattr(module, "program", None)
    inputs = getattr(module, "Inputs", StackInputs)
    if not callable(program) or isinstance(program, ModuleType):
        raise InvalidInput(f"stack {stack} in {folder} defines no function program(inputs, context)", stack=stack)
    if not (isinstance(inputs, type) and issubclass(inputs, StackInputs)):
        raise InvalidInput(f"Inputs of stack {stack} in {folder} must be a subclass of StackInputs", stack=stack)
    return StackCode(inputs, program)


def _settle_lazy_modules(folder: Path) -> None:
    """Load now every provider module that the program's files speak of.

    `pulumi_aws` loads its modules (`aws.ec2`) on first use and does that without a lock: of two programs that start at
    the same time, one meets a module without its classes.
    """
    words = {word for file in folder.rglob("*.py") for word in re.findall(r"\w+", file.read_text("utf-8"))}
    words |= {
        word for file in Path(__file__).parent.glob("*.py") for word in re.findall(r"\w+", file.read_text("utf-8"))
    }
    # A copy: other threads import meanwhile.
    for name, module in sys.modules.copy().items():
        if name.startswith("pulumi_") and name.rpartition(".")[2] in words:
            getattr(module, "any_attribute_loads_it", None)
