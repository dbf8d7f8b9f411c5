"""One run of a command: the options that every command has, its output, and the services behind it.

Every command takes these options before and after its name. `command` adds them to the handler's own, makes the
session and hands it over as the first argument; handlers parse, call a service and render.
"""

from __future__ import annotations

import inspect
import logging
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from cli.configuration import CONFIG_VARIABLE, defaults_of, option_defaults
from cli.exit_codes import Exit
from cli.help import SHARED_OPTIONS, PlainCommand
from cli.options import UsageProblem, choice
from cli.output import Output
from cli.remote import REMOTE, make_remote, require_remote
from cloud_core.adapters.rest.address import Address

if TYPE_CHECKING:
    from cloud_core.bootstrap import EdgeServices
    from cloud_core.settings import Settings

_LEVELS: Final = {"debug": logging.DEBUG, "info": logging.INFO, "warn": logging.WARNING, "error": logging.ERROR}
_OUR_LOGGERS: Final = ("cloud_core", "cli", "api", "sandbox")
_TALKATIVE: Final = ("botocore", "boto3", "s3transfer", "urllib3", "httpcore", "uvicorn", "websockets")
"""What they log when everything is asked for is what goes over the wire: tokens, and values of secrets."""

Handler = Callable[..., "Exit | None"]
MakeServices = Callable[["Settings"], "EdgeServices"]
MakeRemote = Callable[[Callable[[], "Settings"], Address], "EdgeServices"]


def _use_config(ctx: typer.Context, chosen: Path | None) -> Path | None:
    """Given after the command's name, the file replaces the defaults that were looked up before."""
    if chosen is not None and ctx.parent is not None:
        ctx.default_map = defaults_of(ctx.info_name, option_defaults(chosen, Path.home(), Path.cwd()))
    return chosen


_CONFIG: Final = typer.Option(
    "--config",
    metavar="FILE",
    is_eager=True,
    callback=_use_config,
    envvar=CONFIG_VARIABLE,
    help="The tool's configuration file.",
    rich_help_panel=SHARED_OPTIONS,
)


def _level_word(text: str) -> str:
    """LOG_LEVEL is shared with other tools, which write INFO and WARNING."""
    word = text.lower()
    return "warn" if word == "warning" else word


_LOG_LEVEL: Final = choice(
    "--log-level",
    words=_LEVELS,
    spelled=_level_word,
    help="Least level of the logs on stderr.",
    envvar="LOG_LEVEL",
    rich_help_panel=SHARED_OPTIONS,
)


def _flag(*names: str, help: str) -> Any:
    return typer.Option(*names, help=help, rich_help_panel=SHARED_OPTIONS, show_default=False)


@dataclass(frozen=True)
class GlobalOptions:
    """None or False: not given here, so what was given before the command's name counts."""

    json: Annotated[bool, _flag("--json", help="One JSON document on stdout.")] = False
    verbose: Annotated[bool, _flag("--verbose", help="Tell more.")] = False
    quiet: Annotated[bool, _flag("--quiet", "-q", help="Only errors, and values that were asked for.")] = False
    no_color: Annotated[bool, _flag("--no-color", help="No colours; NO_COLOR does the same.")] = False
    dry_run: Annotated[bool, _flag("--dry-run", help="Change nothing, show what would be done.")] = False
    log_level: Annotated[str | None, _LOG_LEVEL] = None
    config: Annotated[Path | None, _CONFIG] = None
    remote: Annotated[Address | None, REMOTE] = None

    @property
    def is_debugging(self) -> bool:
        return self.log_level == "debug"

    def over(self, earlier: GlobalOptions) -> GlobalOptions:
        """These, and for what was not given here the earlier ones."""
        given = {item.name: value for item in fields(self) if (value := getattr(self, item.name))}
        return replace(earlier, **given)

    def checked(self) -> GlobalOptions:
        if self.verbose and self.quiet:
            raise UsageProblem("--verbose and --quiet exclude each other")
        return self


def make_services(settings: Settings) -> EdgeServices:
    # Lazy for start-up time.
    from cloud_core.bootstrap import EdgeServices

    return EdgeServices(settings)


