"""`cloud sandbox start|stop|status|reset`: the embedded AWS, flow service and runner on this machine.

Errors pass through as CloudError; the program's outermost frame renders them and picks the exit code.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from cloud_core.adapters.local.sandbox_state import SandboxAddresses
    from sandbox.supervisor import SandboxStatus

app = typer.Typer(help="The sandbox: everything on this machine, no account needed.", no_args_is_help=True)

_ADDRESSES = ("aws_endpoint", "records_endpoint", "prefect_api", "prefect_ui", "api_url")
_LABELS = {
    "aws_endpoint": "AWS",
    "records_endpoint": "Records",
    "prefect_api": "Prefect API",
    "prefect_ui": "Prefect pages",
}


@app.command()
def start(
    foreground: Annotated[bool, typer.Option("--foreground", help="Stay attached; Ctrl-C stops the sandbox.")] = False,
) -> None:
    """Start the sandbox, usually within 20-40 seconds. Whatever an earlier, stopped one held is deleted."""
    # Lazy for start-up time: psutil and httpx come with it.
    from cloud_core.settings import load_settings
    from sandbox import supervisor

    if foreground:
        supervisor.run_in_foreground(load_settings(), _progress, _print_foreground)
    else:
        _print_addresses(supervisor.start(load_settings(), _progress))


@app.command()
def stop() -> None:
    """Stop the sandbox and everything it runs. Its AWS, engine state, records and flows end with it."""
    from cloud_core.settings import load_settings
    from sandbox import supervisor

    if supervisor.stop(load_settings(), _progress):
        typer.echo("The sandbox is stopped. The next start begins empty; until then its logs can be read.")
    else:
        typer.echo("The sandbox was not running.")


@app.command()
def status(
    json_output: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Show whether the sandbox runs, and where its parts listen."""
    from cloud_core.settings import load_settings
    from sandbox import supervisor

    found = supervisor.status(load_settings())
    if json_output:
        typer.echo(json.dumps({"success": True, "data": status_data(found)}))
    else:
        _print_status(found)


@app.command()
def reset(
    restart: Annotated[bool, typer.Option("--start/--no-start", help="Start a fresh sandbox afterwards.")] = True,
) -> None:
    """Stop whatever is left of the sandbox, delete all of its state, and start a fresh one."""
    from cloud_core.settings import load_settings
    from sandbox import supervisor

    addresses = supervisor.reset(load_settings(), _progress, restart=restart)
    if addresses is not None:
        _print_addresses(addresses)


def status_data(found: SandboxStatus) -> dict[str, Any]:
    """The `data` of `status --json`: `state`, the addresses (null when there are none), `state_dir`, `way_out`, and
    `processes`: list of `{name, pid, alive, log}`."""
    processes = [
        {"name": process.name, "pid": process.pid, "alive": process in found.alive, "log": process.log}
        for process in (*found.alive, *found.dead)
    ]
    return {
        "state": found.state,
        **{name: getattr(found.addresses, name) if found.alive else None for name in _ADDRESSES},
        "state_dir": str(found.state_dir),
        "processes": processes,
        "way_out": found.way_out,
    }


def _progress(text: str) -> None:
    typer.echo(text, err=True)


def _print_status(found: SandboxStatus) -> None:
    typer.echo(f"The sandbox is {found.state} ({found.state_dir})")
    for process in (*found.alive, *found.dead):
        mark = "running" if process in found.alive else "GONE"
        typer.echo(f"  {process.name:<16} {mark:<8} pid {process.pid:<8} {process.log}")
    if found.addresses is not None and found.alive:
        _print_table(found.addresses)
    if found.way_out is not None:
        typer.echo(f"Run '{found.way_out}'.")


def _print_addresses(addresses: SandboxAddresses) -> None:
    typer.echo("The sandbox is running:")
    _print_table(addresses)
    typer.echo("Stop it with 'cloud sandbox stop'; that ends its AWS, engine state, records and flows together.")


def _print_foreground(addresses: SandboxAddresses) -> None:
    typer.echo("The sandbox is running; Ctrl-C stops it:")
    _print_table(addresses)


def _print_table(addresses: SandboxAddresses) -> None:
    for name, label in _LABELS.items():
        typer.echo(f"  {label:<16} {getattr(addresses, name)}")
    typer.echo(f"  {'State':<16} {addresses.state_dir}")
