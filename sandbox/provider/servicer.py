"""The gRPC face of one provider instance: messages in, one step of the provider, messages out."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sized
from contextlib import contextmanager
from importlib.metadata import version
from typing import Any, NoReturn

import grpc
from google.protobuf.empty_pb2 import Empty
from google.rpc.status_pb2 import Status
from pulumi.runtime.proto import plugin_pb2, provider_pb2
from pulumi.runtime.proto.provider_pb2_grpc import ResourceProviderServicer

from cloud_core.domain.errors import CloudError, InvalidInput
from cloud_core.domain.values import Value
from sandbox.provider import wire
from sandbox.provider.checking import Checked, Naming
from sandbox.provider.connections import Connections
from sandbox.provider.differences import Difference
from sandbox.provider.errors import HalfMade, Interrupted, redact
from sandbox.provider.provider import Operation, Provider

log = logging.getLogger(__name__)

# How the wire says what happened to a part of a property: (kind, the same as a reason to replace).
KINDS = {
    "add": (provider_pb2.PropertyDiff.ADD, provider_pb2.PropertyDiff.ADD_REPLACE),
    "update": (provider_pb2.PropertyDiff.UPDATE, provider_pb2.PropertyDiff.UPDATE_REPLACE),
    "delete": (provider_pb2.PropertyDiff.DELETE, provider_pb2.PropertyDiff.DELETE_REPLACE),
}
CAPABILITIES = {"accept_secrets": True, "accept_resources": True, "accept_outputs": True}


class Servicer(ResourceProviderServicer):
    """One engine run's provider on the wire."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def _provider(self, context: grpc.ServicerContext) -> Provider:
        return self._connections.of(context.peer())

    # -- the run -----------------------------------------------------------------------------------------------

    def Handshake(self, request: Any, context: grpc.ServicerContext) -> Any:
        self._connections.open(context.peer())
        return provider_pb2.ProviderHandshakeResponse(**CAPABILITIES, supports_autonaming_configuration=True)

    def Attach(self, request: Any, context: grpc.ServicerContext) -> Any:
        return Empty()

    def GetPluginInfo(self, request: Any, context: grpc.ServicerContext) -> Any:
        return plugin_pb2.PluginInfo(version=version("pulumi-aws"))

    def GetSchema(self, request: Any, context: grpc.ServicerContext) -> Any:
        schema = f'{{"name":"aws","version":"{version("pulumi-aws")}","resources":{{}}}}'
        return provider_pb2.GetSchemaResponse(schema=schema)

    def CheckConfig(self, request: Any, context: grpc.ServicerContext) -> Any:
        checked = self._provider(context).check_config(wire.decode(request.news))
        return _check_response(checked)

    def DiffConfig(self, request: Any, context: grpc.ServicerContext) -> Any:
        olds, news = wire.decode(request.old_inputs), wire.decode(request.news)
        changed = sorted(name for name in {*olds, *news} if olds.get(name) != news.get(name))
        return provider_pb2.DiffResponse(changes=_changes(changed), diffs=changed)

    def Configure(self, request: Any, context: grpc.ServicerContext) -> Any:
        values = wire.decode(request.args)
        with _answering(context, "Configure", "the aws provider", values):
            self._provider(context).configure(values)
        return provider_pb2.ConfigureResponse(
            acceptSecrets=True,
            acceptResources=True,
            acceptOutputs=True,
            supportsPreview=True,
            supports_autonaming_configuration=True,
        )

    def Cancel(self, request: Any, context: grpc.ServicerContext) -> Any:
        log.info("Cancel")
        self._provider(context).cancel()
        return Empty()

    # -- resources ---------------------------------------------------------------------------------------------

    def Check(self, request: Any, context: grpc.ServicerContext) -> Any:
        olds, news = wire.decode(request.olds), wire.decode(request.news)
        operation = Operation.of(request, old=olds, new=news)
        with _answering(context, "Check", operation.label, olds, news):
            return _check_response(self._provider(context).check(operation, _naming(request)))

    def Diff(self, request: Any, context: grpc.ServicerContext) -> Any:
        operation = Operation.of(
            request,
            old=wire.decode(request.old_inputs),
            state=wire.decode(request.olds),
            new=wire.decode(request.news),
            ignored=tuple(request.ignoreChanges),
        )
        with _answering(context, "Diff", operation.label, operation.old, operation.new):
            return _diff_response(self._provider(context).diff(operation))

    def Create(self, request: Any, context: grpc.ServicerContext) -> Any:
        operation = Operation.of(request, new=wire.decode(request.properties), preview=request.preview)
        with _answering(context, "Create", operation.label, operation.new):
            made, values = self._provider(context).create(operation)
            return provider_pb2.CreateResponse(id=made, properties=wire.encode(values))

    def Read(self, request: Any, context: grpc.ServicerContext) -> Any:
        operation = Operation.of(request, old=wire.decode(request.inputs), state=wire.decode(request.properties))
        with _answering(context, "Read", operation.label, operation.old, operation.state):
            found = self._provider(context).read(operation)
            if found is None:
                return provider_pb2.ReadResponse()
            return provider_pb2.ReadResponse(
                id=found.id, properties=wire.encode(found.outputs), inputs=wire.encode(found.inputs)
            )

    def Update(self, request: Any, context: grpc.ServicerContext) -> Any:
        operation = Operation.of(
            request,
            old=wire.decode(request.old_inputs),
            state=wire.decode(request.olds),
            new=wire.decode(request.news),
            preview=request.preview,
            ignored=tuple(request.ignoreChanges),
        )
        with _answering(context, "Update", operation.label, operation.old, operation.new):
            return provider_pb2.UpdateResponse(properties=wire.encode(self._provider(context).update(operation)))

    def Delete(self, request: Any, context: grpc.ServicerContext) -> Any:
        operation = Operation.of(request, old=wire.decode(request.old_inputs), state=wire.decode(request.properties))
        with _answering(context, "Delete", operation.label, operation.old, operation.state):
            self._provider(context).delete(operation)
        return Empty()

    def Invoke(self, request: Any, context: grpc.ServicerContext) -> Any:
        arguments = wire.decode(request.args)
        with _answering(context, "Invoke", request.tok, arguments):
            values = wire.encode(self._provider(context).invoke(request.tok, arguments))
            return provider_pb2.InvokeResponse(**{"return": values})


