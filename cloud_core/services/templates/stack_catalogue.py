"""The stacks that the workspace knows: ours and its own, as their templates and folders tell."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cloud_core.domain.errors import StackNotFound
from cloud_core.domain.stack_template import StackInput, StackOutput, StackTemplate
from cloud_core.ports.engine import ProgramNames
from cloud_core.ports.workspace import TemplateCatalog


@dataclass(frozen=True)
class KnownStack:
    """A stack with a program, a template, or both. `origin` is the program's, else the template's: `product` or
    `workspace`; `problem` tells what is missing."""

    name: str
    origin: str
    template: StackTemplate | None
    folder: Path | None

    @property
    def problem(self) -> str | None:
        if self.template is None:
            return f"it has no stack template: write templates/config/{self.name}.yaml"
        return None if self.folder else f"it has no program: write stacks/{self.name}/program.py"

    def to_data(self) -> dict[str, Any]:
        template = self.template or StackTemplate(name=self.name)
        return {
            "name": self.name,
            "origin": self.origin,
            "description": template.description,
            "version": template.version,
            "priority": template.priority,
            "dependencies": list(template.dependencies),
            "soft_dependencies": list(template.soft_dependencies),
            "folder": str(self.folder) if self.folder else None,
            "inputs": {name: _input_data(spec) for name, spec in template.inputs.items()},
            "outputs": {name: _output_data(spec) for name, spec in template.outputs.items()},
            "problem": self.problem,
        }


class StackCatalogue:
    """Reads folders and templates; no program is imported."""

    def __init__(self, catalog: TemplateCatalog, programs: ProgramNames) -> None:
        self._catalog = catalog
        self._programs = programs

    def list(self) -> tuple[KnownStack, ...]:
        """By name. InvalidInput names a stack template that is not valid."""
        templates, programs = self._catalog.stack_templates(), set(self._programs.names())
        return tuple(self._known(name, templates, programs) for name in sorted(programs | templates.keys()))

    def show(self, name: str) -> KnownStack:
        """StackNotFound with the names that there are."""
        known = {stack.name: stack for stack in self.list()}
        if name not in known:
            raise StackNotFound(
                f"there is no stack {name!r}: there are {', '.join(known) or 'none'}",
                stack=name,
                suggestion="run 'cloud stack list' to see them",
            )
        return known[name]

    def _known(self, name: str, templates: dict[str, StackTemplate], programs: set[str]) -> KnownStack:
        if name in programs:
            return KnownStack(name, self._programs.origin(name), templates.get(name), self._programs.folder(name))
        return KnownStack(name, self._catalog.stack_template_origin(name).value, templates[name], None)


def _input_data(spec: StackInput) -> dict[str, Any]:
    return {
        "type": spec.type.value,
        "format": spec.format.value if spec.format else None,
        "required": spec.required,
        "secret": spec.secret,
        "default": spec.default,
        "description": spec.description,
    }


def _output_data(spec: StackOutput) -> dict[str, Any]:
    return {
        "type": spec.type.value,
        "optional": spec.optional,
        "secret": spec.secret,
        "description": spec.description,
    }