@dataclass
class Invocation:
    """What the program and its command share: how services are made, and the options given so far."""

    make_services: MakeServices = make_services
    make_remote: MakeRemote = make_remote
    options: GlobalOptions = GlobalOptions()


class Session:
    """What a handler works with."""

    def __init__(self, invocation: Invocation) -> None:
        self.options = options = invocation.options
        self.output = Output(options.json, options.verbose, options.quiet, options.no_color)
        self._make_services = invocation.make_services
        self._make_remote = invocation.make_remote

    @property
    def dry_run(self) -> bool:
        return self.options.dry_run

    @cached_property
    def settings(self) -> Settings:
        # Lazy for start-up time: pydantic-settings takes longer to import than all the rest of the command line.
        from cloud_core.settings import load_settings

        return load_settings()

    @cached_property
    def services(self) -> EdgeServices:
        """Those of this machine, or of the API that is to be worked through."""
        if self.options.remote is not None:
            return self._make_remote(lambda: self.settings, self.options.remote)
        return self.services_of(self.settings)

    def close(self) -> None:
        """Let go of what was opened on the way to an API."""
        if self.options.remote is not None and "services" in vars(self):
            self.services.close()

    def services_of(self, settings: Settings) -> EdgeServices:
        """Services with other settings than the environment's."""
        return self._make_services(settings)


def command(app: typer.Typer, name: str, **settings: Any) -> Callable[[Handler], Handler]:
    """Register a handler `(session, ...)` as the command `name`. It returns its exit code, None for success."""

    def register(handler: Handler) -> Handler:
        app.command(name, cls=PlainCommand, **settings)(_with_global_options(handler))
        return handler

    return register


def _with_global_options(handler: Handler) -> Callable[..., int]:
    """The handler as the command line calls it: its own parameters and those of every command, without the session."""
    own = list(inspect.signature(handler, eval_str=True).parameters.values())[1:]
    shared = global_parameters()

    @wraps(handler)
    def run(ctx: typer.Context, **values: Any) -> int:
        options = GlobalOptions(**{item.name: values.pop(item.name) for item in shared})
        invocation = ctx.ensure_object(Invocation)
        invocation.options = options.over(invocation.options).checked()
        session = Session(invocation)
        set_up_logging(session.options)
        if session.options.remote is not None:
            require_remote(ctx.command_path.partition(" ")[2])
        try:
            return int(handler(session, **values) or Exit.SUCCESS)
        except UsageProblem as problem:
            problem.ctx = ctx
            raise
        finally:
            session.close()

    return with_parameters(run, [*own, *shared])


def global_parameters() -> list[inspect.Parameter]:
    return list(inspect.signature(GlobalOptions, eval_str=True).parameters.values())


def with_parameters(run: Callable[..., Any], parameters: Sequence[inspect.Parameter]) -> Callable[..., Any]:
    """`run`, which takes a context and whatever else, as a function with these parameters: Typer reads them there."""
    context = inspect.Parameter("ctx", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)
    keywords = [context, *(item.replace(kind=inspect.Parameter.KEYWORD_ONLY) for item in parameters)]
    run.__signature__ = inspect.Signature(keywords)  # type: ignore[attr-defined]
    run.__annotations__ = {item.name: item.annotation for item in keywords}
    return run


def set_up_logging(options: GlobalOptions) -> None:
    """Our logs on stderr; libraries only when they warn, or when everything is asked for, and then not everything."""
    level = _LEVELS[options.log_level or ("error" if options.quiet else "info")]
    logging.basicConfig(stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger().setLevel(logging.DEBUG if level == logging.DEBUG else logging.WARNING)
    for name in _OUR_LOGGERS:
        logging.getLogger(name).setLevel(level)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.INFO if level == logging.DEBUG else logging.NOTSET)


def command_defaults(options: GlobalOptions, commands: Mapping[str, object]) -> dict[str, Any]:
    """The defaults of the configuration file, for every command."""
    defaults = option_defaults(options.config, Path.home(), Path.cwd())
    return {name: defaults_of(name, defaults) for name in commands} if defaults else {}
