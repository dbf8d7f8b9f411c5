"""Templates on this machine: the product's, and those of the workspace, which win over ours of the same name.

templates/default/<name>.yaml   deployment templates
templates/custom/<name>.yaml    a workspace's own
templates/config/<stack>.yaml   stack templates
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Final

from cloud_core.adapters.local.parsed_texts import ParsedTexts
from cloud_core.adapters.local.template_rendering import TemplateRenderer
from cloud_core.adapters.local.text_files import file_errors
from cloud_core.adapters.local.workspace import Workspace
from cloud_core.adapters.local.yaml_reading import file_text
from cloud_core.domain.deployment_template import DeploymentTemplate, parse_deployment_template
from cloud_core.domain.errors import InvalidInput, TemplateNotFound
from cloud_core.domain.stack_template import StackTemplate, parse_stack_template
from cloud_core.ports.workspace import TemplateFile, TemplateOrigin

_DEPLOYMENT_FOLDERS: Final = ("default", "custom")
_STACK_FOLDER: Final = "config"


class LocalTemplates:
    """Implements the port TemplateCatalog. Files are read once, when they are first needed."""

    def __init__(self, product: Path, workspace: Workspace, texts: ParsedTexts | None = None) -> None:
        self._texts = texts or ParsedTexts()
        self._roots = {TemplateOrigin.PRODUCT: product}
        # In a clone of the product the workspace's folder may be the product's own.
        if workspace.templates.resolve() != product.resolve():
            self._roots[TemplateOrigin.WORKSPACE] = workspace.templates
        self._renderer = TemplateRenderer()

    def deployment_template_files(self) -> list[TemplateFile]:
        return [self._deployment_files[name] for name in sorted(self._deployment_files)]

    def deployment_template_file(self, name: str) -> TemplateFile:
        return _find(self._deployment_files, name, "deployment template", "run 'cloud template-list' to see them")

    def render(self, name: str, variables: Mapping[str, Any]) -> DeploymentTemplate:
        file = self.deployment_template_file(name)
        data = self._renderer.render(self._texts.read(file.text, file.place), variables, file.path.name)
        template = parse_deployment_template(data, file.path.name)
        _require_name(file, template.name)
        return template

    def stack_template_files(self) -> list[TemplateFile]:
        return [self._stack_files[name] for name in sorted(self._stack_files)]

    def stack_template(self, name: str) -> StackTemplate:
        return _stack_template(self._stack_file(name), self._texts)

    def stack_templates(self) -> dict[str, StackTemplate]:
        return dict(self._stack_templates)

    def stack_template_origin(self, name: str) -> TemplateOrigin:
        return self._stack_file(name).origin

    def _stack_file(self, name: str) -> TemplateFile:
        return _find(self._stack_files, name, "stack template", "add templates/config/<stack>.yaml")

    @cached_property
    def _deployment_files(self) -> dict[str, TemplateFile]:
        files = [file for folder in _DEPLOYMENT_FOLDERS for file in self._files(folder)]
        return {file.name: file for file in sorted(files, key=lambda file: file.origin is TemplateOrigin.WORKSPACE)}

    @cached_property
    def _stack_files(self) -> dict[str, TemplateFile]:
        return {file.name: file for file in self._files(_STACK_FOLDER)}

    @cached_property
    def _stack_templates(self) -> dict[str, StackTemplate]:
        return {name: _stack_template(file, self._texts) for name, file in sorted(self._stack_files.items())}

    def _files(self, folder: str) -> Iterator[TemplateFile]:
        """The product's first, so that the workspace's of the same name comes last."""
        for origin, root in self._roots.items():
            with file_errors("read"):
                # Not by a pattern: that takes a closed folder for an empty one.
                found = sorted((root / folder).iterdir()) if (root / folder).is_dir() else []
            for path in found:
                if path.suffix == ".yaml":
                    yield TemplateFile(path.stem, origin, path, file_text(path))


def _stack_template(file: TemplateFile, texts: ParsedTexts) -> StackTemplate:
    template = _parsed(file.text, file.place, texts)
    _require_name(file, template.name)
    return template


@lru_cache(maxsize=256)
def _parsed(text: str, place: str, texts: ParsedTexts) -> StackTemplate:
    """Reading YAML is slow, a template can't be changed, and a long process asks for the same ones again and again."""
    return parse_stack_template(texts.read(text, place), place.rpartition("/")[2])


def _require_name(file: TemplateFile, name: str) -> None:
    if name != file.name:
        raise InvalidInput(
            f"template {file.path.name} calls itself {name!r}: name and file must be the same",
            source=str(file.path),
            suggestion=f"write 'name: {file.name}'",
        )


def _find(files: Mapping[str, TemplateFile], name: str, what: str, suggestion: str) -> TemplateFile:
    if name not in files:
        raise TemplateNotFound(
            f"there is no {what} {name!r}: there are {', '.join(sorted(files)) or 'none'}",
            template=name,
            suggestion=suggestion,
        )
    return files[name]
