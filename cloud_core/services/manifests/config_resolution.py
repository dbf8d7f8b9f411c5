"""Values of placeholders for people: as far as they can be told without a deploy, and never a secret."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from cloud_core.domain.errors import CloudError, OutputNotFound
from cloud_core.domain.manifest import ConfigTarget, Manifest
from cloud_core.domain.names import EnvironmentName
from cloud_core.domain.placeholders import PlaceholderKind, PrefixTemplates, Reference
from cloud_core.domain.stack_template import StackTemplate, is_optional
from cloud_core.domain.statuses import StackStatus
from cloud_core.domain.values import Value, mask
from cloud_core.ports.aws import AwsQueries
from cloud_core.ports.records import StackRepository
from cloud_core.services.values.lookup import (
    ENVIRONMENT_OWNER,
    ResolutionContext,
    SourceOffline,
    ValueSources,
    resolution_context,
)
from cloud_core.services.values.resolution import resolve

Templates = Mapping[str, StackTemplate]

_LEFT: Final[Mapping[PlaceholderKind, str]] = {
    PlaceholderKind.SECRET: "a secret is read by a deploy alone",
    PlaceholderKind.SSM: "a parameter is read by a deploy alone",
    PlaceholderKind.OS_ENV: "a variable is read where the flows run",
    PlaceholderKind.CALCULATE: "it is drawn by the first deploy",
    PlaceholderKind.STACK_OUTPUT: "the stack is not deployed, or the output is secret",
}


class ConfigResolver:
    """Asks records for outputs and AWS for what is there; secrets and variables stay as they are written."""

    def __init__(self, stacks: StackRepository, aws: AwsQueries, prefixes: PrefixTemplates) -> None:
        self._stacks = stacks
        self._aws = aws
        self._prefixes = prefixes

    def resolve(
        self, manifest: Manifest, templates: Templates, target: ConfigTarget, key: str, value: Any
    ) -> tuple[Any, tuple[str, ...]]:
        """The value, and for each placeholder left in it the reason. The target has an environment."""
        try:
            resolved = resolve({key: value}, self._context(manifest, templates, target))
        except CloudError as error:
            return value, tuple(error.context.get("problems", (error.message,)))
        return mask(resolved.values[key]), tuple(dict.fromkeys(map(_reason, resolved.unresolved)))

    def _context(self, manifest: Manifest, templates: Templates, target: ConfigTarget) -> ResolutionContext:
        environment = EnvironmentName(str(target.environment))
        sources = ValueSources(
            outputs=lambda stack, output: self._output(manifest, templates, environment, stack, output), aws=self._aws
        )
        owner = target.stack or ENVIRONMENT_OWNER
        return resolution_context(manifest, environment, owner, self._prefixes, sources, preview=True)

    def _output(
        self, manifest: Manifest, templates: Templates, environment: EnvironmentName, stack: str, output: str
    ) -> Value:
        """Null of a stack that is off, and for an optional output that was not given."""
        if stack not in manifest.stacks_in(environment.value):
            return None
        record = self._stacks.get_stack(manifest.deployment.id, stack, environment)
        if record is None or record.status is not StackStatus.DEPLOYED or not record.tells(output):
            raise SourceOffline
        if output in record.outputs:
            return record.outputs[output]
        if is_optional(templates, stack, output):
            return None
        raise OutputNotFound(f"stack {stack} has no output {output!r}", stack=stack, output=output)


def _reason(reference: Reference) -> str:
    placeholder = reference.placeholder
    return f"{placeholder.text}: {_LEFT.get(placeholder.kind, 'its source is offline')}"
