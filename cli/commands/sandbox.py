"""`cloud sandbox start|stop|status|reset`: the embedded AWS, flow service and runner on this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from cli.help import new_app
from cli.session import Session, command
from cli.text import facts, joined, styled, table

if TYPE_CHECKING:
    from cloud_core.adapters.local.sandbox_state import SandboxAddresses, SandboxProcess
    from sandbox.supervisor import SandboxStatus

app = new_app(help="The sandbox: everything on this machine, no account needed.")

_ADDRESSES: Final = ("aws_endpoint", "records_endpoint", "prefect_api", "prefect_ui", "api_url")
_LABELS: Final = {
    "aws_endpoint": "AWS",
    "records_endpoint": "Records",
    "prefect_api": "Prefect API",
    "prefect_ui": "Prefect pages",
    "api_url": "API",
    "api_docs": "API docs",
    "dashboard": "Dashboard",
}
_STOPPING: Final = "Stop it with 'cloud sandbox stop'; that ends its AWS, engine state, records and flows together."


@command(app, "start")
def start(
    session: Session,
    foreground: Annotated[bool, typer.Option("--foreground", help="Stay attached; Ctrl-C stops the sandbox.")] = False,
) -> None:
    """Start the sandbox, usually within 20-40 seconds. Whatever an earlier, stopped one held is deleted."""
    # Lazy for start-up time: psutil and httpx come with it.
    from sandbox import supervisor

    if session.dry_run:
        _rehearse(session, "running", "it would be started, empty")
    elif foreground:
        supervisor.run_in_foreground(
            session.settings, _report(session), lambda addresses: _tell(session, addresses, "Ctrl-C stops it.")
        )
    else:
        _tell(session, supervisor.start(session.settings, _report(session)), _STOPPING)


@command(app, "stop")
def stop(session: Session) -> None:
    """Stop the sandbox and everything it runs. Its AWS, engine state, records and flows end with it."""
    from sandbox import supervisor

    if session.dry_run:
        _rehearse(session, "stopped", "it would be stopped")
        return
    stopped = supervisor.stop(session.settings, _report(session))
    text = "The sandbox is stopped. The next start begins empty; until then its logs can be read."
    session.output.answer({"stopped": stopped}, lambda: styled(text if stopped else "The sandbox was not running."))


@command(app, "status")
def status(session: Session) -> None:
    """Show whether the sandbox runs, and where its parts listen."""
    from sandbox import supervisor

    found = supervisor.status(session.settings)
    session.output.answer(status_data(found), lambda: _render(found))


@command(app, "reset")
def reset(
    session: Session,
    restart: Annotated[bool, typer.Option("--start/--no-start", help="Start a fresh sandbox afterwards.")] = True,
) -> None:
    """Stop whatever is left of the sandbox, delete all of its state, and start a fresh one."""
    from sandbox import supervisor

    if session.dry_run:
        after = ", then a fresh one would be started" if restart else ""
        _rehearse(session, "running" if restart else "stopped", f"its state would be deleted{after}", deletes=True)
        return
    addresses = supervisor.reset(session.settings, _report(session), restart=restart)
    if addresses is not None:
        _tell(session, addresses, _STOPPING)
    else:
        session.output.answer({"state": "stopped"}, lambda: styled("The sandbox is stopped and its state is deleted."))


def _rehearse(session: Session, would_be: str, words: str, deletes: bool = False) -> None:
    """How it is, and what would become of it; what `deletes` its state is done whatever it is."""
    from sandbox import supervisor

    found = supervisor.status(session.settings)
    # A start leaves what runs alone; what is not whole is mended or refused by the start itself.
    what = "nothing would be done" if found.state == would_be and not deletes else words
    session.output.answer(
        {"state": found.state, "state_dir": str(found.state_dir), "would_be": would_be},
        lambda: styled(f"The sandbox is {found.state} ({found.state_dir}): {what}."),
    )


def status_data(found: SandboxStatus) -> dict[str, Any]:
    """The `data` of `status --json`: `state`, the addresses (null when there are none), `state_dir`, `way_out`, and
    `processes`: list of `{name, pid, alive, log}`."""
    addresses = found.addresses if found.alive else None
    return {
        "state": found.state,
        **{name: getattr(addresses, name, None) for name in _ADDRESSES},
        "state_dir": str(found.state_dir),
        "processes": [_process_data(one, one in found.alive) for one in (*found.alive, *found.dead)],
        "way_out": found.way_out,
    }


def _process_data(process: SandboxProcess, alive: bool) -> dict[str, Any]:
    return {"name": process.name, "pid": process.pid, "alive": alive, "log": process.log}


def _report(session: Session) -> Any:
    """Each step on stderr, as it is made."""
    return lambda text: session.output.note(styled(f"  {text}", "dim"))


def _tell(session: Session, addresses: SandboxAddresses, ending: str) -> None:
    """Where it listens, now that it runs."""
    data = {
        "state": "running",
        **{name: getattr(addresses, name) for name in _ADDRESSES},
        "state_dir": str(addresses.state_dir),
    }
    heading = joined(("✓ ", "green"), "The sandbox is running")
    session.output.answer(data, lambda: [heading, styled(""), _table(addresses), styled(f"\n{ending}", "dim")])


def _table(addresses: SandboxAddresses) -> Any:
    places = {label: str(getattr(addresses, name)) for name, label in _LABELS.items()}
    return facts({**places, "State": str(addresses.state_dir)}.items())


def _render(found: SandboxStatus) -> list[Any]:
    parts: list[Any] = [styled(f"The sandbox is {found.state} ({found.state_dir})")]
    rows = [
        [
            joined(("✓ ", "green") if one in found.alive else ("✗ ", "red"), one.name),
            "running" if one in found.alive else "gone",
            str(one.pid),
            one.log,
        ]
        for one in (*found.alive, *found.dead)
    ]
    if rows:
        parts += [styled(""), table(("Process", "", "Pid", "Log"), rows, right=("Pid",))]
    if found.addresses is not None and found.alive:
        parts += [styled(""), _table(found.addresses)]
    if found.way_out is not None:
        parts.append(styled(f"Run '{found.way_out}'."))
    return parts
