"""`cloud outputs` and `cloud stack-outputs`."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from cli.help import new_app
from cli.options import DEPLOYMENT_VARIABLE, DeploymentId, Environment, UsageProblem, choice, split_target
from cli.session import Session, command
from cli.text import styled, table
from cloud_core.domain.names import EnvironmentName

if TYPE_CHECKING:
    from cloud_core.services.looking.outputs import Outputs

app = new_app()
_FORMATS: Final = ("table", "json", "yaml", "env")


ShowSecrets = Annotated[
    bool,
    typer.Option("--show-secrets", help="Secrets in clear, and all values whole, read from the engine's state."),
]
Format = Annotated[str, choice("--format", words=_FORMATS, help="How values are written.")]


@command(app, "outputs")
def outputs(
    session: Session,
    deployment_id: DeploymentId,
    environment: Environment = EnvironmentName.DEV,
    show_secrets: ShowSecrets = False,
    format: Format = "table",
) -> None:
    """Show the outputs of the deployed stacks. Secrets are masked unless they are asked for."""
    found = session.services.outputs.of_deployment(deployment_id, environment, show_secrets)
    _show(session, found, format)
    if not found.values:
        session.output.note(styled(f"Nothing is deployed in {environment.value}."))


@command(app, "stack-outputs")
def stack_outputs(
    session: Session,
    names: Annotated[
        list[str],
        typer.Argument(
            metavar="[DEPLOYMENT_ID] STACK [OUTPUT]",
            show_default=False,
            help=f"The deployment, unless {DEPLOYMENT_VARIABLE} names it, the stack, and one output.",
        ),
    ],
    environment: Environment = EnvironmentName.DEV,
    show_secrets: ShowSecrets = False,
    raw: Annotated[bool, typer.Option("--raw", help="The bare value of the one output.")] = False,
    format: Format = "table",
) -> None:
    """Show the outputs of one stack, or one of them."""
    deployment_id, (stack, *output) = split_target(names, following=2)
    if raw and not output:
        raise UsageProblem("--raw needs the name of one output")
    if raw and format != "table":
        raise UsageProblem(f"--raw and --format {format} exclude each other")
    if not output:
        _show(session, session.services.outputs.of_stack(deployment_id, stack, environment, show_secrets), format)
        return
    value = session.services.outputs.value(deployment_id, stack, output[0], environment, show_secrets)
    if format == "env" and not session.options.json:
        session.output.raw(_as_env({stack: {output[0]: value}}))
        return
    if (raw or format != "table") and not session.options.json:
        session.output.raw(plain(value) if raw else _WRITERS[format](value))
        return
    place = {"deployment_id": deployment_id, "environment": environment.value, "stack_name": stack}
    data = {**place, "output": output[0], "value": value}
    session.output.answer(data, lambda: styled(plain(value)))


def plain(value: Any) -> str:
    """A text as it is, anything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _show(session: Session, found: Outputs, format: str) -> None:
    if session.options.json:
        session.output.document(found.to_data())
    elif format == "table":
        session.output.answer(found.to_data(), lambda: _tables(found.values))
    elif found.values or format != "env":
        session.output.raw(_WRITERS[format](found.values))


def _tables(values: Mapping[str, Mapping[str, Any]]) -> list[Any]:
    """A heading and a table for each stack."""
    parts: list[Any] = []
    for stack, outputs in values.items():
        rows = [[styled(f"  {name}"), styled(plain(value))] for name, value in sorted(outputs.items())]
        rows = rows or [[styled("  no outputs", "dim"), styled("")]]
        parts += [styled(stack, "bold"), table(["", ""], rows), styled("")]
    return parts[:-1]


def _as_json(values: Any) -> str:
    return json.dumps(values, indent=2, ensure_ascii=False)


def _as_yaml(values: Any) -> str:
    if not isinstance(values, Mapping):
        return _as_json(values)  # which is YAML as well
    # Lazy for start-up time: only this format needs it.
    from cloud_core.adapters.local.yaml_text import write_text

    return write_text(values).rstrip("\n")


def _as_env(values: Mapping[str, Mapping[str, Any]]) -> str:
    """`NETWORK_VPC_ID='vpc-1'`, quoted for a POSIX shell; lists and maps as JSON, what has no value as empty."""
    lines = [
        f"{variable_name(stack, name)}={shlex.quote('' if value is None else plain(value))}"
        for stack, outputs in values.items()
        for name, value in sorted(outputs.items())
    ]
    return "\n".join(lines)


def variable_name(stack: str, output: str) -> str:
    """`network` and `vpcId` as NETWORK_VPC_ID."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", output)
    return re.sub(r"[^A-Za-z0-9]+", "_", f"{stack}_{words}").upper()


_WRITERS: Final = {"json": _as_json, "yaml": _as_yaml, "env": _as_env}
