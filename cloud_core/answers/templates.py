"""Answers about templates."""

from __future__ import annotations

from typing import Any, Literal

from cloud_core.answers.parts import Answer, Count, Finding


class _TemplateFacts(Answer):
    name: str
    display_name: str
    description: str
    version: str
    type: Literal["built-in", "custom"]
    path: str
    stack_count: Count
    problem: str | None


class ListedTemplate(_TemplateFacts):
    """A template in short; `problem` tells why it can't be used."""

    stacks: list[str]
    environments: list[str]


class TemplateList(Answer):
    """By name."""

    templates: list[ListedTemplate]
    total: Count


class TemplateStack(Answer):
    """A stack of a template; of an unknown one the type is null, of one that is off the layer is 0. One is `required`
    that other enabled stacks can't do without."""

    name: str
    type: Literal["built-in", "custom"] | None
    enabled: bool
    required: bool
    layer: Count | None
    priority: float
    dependencies: list[str]
    soft_dependencies: list[str]
    description: str
    config: dict[str, Any]


class TemplateVariable(Answer):
    """What `cloud init --var` may set; those that are `required` have no default, and come from who asks for the
    deployment."""

    type: Literal["string", "integer"]
    required: bool
    default: Any
    description: str


class TemplateParts(_TemplateFacts):
    """A template in full."""

    stacks: list[TemplateStack]
    layers: list[list[str]]
    parameters: dict[str, TemplateVariable]


class Template(TemplateParts):
    """A template in full; `environments` says which are enabled."""

    environments: dict[str, bool]


class TemplateCheck(Answer):
    """One step of a check."""

    name: str
    status: str
    message: str


class TemplateVerdict(Answer):
    """Whether a template may be used."""

    template_name: str
    kind: Literal["deployment", "stack"]
    origin: Literal["product", "workspace"]
    path: str
    valid: bool
    checks: list[TemplateCheck]
    errors: list[Finding]
    warnings: list[Finding]


class TemplateVerdicts(Answer):
    """Of all templates."""

    valid: bool
    templates: list[TemplateVerdict]
