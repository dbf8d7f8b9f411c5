"""Templates: what there is, what is in them, and manifests made from them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any, Final

from cloud_core.domain.deployment_template import DeploymentTemplate
from cloud_core.domain.errors import InvalidInput
from cloud_core.domain.graph import StackGraph
from cloud_core.domain.manifest import Manifest, environment_graph
from cloud_core.domain.manifest_generation import Answers, assemble_manifest
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.stack_template import StackTemplate
from cloud_core.domain.template_variables import SAMPLE_ANSWERS, VARIABLES, Variable, variables
from cloud_core.domain.validation import Catalogue
from cloud_core.ports.workspace import TemplateCatalog, TemplateFile, TemplateOrigin


@dataclass(frozen=True)
class TemplateSummary:
    """One row of a listing. `problem` tells why a template can't be used; then the rest is empty."""

    name: str
    origin: TemplateOrigin
    path: str
    display_name: str = ""
    description: str = ""
    version: str = ""
    stacks: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()
    problem: str | None = None

    def to_data(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "display_name": self.display_name,
            "description": self.description,
            "version": self.version,
            "type": self.origin.kind,
            "path": self.path,
            "stacks": list(self.stacks),
            "stack_count": len(self.stacks),
            "environments": list(self.environments),
            "problem": self.problem,
        }


@dataclass(frozen=True)
class TemplateStackDetails:
    """A stack of a template; `layer` is 0 for one that is off, `origin` None for one without a stack template;
    one is `required` that other enabled stacks can't do without."""

    name: str
    origin: TemplateOrigin | None
    enabled: bool
    required: bool
    layer: int
    priority: float
    dependencies: tuple[str, ...]
    soft_dependencies: tuple[str, ...]
    description: str
    config: dict[str, Any]

    def to_data(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "type": self.origin.kind if self.origin else None,
            "enabled": self.enabled,
            "required": self.required,
            "layer": self.layer,
            "priority": self.priority,
            "dependencies": list(self.dependencies),
            "soft_dependencies": list(self.soft_dependencies),
            "description": self.description,
            "config": self.config,
        }


@dataclass(frozen=True)
class TemplateDetails:
    """A template with sample answers filled in; `text` is the file as written, `layers` those of dev."""

    summary: TemplateSummary
    stacks: tuple[TemplateStackDetails, ...]
    layers: tuple[tuple[str, ...], ...]
    environments: dict[str, bool]
    variables: tuple[Variable, ...]
    text: str

    def to_data(self) -> dict[str, Any]:
        return {
            **self.summary.to_data(),
            "stacks": [stack.to_data() for stack in self.stacks],
            "layers": [list(layer) for layer in self.layers],
            "environments": self.environments,
            "parameters": {
                variable.name: {
                    "type": variable.type,
                    "required": variable.default is None,
                    "default": variable.default,
                    "description": variable.description,
                }
                for variable in self.variables
            },
        }


