"""One provider of one engine run: its own configuration, its own way to AWS, its own cancel flag."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cloud_core.domain.errors import InvalidInput
from cloud_core.domain.values import UNKNOWN, SecretValue, Unknown, Value, contains, reveal
from sandbox.provider import checking, configuration, differences, lifecycle, registry, rendering
from sandbox.provider.aws import Aws
from sandbox.provider.errors import HalfMade, Interrupted, ProviderError
from sandbox.provider.language import Resource
from sandbox.provider.scope import Scope
from sandbox.provider.wire import Properties


@dataclass(frozen=True)
class Operation:
    """One request of the engine about one resource; secrets and unknowns as they came."""

    token: str
    name: str
    id: str = ""
    old: Properties = field(default_factory=dict)
    state: Properties = field(default_factory=dict)
    new: Properties = field(default_factory=dict)
    ignored: tuple[str, ...] = ()
    preview: bool = False
    seconds: float = 0

    @classmethod
    def of(cls, request: Any, **values: Any) -> Operation:
        """Out of any resource request; type and name are taken from the URN `…::<types>::<name>`."""
        _, _, types, name = request.urn.split("::", 3)
        seconds = float(getattr(request, "timeout", 0))
        return cls(types.rpartition("$")[2], name, getattr(request, "id", ""), seconds=seconds, **values)

    @property
    def label(self) -> str:
        """How messages name the resource: `aws:ec2/vpc:Vpc "main"`."""
        return f'{self.token} "{self.name}"'


@dataclass(frozen=True)
class Found:
    """What Read tells the engine."""

    id: str
    outputs: Properties
    inputs: Properties


class Provider:
    """Everything the engine may ask, on decoded values."""

    def __init__(self, connect: Callable[[configuration.Configuration], Aws]) -> None:
        self._connect = connect
        self._cancelled = threading.Event()
        self._aws: Aws | None = None
        self._settings = configuration.Configuration()

    # -- the run -----------------------------------------------------------------------------------------------

    def check_config(self, values: Properties) -> checking.Checked:
        return checking.Checked(inputs=values, failures=configuration.failures(values))

    def configure(self, values: Properties) -> None:
        """InvalidInput for an account that isn't allowed, AwsRefused when a role can't be assumed."""
        self._settings = configuration.parse(values)
        self._aws = self._connect(self._settings)

    def cancel(self) -> None:
        """End every wait of this run with Interrupted, and let nothing new start."""
        self._cancelled.set()

    @property
    def cancelled(self) -> bool:
        return self._cancelled.is_set()

    @property
    def aws(self) -> Aws:
        if self._aws is None:
            raise InvalidInput("the aws provider is not configured yet")
        return self._aws

    # -- resources ---------------------------------------------------------------------------------------------

    def check(self, operation: Operation, naming: checking.Naming) -> checking.Checked:
        return checking.check(registry.resource(operation.token), operation.old, operation.new, naming)

    def diff(self, operation: Operation) -> differences.Difference:
        versions = differences.Versions(
            operation.old, operation.state, operation.new, self.aws.region, self._settings.default_tags
        )
        return differences.compare(registry.resource(operation.token), versions, operation.ignored)

    def create(self, operation: Operation) -> tuple[str, Properties]:
        """The new id (empty in a preview) and the outputs."""
        resource = registry.resource(operation.token)
        if operation.preview:
            return "", self._foreseen(resource, operation)
        scope = self._scope(resource, operation, wanted=_known(operation.new))
        try:
            values = lifecycle.create(scope)
        except HalfMade as error:
            raise _hidden(error, resource, operation) from error
        return scope.id, rendering.hide(resource, values, operation.new)

    def read(self, operation: Operation) -> Found | None:
        """The object as it is, for a refresh or an import; None when it is gone."""
        resource = registry.resource(operation.token)
        scope = self._scope(resource, operation)
        imported = not operation.state
        if imported:
            scope.state.update(_seed(resource, operation.id))
        live = resource.read(scope)
        if live is None:
            return None
        if imported and resource.id_at:
            scope.id = str(scope.pick(resource.id_at, live))
        values = rendering.outputs(scope, live)
        inputs = rendering.live_inputs(resource, values, operation.old)
        return Found(
            scope.id,
            rendering.hide(resource, values, operation.old, operation.state),
            rendering.hide(resource, inputs, operation.old, operation.state),
        )

    def update(self, operation: Operation) -> Properties:
        """The outputs after the change, or as far as a preview can tell them."""
        resource = registry.resource(operation.token)
        if operation.preview:
            return self._foreseen(resource, operation)
        changed = self.diff(operation).names
        scope = self._scope(resource, operation, wanted=_known(operation.new), changed=changed)
        try:
            values = lifecycle.update(scope)
        except HalfMade as error:
            raise _hidden(error, resource, operation) from error
        return rendering.hide(resource, values, operation.new)

    def delete(self, operation: Operation) -> None:
        lifecycle.delete(self._scope(registry.resource(operation.token), operation))

    def invoke(self, token: str, arguments: Properties) -> Properties:
        """The results; secret when the function says so or an argument is secret."""
        found = registry.invoke(token)
        if contains(arguments, Unknown):
            return {}
        secret = contains(arguments, SecretValue)
        tags = {"defaultTags": dict(self._settings.default_tags)} if found.takes_tags else {}
        results = found.function(self.aws, {**reveal(arguments), **tags})
        return {
            name: SecretValue(value) if secret or name in found.secrets else value for name, value in results.items()
        }

    # -- inside ------------------------------------------------------------------------------------------------

    def _scope(self, resource: Resource, operation: Operation, **more: Any) -> Scope:
        if self.cancelled:
            raise Interrupted("the run was cancelled")
        return Scope(
            resource=resource,
            aws=self.aws,
            name=operation.name,
            id=operation.id,
            old=reveal(operation.old),
            state=reveal(operation.state),
            default_tags=self._settings.default_tags,
            cancelled=self._cancelled,
            seconds=operation.seconds,
            **more,
        )

    def _foreseen(self, resource: Resource, operation: Operation) -> Properties:
        """The outputs of a preview: inputs as given, the rest as it was, or unknown."""
        values: dict[str, Value] = {}
        for name, prop in resource.properties.items():
            kept = operation.state.get(name, UNKNOWN) if prop.computed else None
            values[name] = (
                None if prop.write_only else rendering.with_told(prop, operation.new.get(name, kept), operation.state)
            )
        for output in resource.outputs:
            values[output.name] = UNKNOWN if output.volatile else operation.state.get(output.name, UNKNOWN)
        if resource.regional:
            values["region"] = operation.new.get("region", self.aws.region)
        if resource.tags:
            own = operation.new.get("tags") or {}
            secret, plain = isinstance(own, SecretValue), own.value if isinstance(own, SecretValue) else own
            together = plain if isinstance(plain, Unknown) else {**self._settings.default_tags, **plain}
            values["tagsAll"] = SecretValue(together) if secret else together
        return rendering.hide(resource, {k: v for k, v in values.items() if v is not None}, operation.new)


def _known(inputs: Mapping[str, Value]) -> dict[str, Any]:
    """The inputs in clear; by now the engine knows all of them."""
    if contains(inputs, Unknown):
        raise ProviderError("an input is still unknown while the resource is being made")
    return {name: value for name, value in reveal(inputs).items() if value is not None}


def _seed(resource: Resource, imported: str) -> dict[str, str]:
    """The properties that an id given to an import tells; InvalidInput when it has another form."""
    if not resource.imports:
        return {}
    match = re.fullmatch(resource.imports, imported)
    if match is None:
        raise InvalidInput(f"the id {imported!r} of {resource.token} has not the form {resource.imports}")
    return {name: value for name, value in match.groupdict().items() if value is not None}


def _hidden(error: HalfMade, resource: Resource, operation: Operation) -> HalfMade:
    """The same error with its outputs as the engine may keep them."""
    known = rendering.hide(resource, error.context["outputs"], operation.new, operation.state)
    return HalfMade(error.message, id=error.context["id"], outputs=known)
