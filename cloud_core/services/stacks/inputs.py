"""From a stack's merged configuration to the values that its program gets."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from cloud_core.domain.digest import keyed_digest
from cloud_core.domain.errors import OutputNotFound
from cloud_core.domain.manifest import merged_config
from cloud_core.domain.placeholders import PrefixTemplates, Reference
from cloud_core.domain.records import StackRecord
from cloud_core.domain.stack_template import is_optional
from cloud_core.domain.statuses import Action, StackStatus
from cloud_core.domain.values import UNKNOWN, SecretValue, Unknown, Value, contains, secret_texts
from cloud_core.ports.engine import StackEngine
from cloud_core.ports.records import StackReader
from cloud_core.services.runs.run import OperationScope
from cloud_core.services.values.lookup import ResolutionContext, ValueSources, resolution_context
from cloud_core.services.values.resolution import resolve

_FIELD: Final = re.compile(r"[.\[]")


@dataclass(frozen=True)
class ResolvedStack:
    """`values` go to the program. `consumed` maps `<stack>.<output>` to a keyed digest of what was read;
    `looked_up` holds the value of each placeholder; `redact` are clear texts that must not show in messages;
    `waits_for` names the stacks with outputs that a preview can't know yet, `absent` by input the stack that is on but
    not up, and never gave the output that the input is made of: it is null."""

    values: dict[str, Value]
    consumed: dict[str, str]
    looked_up: Mapping[Reference, Value]
    redact: frozenset[str]
    waits_for: tuple[str, ...] = ()
    absent: Mapping[str, str] = field(default_factory=dict)


class StackInputResolver:
    """Gives placeholders their values; outputs come from this run, else from what is deployed. The engine is asked
    only for a secret output."""

    def __init__(
        self,
        stacks: StackReader,
        engine: Callable[[], StackEngine],
        sources: ValueSources,
        prefixes: PrefixTemplates,
        digest_key: bytes,
    ) -> None:
        self._stacks = stacks
        self._engine = engine
        self._sources = sources
        self._prefixes = prefixes
        self._digest_key = digest_key

    def resolve(self, scope: OperationScope, stack: str) -> ResolvedStack:
        """Raises UnresolvablePlaceholder with every problem at once, or what the sources raise.

        In a preview an output that is not known yet is UNKNOWN.
        """
        context = self.context(scope, stack, preview=scope.operation.type is Action.PREVIEW)
        resolved = resolve(self.config(scope, stack), context)
        unknown = {source for (source, _), value in resolved.consumed.items() if contains(value, Unknown)}
        return ResolvedStack(
            values=resolved.values,
            consumed={
                f"{source}.{output}": keyed_digest(value, self._digest_key)
                for (source, output), value in resolved.consumed.items()
                if not contains(value, Unknown)
            },
            looked_up=resolved.looked_up,
            redact=secret_texts(resolved.values),
            waits_for=tuple(sorted(unknown)),
            absent=self._absent(scope, stack, resolved.looked_up),
        )

    def config(self, scope: OperationScope, stack: str) -> dict[str, Value]:
        """The stack's merged configuration, its placeholders as they are written."""
        return merged_config(scope.manifest, stack, scope.operation.environment.value, scope.templates.get(stack))

    def context(self, scope: OperationScope, stack: str, *, preview: bool = False) -> ResolutionContext:
        """What the stack's placeholders are looked up in. A preview draws no values and keeps none."""
        sources = replace(self._sources, outputs=lambda source, output: self._output(scope, stack, source, output))
        environment = scope.operation.environment
        return resolution_context(scope.manifest, environment, stack, self._prefixes, sources, preview)

    def readable(self, scope: OperationScope, reader: str, stack: str, output: str) -> StackRecord | None:
        """The record that the reader may take the stack's outputs from; None where it reads null.

        That is for a stack that is off, and for a soft dependency that never was deployed; whoever depends softly goes
        on with the last outputs of a stack that is not up now. OutputNotFound for any other stack that is not deployed.
        """
        if stack not in scope.manifest.stacks_in(scope.operation.environment.value):
            return None
        record = self._stacks.get_stack(scope.operation.deployment_id, stack, scope.operation.environment)
        if record is not None and record.status is StackStatus.DEPLOYED:
            return record
        if not _is_soft(scope, reader, stack):
            raise OutputNotFound(f"stack {stack} is not deployed", stack=stack, output=output)
        return record if record is not None and record.outputs else None

    def _absent(self, scope: OperationScope, reader: str, looked_up: Mapping[Reference, Value]) -> dict[str, str]:
        """By input; a stack that is off is not missed."""
        enabled = scope.manifest.stacks_in(scope.operation.environment.value)
        null = [reference for reference, value in looked_up.items() if value is None]
        found = {_FIELD.split(one.field)[0]: one.placeholder for one in null}
        return {
            name: one.stack
            for name, one in found.items()
            if one.stack in enabled
            and one.stack not in scope.outputs
            and self.readable(scope, reader, one.stack, one.output or "") is None
        }

    def _output(self, scope: OperationScope, reader: str, stack: str, output: str) -> Value:
        """OutputNotFound when the stack is not deployed or has no such output.

        Null where `readable` says so, and for an optional output that the stack did not give: engines keep no nulls.
        """
        outputs = scope.outputs.get(stack)
        if outputs is None:
            try:
                record = self.readable(scope, reader, stack, output)
            except OutputNotFound:
                if scope.operation.type is Action.PREVIEW:
                    return UNKNOWN
                raise
            if record is None:
                return None
            # Records hold no secrets, and nothing too large: those are the engine's to tell.
            outputs = record.outputs if record.tells(output) else self._engine_outputs(scope, record)
        if output not in outputs:
            if is_optional(scope.templates, stack, output):
                return None
            raise OutputNotFound(
                f"stack {stack} has no output {output!r}: it has {', '.join(sorted(outputs)) or 'none'}",
                stack=stack,
                output=output,
            )
        return outputs[output]

    def _engine_outputs(self, scope: OperationScope, record: StackRecord) -> dict[str, Value]:
        with scope.guard:
            known = scope.outputs.get(record.stack_name)
        if known is None:
            known = self._engine().outputs(scope.target(record.stack_name))
            with scope.guard:
                scope.outputs.setdefault(record.stack_name, known)
        return known


def secret_outputs(outputs: dict[str, Value]) -> list[str]:
    """Names of the outputs that hold a secret at any depth, sorted."""
    return sorted(name for name, value in outputs.items() if contains(value, SecretValue))


def _is_soft(scope: OperationScope, reader: str, stack: str) -> bool:
    template = scope.templates.get(reader)
    return template is not None and template.is_soft(stack)
