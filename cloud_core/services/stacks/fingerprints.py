"""Fingerprints of stacks: taken from what a deploy resolved, and foreseen without one, so that it may be skipped.

To foresee a fingerprint, the outputs of other stacks are compared by the digests that their records keep: no engine is
asked, and no secret is read.
"""

from __future__ import annotations

from collections.abc import Mapping

from cloud_core.domain.digest import keyed_digest
from cloud_core.domain.errors import CloudError, OutputNotFound
from cloud_core.domain.fingerprint import Fingerprint, value_digest
from cloud_core.domain.placeholders import PlaceholderKind, Reference, Tree, expand, references, spelled
from cloud_core.domain.stack_template import is_optional
from cloud_core.domain.statuses import Action
from cloud_core.domain.values import Unknown, Value, contains
from cloud_core.ports.engine import ProgramFiles
from cloud_core.services.runs.run import OperationScope
from cloud_core.services.stacks.inputs import StackInputResolver
from cloud_core.services.values.lookup import ResolutionContext, SourceOffline, look_up


class Fingerprints:
    """Pure but for what it looks up; every digest is keyed, since any value may be secret."""

    def __init__(self, programs: ProgramFiles, inputs: StackInputResolver, digest_key: bytes) -> None:
        self._programs = programs
        self._inputs = inputs
        self._key = digest_key

    def taken(self, scope: OperationScope, stack: str, values: Mapping[Reference, Value]) -> Fingerprint:
        """Of a deploy whose placeholders have these values."""
        context = self._inputs.context(scope, stack, preview=True)
        tree, _ = expand(self._inputs.config(scope, stack), context.environment_config)
        digests = {_part(found): value_digest(value, self._key) for found, value in values.items()}
        return self._assembled(scope, stack, tree, digests)

    def foreseen(self, scope: OperationScope, stack: str) -> Fingerprint | None:
        """Of a deploy that would begin now; None when a value can't be told without deploying."""
        context = self._inputs.context(scope, stack, preview=True)
        tree, problems = expand(self._inputs.config(scope, stack), context.environment_config)
        if problems:
            return None
        digests: dict[str, str] = {}
        for found in references(tree):
            digest = self._digest(scope, stack, found, context)
            if digest is None:
                return None
            digests[_part(found)] = digest
        return self._assembled(scope, stack, tree, digests)

    def outputs(self, outputs: Mapping[str, Value]) -> dict[str, str]:
        """The digest of each output, by name."""
        return {name: value_digest(value, self._key) for name, value in outputs.items()}

    def _assembled(self, scope: OperationScope, stack: str, tree: Tree, values: Mapping[str, str]) -> Fingerprint:
        template, target = scope.templates.get(stack), scope.target(stack)
        environment = [target.organization, target.project, target.account, target.region, dict(target.tags)]
        return {
            "program": self._programs.digest(stack),
            "plugins": keyed_digest(dict(self._programs.plugins()), self._key),
            "template": keyed_digest(template.model_dump(mode="json") if template else None, self._key),
            "configuration": keyed_digest(spelled(tree), self._key),
            "environment": keyed_digest(environment, self._key),
            "dependencies": keyed_digest(sorted(scope.whole.dependencies(stack)), self._key),
            **values,
        }

    def _digest(self, scope: OperationScope, stack: str, found: Reference, context: ResolutionContext) -> str | None:
        placeholder = found.placeholder
        if placeholder.kind is PlaceholderKind.STACK_OUTPUT:
            return self._output_digest(scope, stack, placeholder.stack or "", placeholder.output or "")
        try:
            value = look_up(found, context)
        except (CloudError, SourceOffline):
            return None
        return None if contains(value, Unknown) else value_digest(value, self._key)

    def _output_digest(self, scope: OperationScope, reader: str, stack: str, output: str) -> str | None:
        """What `StackInputResolver` would read, by its digest; None where it would refuse, or can't know it yet."""
        previewed = scope.outputs.get(stack) if scope.operation.type is Action.PREVIEW else None
        if previewed is not None:
            value = previewed.get(output)
            return None if contains(value, Unknown) else value_digest(value, self._key)
        try:
            record = self._inputs.readable(scope, reader, stack, output)
        except OutputNotFound:
            return None
        digest = record.output_digests.get(output) if record else None
        if digest is None and (record is None or is_optional(scope.templates, stack, output)):
            return value_digest(None, self._key)
        return digest


def _part(found: Reference) -> str:
    """A placeholder's own text; a calculation gives each place a value of its own."""
    text = found.placeholder.text
    return f"{text} for {found.field}" if found.placeholder.kind is PlaceholderKind.CALCULATE else text
