"""`cloud init`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from cli.completion import template_names
from cli.help import new_app
from cli.options import UsageProblem, address_range, comma_list, refusing
from cli.prompts import ask
from cli.session import Session, command
from cli.text import facts, joined, styled
from cli.wording import count
from cloud_core.domain.errors import InvalidManifest
from cloud_core.domain.names import EnvironmentName, parse_deployment_id

if TYPE_CHECKING:
    from cloud_core.services.manifests.creation import InitRequest, InitResult

app = new_app()
REQUIRED: Final = {
    "org": "Organization",
    "project": "Project",
    "domain": "Domain",
    "template": "Template",
    "region": "Region",
    "account_dev": "Account of dev",
}
"""Options without which there is no deployment, with the words to ask for them."""

_ASKED: Final = (
    ("deployment_id", "Deployment id (blank: one is made)", ""),
    ("org", "Organization", None),
    ("project", "Project", None),
    ("domain", "Domain", None),
    ("template", "Template", "default"),
    ("region", "Region", "us-east-1"),
    ("region_secondary", "Secondary region", "us-west-2"),
    ("account_dev", "Account of dev", None),
    ("account_stage", "Account of stage", ""),
    ("account_prod", "Account of prod", ""),
)
_UNASKED: Final = ("stacks_enabled", "stacks_disabled", "description", "vpc_cidr")
_KNOWN: Final = frozenset({*_UNASKED, *(name for name, _, _ in _ASKED)})


@command(app, "init")
def init(
    session: Session,
    deployment_id: Annotated[
        str | None,
        typer.Argument(metavar="[DEPLOYMENT_ID]", parser=refusing(parse_deployment_id), help="Made when not given."),
    ] = None,
    org: Annotated[str | None, typer.Option("--org", "--organization", metavar="ORG", help="The organisation.")] = None,
    project: Annotated[str | None, typer.Option("--project", metavar="PROJECT", help="The project.")] = None,
    domain: Annotated[str | None, typer.Option("--domain", metavar="DOMAIN", help="Like shop.example.com.")] = None,
    template: Annotated[
        str | None,
        typer.Option("--template", metavar="TEMPLATE", autocompletion=template_names, help="See template-list."),
    ] = None,
    region: Annotated[str | None, typer.Option("--region", metavar="REGION", help="Of dev and stage.")] = None,
    region_secondary: Annotated[
        str | None, typer.Option("--region-secondary", metavar="REGION", help="Of prod; the same when not given.")
    ] = None,
    account_dev: Annotated[str | None, typer.Option("--account-dev", metavar="ACCOUNT", help="12 digits.")] = None,
    account_stage: Annotated[
        str | None, typer.Option("--account-stage", metavar="ACCOUNT", help="Dev's when not given.")
    ] = None,
    account_prod: Annotated[
        str | None, typer.Option("--account-prod", metavar="ACCOUNT", help="Dev's when not given.")
    ] = None,
    stacks_enabled: Annotated[
        str | None, typer.Option("--stacks-enabled", metavar="A,B", help="Exactly these stacks are on.")
    ] = None,
    stacks_disabled: Annotated[
        str | None, typer.Option("--stacks-disabled", metavar="A,B", help="These are off.")
    ] = None,
    description: Annotated[str | None, typer.Option("--description", metavar="TEXT", help="What it is for.")] = None,
    vpc_cidr: Annotated[
        str | None,
        typer.Option("--vpc-cidr", metavar="CIDR", parser=address_range, help="The same as --var VPC_CIDR_DEV=CIDR."),
    ] = None,
    var: Annotated[
        list[str] | None, typer.Option("--var", metavar="NAME=VALUE", help="A template variable; see template-show.")
    ] = None,
    from_file: Annotated[
        Path | None, typer.Option("--from-file", metavar="FILE", help="YAML with these options; the command line wins.")
    ] = None,
    interactive: Annotated[bool, typer.Option("--interactive", "-i", help="Ask for everything.")] = False,
) -> None:
    """Make a new deployment from a template: its folder, manifest and configuration files, all or nothing."""
    given = {
        "deployment_id": deployment_id,
        "org": org,
        "project": project,
        "domain": domain,
        "template": template,
        "region": region,
        "region_secondary": region_secondary,
        "account_dev": account_dev,
        "account_stage": account_stage,
        "account_prod": account_prod,
        "stacks_enabled": stacks_enabled,
        "stacks_disabled": stacks_disabled,
        "description": description,
        "vpc_cidr": vpc_cidr,
    }
    answers = {**_from_file(from_file), **{name: value for name, value in given.items() if value is not None}}
    if interactive:
        answers = _ask_all(session, answers)
    request = _request(answers, var or [])
    with _blaming_the_options():
        if session.dry_run:
            _show_draft(session, request)
            return
        result = session.services.manifests.init(request)
    session.output.answer(result.to_data(), lambda: render_init(result))


@contextmanager
def _blaming_the_options() -> Iterator[None]:
    """There is no file yet that could be corrected or validated."""
    try:
        yield
    except InvalidManifest as error:
        error.context["steps"] = ("correct the options and run it again: nothing was written",)
        raise


def _from_file(path: Path | None) -> dict[str, str]:
    """The options of a file, by their names without dashes before them."""
    if path is None:
        return {}
    # Lazy for start-up time.
    from cloud_core.adapters.local.yaml_reading import read_text

    try:
        document = read_text(path.read_text("utf-8"), path.name)
    except OSError as error:
        raise UsageProblem(f"--from-file {path} can't be read: {error.strerror}") from None
    if not isinstance(document, Mapping):
        raise UsageProblem(f"{path} must be a map of options, such as 'org: Birchway'")
    names = {str(name).replace("-", "_"): _as_text(value) for name, value in document.items()}
    if unknown := sorted(set(names) - _KNOWN):
        raise UsageProblem(f"{path} has the unknown option {unknown[0]!r}")
    return names


def _as_text(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


def _ask_all(session: Session, answers: Mapping[str, str]) -> dict[str, str]:
    """What was not given is asked for; blank answers are left out."""
    asked = dict(answers)
    for name, question, default in _ASKED:
        if name not in asked:
            asked[name] = ask(session.output, question, default, "the options in place of --interactive")
    everything = ask(session.output, "Enable all stacks? (y/n)", "y")
    if "stacks_enabled" not in asked and everything.lower().startswith("n"):
        asked["stacks_enabled"] = ask(session.output, "Stacks to enable, separated by commas")
    return {name: value for name, value in asked.items() if value}


def _request(answers: Mapping[str, str], variables: list[str]) -> InitRequest:
    # Lazy for start-up time: pydantic comes with it.
    from cli.starting import user_name
    from cloud_core.services.manifests.creation import InitRequest

    missing = [f"--{name.replace('_', '-')}" for name in REQUIRED if not answers.get(name)]
    if missing:
        raise UsageProblem(f"missing: {', '.join(missing)}", "give them, or use --interactive")
    environments = {name: answers.get(f"account_{name.value}") for name in EnvironmentName}
    return InitRequest(
        org=answers["org"],
        project=answers["project"],
        domain=answers["domain"],
        template=answers["template"],
        region=answers["region"],
        accounts={name.value: account for name, account in environments.items() if account},
        user=user_name(),
        deployment_id=answers.get("deployment_id"),
        region_secondary=answers.get("region_secondary"),
        description=answers.get("description"),
        stacks_enabled=comma_list(answers.get("stacks_enabled")),
        stacks_disabled=comma_list(answers.get("stacks_disabled")),
        variables=_variables(answers, variables),
    )


def _variables(answers: Mapping[str, str], given: list[str]) -> dict[str, Any]:
    """`NAME=VALUE`, whole numbers as such."""
    pairs = [f"VPC_CIDR_DEV={answers['vpc_cidr']}"] if "vpc_cidr" in answers else []
    values: dict[str, Any] = {}
    for pair in [*pairs, *given]:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise UsageProblem(f"--var {pair!r} must be NAME=VALUE")
        values[name] = int(value) if value.isdecimal() else value
    return values


def _show_draft(session: Session, request: InitRequest) -> None:
    """The manifest that would be written."""
    # Lazy for start-up time.
    from cloud_core.adapters.local.yaml_text import write_text

    draft = session.services.manifests.draft(request)
    if session.options.json:
        session.output.document({"folder": draft.folder, "manifest": draft.data, "layers": draft.layers})
    else:
        session.output.raw(write_text(draft.data).rstrip("\n"))


def render_init(result: InitResult) -> list[Any]:
    """Where everything is, and what comes next."""
    # Lazy: only this needs it.
    from cli.problems import finding_lines

    manifest, one = result.manifest, result.deployment_id
    stacks = [name for name, section in manifest.stacks.items() if section.enabled]
    files = f"{count(len(stacks), 'stack')} × {count(len(manifest.environments), 'environment')}"
    parts: list[Any] = [
        joined(("✓ ", "green"), "Deployment ", (one, "bold"), " is ready"),
        styled(""),
        facts(
            [
                *([("Folder", str(result.folder)), ("Manifest", result.manifest_path.name)] if result.is_here else []),
                ("Template", manifest.deployment.template),
                ("Stacks", f"{', '.join(stacks)} (dependencies from the stack templates)"),
                *([("Created", f"{count(result.config_files, 'config file')} ({files})")] if result.is_here else []),
                ("Record", "version 1" if result.deployment else f"not yet: {result.not_recorded}"),
            ]
        ),
        *(line for warning in result.warnings for line in finding_lines(warning.to_data())),
        styled("\nNext:", "bold"),
    ]
    steps = [f"cloud validate {one}", f"cloud deploy {one}"]
    if not result.is_here:
        steps.append(f"cloud manifest pull {one}, for a folder of it here")
    if result.deployment is None:
        steps.insert(0, "cloud sandbox start")
    return [*parts, *(styled(f"  {number}. {step}") for number, step in enumerate(steps, 1))]
