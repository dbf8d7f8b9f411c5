"""Templates, as the API has them: its own, and those of the workspace that it serves."""

from __future__ import annotations

from pathlib import Path

from cloud_core.adapters.rest.client import RestClient
from cloud_core.adapters.rest.reading import Data
from cloud_core.domain.template_variables import Variable
from cloud_core.ports.workspace import TemplateFile, TemplateOrigin
from cloud_core.remote.named import template_place
from cloud_core.remote.outlooks import findings
from cloud_core.services.templates.service import TemplateDetails, TemplateStackDetails, TemplateSummary
from cloud_core.services.templates.validation import TemplateKind, TemplateVerdict


class RemoteTemplates:
    """As `services.templates.service`, for looking."""

    def __init__(self, client: RestClient) -> None:
        self._client = client

    def list(self) -> tuple[TemplateSummary, ...]:
        """By name."""
        return tuple(_summary(one, tuple(one["environments"])) for one in self._client.get("templates")["templates"])

    def show(self, name: str) -> TemplateDetails:
        """TemplateNotFound; InvalidInput for a broken one."""
        told = self._client.get(template_place(name))
        stacks = tuple(_stack(one) for one in told["stacks"])
        names = {**told, "stacks": [one["name"] for one in told["stacks"]]}
        return TemplateDetails(
            summary=_summary(names, tuple(told["environments"])),
            stacks=stacks,
            layers=tuple(tuple(layer) for layer in told["layers"]),
            environments={each: one["enabled"] for each, one in told["environments"].items()},
            variables=tuple(
                Variable(each, one["default"], one["description"]) for each, one in told["parameters"].items()
            ),
            text=told["text"],
        )


class RemoteTemplateValidation:
    """As `services.templates.validation`."""

    def __init__(self, client: RestClient) -> None:
        self._client = client

    def validate_all(self, strict: bool = False) -> tuple[TemplateVerdict, ...]:
        told = self._client.ask_again("templates/validate", strict=strict)
        return tuple(_verdict(one) for one in told["templates"])

    def validate(self, name: str, strict: bool = False) -> TemplateVerdict:
        """TemplateNotFound."""
        return _verdict(self._client.ask_again(template_place(name, "validate"), strict=strict))


def _summary(told: Data, environments: tuple[str, ...]) -> TemplateSummary:
    return TemplateSummary(
        name=told["name"],
        origin=_origin(told["type"]),
        path=told["path"],
        display_name=told["display_name"],
        description=told["description"],
        version=told["version"],
        stacks=tuple(told["stacks"]),
        environments=environments,
        problem=told["problem"],
    )


def _stack(told: Data) -> TemplateStackDetails:
    return TemplateStackDetails(
        name=told["name"],
        origin=_origin(told["type"]) if told["type"] else None,
        enabled=told["enabled"],
        required=told["required"],
        layer=told["layer"],
        priority=told["priority"],
        dependencies=tuple(told["dependencies"]),
        soft_dependencies=tuple(told["soft_dependencies"]),
        description=told["description"],
        config=told["config"],
    )


def _verdict(told: Data) -> TemplateVerdict:
    file = TemplateFile(told["template_name"], TemplateOrigin(told["origin"]), Path(told["path"]), "")
    return TemplateVerdict(TemplateKind(told["kind"]), file, findings(told["errors"]), findings(told["warnings"]))


def _origin(kind: str) -> TemplateOrigin:
    return next(one for one in TemplateOrigin if one.kind == kind)