def _naming(request: Any) -> Naming:
    mode = provider_pb2.CheckRequest.AutonamingOptions.Mode.Name(request.autonaming.mode).lower()
    return Naming(
        urn_name=request.urn.rpartition("::")[2],
        seed=request.randomSeed,
        proposed=request.autonaming.proposed_name,
        mode=mode,
    )


def _check_response(checked: Checked) -> Any:
    failures = [provider_pb2.CheckFailure(property=name, reason=reason) for name, reason in checked.failures]
    return provider_pb2.CheckResponse(inputs=wire.encode(checked.inputs), failures=failures)


def _changes(changed: Sized) -> Any:
    return provider_pb2.DiffResponse.DIFF_SOME if changed else provider_pb2.DiffResponse.DIFF_NONE


def _diff_response(difference: Difference) -> Any:
    detailed = {
        path: provider_pb2.PropertyDiff(kind=KINDS[how][change.replaces], inputDiff=change.of_input)
        for change in difference.changes
        for path, how in change.paths.items()
    }
    return provider_pb2.DiffResponse(
        changes=_changes(difference.changes),
        replaces=difference.replaces,
        diffs=sorted(difference.names),
        deleteBeforeReplace=difference.delete_first,
        detailedDiff=detailed,
        hasDetailedDiff=True,
    )


@contextmanager
def _answering(context: grpc.ServicerContext, method: str, label: str, *secrets: dict[str, Value]) -> Iterator[None]:
    """Log the call without any value, and turn errors into statuses in which no secret stands."""
    began = time.monotonic()
    hidden = set().union(*(wire.secret_texts(values) for values in secrets))
    try:
        yield
    except HalfMade as error:
        log.info("%s %s stopped half-way: %s", method, label, redact(error.message, hidden))
        _abort_half_made(context, f"{label}: {redact(error.message, hidden)}", error)
    except CloudError as error:
        log.info("%s %s failed: %s", method, label, redact(error.message, hidden))
        _abort(context, _status_code(error), f"{label}: {redact(error.message, hidden)}")
    except Exception as error:  # the outermost frame: a defect must reach the engine as one
        reason = redact(f"{type(error).__name__}: {error}", hidden)
        log.error("%s %s met a defect: %s", method, label, reason, exc_info=not hidden)
        _abort(context, grpc.StatusCode.INTERNAL, f"{label}: a defect of the sandbox's provider: {reason}")
    else:
        log.info("%s %s %.3f s", method, label, time.monotonic() - began)


def _status_code(error: CloudError) -> grpc.StatusCode:
    if isinstance(error, Interrupted):
        return grpc.StatusCode.CANCELLED
    return grpc.StatusCode.INVALID_ARGUMENT if isinstance(error, InvalidInput) else grpc.StatusCode.UNKNOWN


def _abort_half_made(context: grpc.ServicerContext, text: str, error: HalfMade) -> NoReturn:
    """The engine keeps the object when the status carries it."""
    detail = provider_pb2.ErrorResourceInitFailed(
        id=error.context["id"], properties=wire.encode(error.context["outputs"]), reasons=[text]
    )
    status = Status(code=grpc.StatusCode.UNKNOWN.value[0], message=text)
    status.details.add().Pack(detail)
    context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    _abort(context, grpc.StatusCode.UNKNOWN, text)


def _abort(context: grpc.ServicerContext, code: grpc.StatusCode, text: str) -> NoReturn:
    context.abort(code, text)
    raise AssertionError("abort always raises")
