"""`cloud`: the table of commands, and the outermost frame where every error becomes an exit code.

A command's module is imported when the command is called, so that none pays for the others.
"""

from __future__ import annotations

import gc
import inspect
import os
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module
from typing import Annotated, Any, Final, NamedTuple

import typer
from typer.core import TyperGroup
from typer.main import get_command as build_command

from cli.exit_codes import Exit
from cli.help import write_parameters, write_section
from cli.output import Output
from cli.problems import of_bug, of_error, of_usage
from cli.remote import make_remote
from cli.session import (
    GlobalOptions,
    Invocation,
    MakeRemote,
    MakeServices,
    command_defaults,
    global_parameters,
    make_services,
    with_parameters,
)
from cloud_core.domain.errors import CloudError
from cloud_core.resources import version

PROGRAM: Final = "cloud"
_HELP: Final = """Deploy many Pulumi stacks on AWS as one deployment, run by Prefect.

A deployment is a folder with one manifest: environments, stacks, and what they read from each other."""


class Entry(NamedTuple):
    """A command: the module of `cli.commands` that has it, its help in one line, its place in the help."""

    module: str
    help: str
    panel: str
    alias_of: str | None = None


_DEPLOYMENTS, _LOOKING, _TEMPLATES, _TOOL = "Deployments", "Looking", "Templates", "This tool"

COMMANDS: Final[dict[str, Entry]] = {
    "init": Entry("init", "Make a new deployment from a template.", _DEPLOYMENTS),
    "validate": Entry("validate", "Check a deployment's manifest.", _DEPLOYMENTS),
    "plan": Entry("plan", "Show what a deploy would do.", _DEPLOYMENTS),
    "deploy": Entry("deploy", "Deploy an environment.", _DEPLOYMENTS),
    "deploy-stack": Entry("deploy", "Deploy one stack.", _DEPLOYMENTS),
    "destroy": Entry("destroy", "Destroy an environment.", _DEPLOYMENTS),
    "destroy-stack": Entry("destroy", "Destroy one stack.", _DEPLOYMENTS),
    "promote": Entry("promote", "Deploy in one environment what succeeded in another.", _DEPLOYMENTS),
    "rollback": Entry("rollback", "Deploy an earlier version of the manifest.", _DEPLOYMENTS),
    "refresh": Entry("refresh", "Compare what is deployed with AWS, or read AWS anew.", _DEPLOYMENTS),
    "manifest": Entry("manifest", "Compare, pull and push the manifest file and its record.", _DEPLOYMENTS),
    "config-set": Entry("config", "Set a value of a stack or an environment.", _DEPLOYMENTS),
    "environment": Entry("environment", "List the environments, switch them on and off.", _DEPLOYMENTS),
    "import-stack": Entry("import_stack", "Give a stack the state of a file.", _DEPLOYMENTS),
    "schedule": Entry("schedule", "Run deploy, refresh or drift at set times.", _DEPLOYMENTS),
    "approve": Entry("approve", "Let an operation run that somebody else asked for.", _DEPLOYMENTS),
    "cancel": Entry("cancel", "Stop the operation that is running.", _DEPLOYMENTS),
    "retry": Entry("retry", "Do what an operation left undone.", _DEPLOYMENTS),
    "unlock": Entry("unlock", "Free an environment from an operation that died.", _DEPLOYMENTS),
    "list": Entry("list", "List the deployments.", _LOOKING),
    "status": Entry("status", "Show how a deployment stands.", _LOOKING),
    "logs": Entry("logs", "Show the log of a run.", _LOOKING),
    "history": Entry("history", "Show the operations of a deployment.", _LOOKING),
    "graph": Entry("graph", "Draw the stacks and what they wait for.", _LOOKING),
    "outputs": Entry("outputs", "Show the outputs of the deployed stacks.", _LOOKING),
    "stack-outputs": Entry("outputs", "Show the outputs of one stack.", _LOOKING),
    "config-get": Entry("config", "Show one value, and where it comes from.", _LOOKING),
    "config-list": Entry("config", "List the values that a stack gets.", _LOOKING),
    "export-stack": Entry("export_stack", "Export the state of a stack.", _LOOKING),
    "template-list": Entry("templates", "List the templates.", _TEMPLATES),
    "template-show": Entry("templates", "Show a template.", _TEMPLATES),
    "template-validate": Entry("template_validate", "Check templates, ours and the workspace's own.", _TEMPLATES),
    "stack": Entry("stack", "List, show and build stacks, ours and your own.", _TEMPLATES),
    "preview": Entry("plan", "", _DEPLOYMENTS, alias_of="plan"),
    "list-environments": Entry("environment", "", _DEPLOYMENTS, alias_of="list"),
    "enable-environment": Entry("environment", "", _DEPLOYMENTS, alias_of="enable"),
    "disable-environment": Entry("environment", "", _DEPLOYMENTS, alias_of="disable"),
    "resume": Entry("retry", "", _DEPLOYMENTS, alias_of="retry"),
    "detect-drift": Entry("refresh", "", _DEPLOYMENTS, alias_of="detect-drift"),
    "list-stacks": Entry("stack", "", _TEMPLATES, alias_of="list"),
    "list-templates": Entry("templates", "", _TEMPLATES, alias_of="template-list"),
    "show-template": Entry("templates", "", _TEMPLATES, alias_of="template-show"),
    "validate-template": Entry("template_validate", "", _TEMPLATES, alias_of="template-validate"),
    "import-state": Entry("import_stack", "", _TEMPLATES, alias_of="import-stack"),
    "export-state": Entry("export_stack", "", _TEMPLATES, alias_of="export-stack"),
    "sandbox": Entry("sandbox", "Start and stop the embedded AWS, Prefect and runner.", _TOOL),
    "tables": Entry("tables", "Make, compare and delete the tables of the records.", _TOOL),
    "control-plane": Entry("control_plane", "Make and delete what the platform stands on in AWS.", _TOOL),
    "serve": Entry("serve", "Serve the REST API.", _TOOL),
    "login": Entry("login", "Log in at the REST API.", _TOOL),
    "logout": Entry("login", "Forget the login at the REST API.", _TOOL),
    "health": Entry("health", "Check that everything needed is there.", _TOOL),
    "migrate": Entry("migrate", "Bring a workspace of version 2.3 to 3.1.", _TOOL),
    "schema": Entry("schema", "Print the JSON schema of what --json prints.", _TOOL),
    "version": Entry("version", "Show the versions.", _TOOL),
}