class TemplateService:
    """Reads through the catalogue; a workspace's template wins over ours of the same name and is shown as such."""

    def __init__(self, catalog: TemplateCatalog) -> None:
        self._catalog = catalog

    def list(self) -> tuple[TemplateSummary, ...]:
        """By name; a broken template is listed with its problem."""
        return tuple(self._summary(file) for file in self._catalog.deployment_template_files())

    def show(self, name: str) -> TemplateDetails:
        """TemplateNotFound; InvalidInput for a broken one."""
        file = self._catalog.deployment_template_file(name)
        template = self._sample(name)
        known = self._catalog.stack_templates()
        manifest = Manifest.model_validate(assemble_manifest(template, SAMPLE, known))
        graph = environment_graph(manifest, EnvironmentName.DEV, known)
        return TemplateDetails(
            summary=_describe(file, template),
            stacks=tuple(self._stack_details(stack, manifest, graph, known.get(stack)) for stack in manifest.stacks),
            layers=tuple(tuple(layer) for layer in graph.layers),
            environments={env: section.enabled for env, section in manifest.environments.items()},
            variables=_variables_of(file.text),
            text=file.text,
        )

    def generate_manifest(self, template: str, answers: Answers) -> dict[str, Any]:
        """The manifest as plain data, not validated.

        TemplateNotFound; InvalidInput for a broken template, an unknown variable, or one that the template does not
        use; InvalidManifest for stacks that are unknown.
        """
        self._check_variables(template, answers.variables)
        rendered = self._catalog.render(template, variables(answers.template_variables()))
        return assemble_manifest(rendered, answers, self._catalog.stack_templates())

    def _check_variables(self, template: str, given: Mapping[str, Any]) -> None:
        used = [variable.name for variable in _variables_of(self._catalog.deployment_template_file(template).text)]
        if unused := [name for name in given if name not in used]:
            raise InvalidInput(
                f"the template {template!r} has no variable {unused[0]!r}: it has {', '.join(used) or 'none'}",
                field="variables",
                value=unused[0],
                suggestion=f"run 'cloud template-show {template}' to see what they mean",
            )

    def stack_templates(self) -> dict[str, StackTemplate]:
        return self._catalog.stack_templates()

    def catalogue(self, programs: frozenset[str]) -> Catalogue:
        """What the validation needs to know. A broken deployment template has no stacks here."""
        return Catalogue(self._catalog.stack_templates(), self._stacks_by_template, programs)

    @cached_property
    def _stacks_by_template(self) -> Mapping[str, frozenset[str]]:
        """Kept, as the catalogue keeps its files: each look at a manifest asks for it, a deploy five times."""
        stacks: dict[str, frozenset[str]] = {}
        for file in self._catalog.deployment_template_files():
            try:
                stacks[file.name] = frozenset(self._sample(file.name).stacks)
            except InvalidInput:  # it is shown by the listing; manifests of other templates are not its business
                stacks[file.name] = frozenset()
        return MappingProxyType(stacks)

    def _sample(self, name: str) -> DeploymentTemplate:
        return self._catalog.render(name, variables(SAMPLE_ANSWERS))

    def _stack_details(
        self, name: str, manifest: Manifest, graph: StackGraph, template: StackTemplate | None
    ) -> TemplateStackDetails:
        section = manifest.stacks[name]
        return TemplateStackDetails(
            name=name,
            origin=self._catalog.stack_template_origin(name) if template else None,
            enabled=section.enabled,
            required=any(name in needed for needed in graph.hard.values()),
            layer=graph.layer_of(name) if name in graph.names else 0,
            priority=section.priority or 0,
            dependencies=section.dependencies,
            soft_dependencies=template.soft_dependencies if template else (),
            description=template.description if template else "",
            config=section.config,
        )

    def _summary(self, file: TemplateFile) -> TemplateSummary:
        try:
            return _describe(file, self._sample(file.name))
        except InvalidInput as error:
            return TemplateSummary(file.name, file.origin, str(file.path), problem=error.message)


SAMPLE: Final = Answers(
    deployment_id=SAMPLE_ANSWERS["DEPLOYMENT_ID"],
    org=SAMPLE_ANSWERS["ORGANIZATION"],
    project=SAMPLE_ANSWERS["PROJECT_NAME"],
    domain=SAMPLE_ANSWERS["DOMAIN"],
    region="us-east-1",
    accounts={EnvironmentName.DEV: SAMPLE_ANSWERS["AWS_ACCOUNT_DEV"]},
    created_at=SAMPLE_ANSWERS["TIMESTAMP"],
)


def _variables_of(text: str) -> tuple[Variable, ...]:
    return tuple(variable for variable in VARIABLES if re.search(rf"\b{variable.name}\b", text))


def _describe(file: TemplateFile, template: DeploymentTemplate) -> TemplateSummary:
    return TemplateSummary(
        name=file.name,
        origin=file.origin,
        path=str(file.path),
        display_name=template.display_name or file.name,
        description=template.description,
        version=template.version,
        stacks=tuple(template.stacks),
        environments=tuple(name.value for name in template.environments),
    )