class LazyCommands(TyperGroup):
    """Finds commands by the table. The help is written from the table alone."""

    def list_commands(self, ctx: Any) -> list[str]:
        return [name for name, entry in COMMANDS.items() if entry.alias_of is None]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        app: typer.Typer = import_module(f"cli.commands.{entry.module}").app
        found: Any = build_command(app)
        return getattr(found, "commands", {}).get(entry.alias_of or cmd_name, found)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        try:
            return super().resolve_command(ctx, args)
        except typer.TyperException as error:
            # Lazy for start-up time: only a mistake needs it.
            from difflib import get_close_matches

            for name in get_close_matches(args[0], self.list_commands(ctx), n=1):
                error.suggestion = f"did you mean '{ctx.command_path} {name}'?"  # type: ignore[attr-defined]
            raise

    def format_help(self, ctx: Any, formatter: Any) -> None:
        self.format_usage(ctx, formatter)
        self.format_help_text(ctx, formatter)
        for panel in dict.fromkeys(entry.panel for entry in COMMANDS.values()):
            names = [name for name in self.list_commands(ctx) if COMMANDS[name].panel == panel]
            write_section(panel, [(name, COMMANDS[name].help) for name in names], formatter)
        write_parameters(self.get_params(ctx), ctx, formatter)


def _show_version(asked: bool) -> None:
    if asked:
        Output().raw(f"{PROGRAM} {version()}")
        raise typer.Exit


_VERSION: Final = inspect.Parameter(
    "version",
    inspect.Parameter.KEYWORD_ONLY,
    default=False,
    annotation=Annotated[
        bool, typer.Option("--version", "-v", is_eager=True, callback=_show_version, help="Show the version and exit.")
    ],
)


def _keep_options(ctx: typer.Context, **values: Any) -> None:
    """The options that were given before the command's name, and the configuration file's defaults for all commands."""
    del values[_VERSION.name]
    invocation = ctx.ensure_object(Invocation)
    invocation.options = GlobalOptions(**values)
    ctx.default_map = command_defaults(invocation.options, COMMANDS)


_CONTEXT: Final = {"help_option_names": ["-h", "--help"], "max_content_width": 120}


def build() -> Any:
    """The program; its commands come when they are called."""
    app = typer.Typer(cls=LazyCommands, help=_HELP, rich_markup_mode=None, context_settings=_CONTEXT)
    app.callback()(with_parameters(_keep_options, [*global_parameters(), _VERSION]))
    return build_command(app)


def run(
    arguments: Sequence[str], make_services: MakeServices = make_services, make_remote: MakeRemote = make_remote
) -> int:
    """Run one command line and return its exit code; every error is told on the way, as long as somebody reads."""
    try:
        return _run(arguments, Invocation(make_services, make_remote))
    except BrokenPipeError:
        return Exit.CLOSED_PIPE
    except SystemExit as end:
        # Typer makes exit code 1 of it.
        if isinstance(end.__context__, BrokenPipeError):
            return Exit.CLOSED_PIPE
        raise


def _run(arguments: Sequence[str], invocation: Invocation) -> int:
    output = Output("--json" in arguments, no_color="--no-color" in arguments)
    try:
        return int(
            build().main(list(arguments) or ["--help"], prog_name=PROGRAM, standalone_mode=False, obj=invocation) or 0
        )
    except typer.TyperException as error:
        problem = of_usage(error)
    except CloudError as error:
        problem = of_error(error)
    except typer.Abort:
        return Exit.FAILED
    except Exception as error:  # noqa: BLE001 - the outermost frame
        if invocation.options.is_debugging:
            traceback.print_exc()
        problem = of_bug(error)
    output.fail(problem)
    return problem.exit


_OUTPUTS: Final = (1, 2)
"""The descriptors of stdout and stderr, which often end in the same pipe."""


_YOUNG_OBJECTS: Final = 50_000
"""Most of a command is imports, whose objects all stay: to look for garbage at every 700 of them took a sixth of it."""


def main() -> None:
    """The console script."""
    gc.set_threshold(_YOUNG_OBJECTS)
    code = run(sys.argv[1:])
    if code == Exit.CLOSED_PIPE:
        # What is still buffered would be written at the interpreter's end, and complained about.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        for stream in _OUTPUTS:
            os.dup2(nowhere, stream)
    sys.exit(code)


if __name__ == "__main__":
    main()
