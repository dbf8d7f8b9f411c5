"""A manifest from a rendered template and the answers: dependencies and priorities come from the stack templates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cloud_core.domain.deployment_template import DeploymentTemplate, TemplateStack
from cloud_core.domain.manifest import FORMAT_VERSION
from cloud_core.domain.names import EnvironmentName, default_pulumi_org
from cloud_core.domain.stack_template import DEFAULT_PRIORITY, StackTemplate
from cloud_core.domain.validation import finding, invalid_manifest

StackTemplates = Mapping[str, StackTemplate]


@dataclass(frozen=True, kw_only=True)
class Choices:
    """What only the user knows. An account that is not given is dev's, the secondary region the primary.

    `stacks_enabled`, when given, names exactly the stacks that are on (known ones that the template lacks are added);
    `stacks_disabled` switches off. `environments_enabled` overrides the template's flags.
    """

    org: str
    project: str
    domain: str
    region: str
    accounts: Mapping[str, str]
    region_secondary: str | None = None
    description: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    contact: Mapping[str, str] = field(default_factory=dict)
    pulumi_org: str | None = None
    stacks_enabled: tuple[str, ...] = ()
    stacks_disabled: tuple[str, ...] = ()
    environments_enabled: Mapping[str, bool] = field(default_factory=dict)
    variables: Mapping[str, Any] = field(default_factory=dict)
    user: str = ""


@dataclass(frozen=True, kw_only=True)
class Answers(Choices):
    """Everything that a new manifest is made of besides its template."""

    deployment_id: str
    created_at: str

    def account(self, environment: str) -> str:
        return self.accounts.get(environment) or self.accounts.get(EnvironmentName.DEV, "")

    def region_of(self, environment: str) -> str:
        """Prod takes the secondary region, dev and stage the primary one."""
        secondary = self.region_secondary or self.region
        return secondary if environment == EnvironmentName.PROD else self.region

    @property
    def engine_org(self) -> str:
        return self.pulumi_org or default_pulumi_org(self.org)

    def template_variables(self) -> dict[str, Any]:
        """The answers as the template's variables; explicit ones win."""
        return {
            "DEPLOYMENT_ID": self.deployment_id,
            "TIMESTAMP": self.created_at,
            "USER_EMAIL": self.user,
            "ORGANIZATION": self.org,
            "PROJECT_NAME": self.project,
            "DOMAIN": self.domain,
            "PULUMI_ORG": self.engine_org,
            "PRIMARY_REGION": self.region,
            "SECONDARY_REGION": self.region_secondary or self.region,
            **{f"AWS_ACCOUNT_{name.upper()}": self.account(name) for name in EnvironmentName},
            "DESCRIPTION": self.description or "",
            **self.variables,
        }


def assemble_manifest(
    template: DeploymentTemplate, answers: Answers, stack_templates: StackTemplates
) -> dict[str, Any]:
    """The canonical manifest as plain data, in the order in which people read it.

    InvalidManifest names every stack of the answers that is unknown, or both enabled and disabled.
    """
    _check_choice(template, answers, stack_templates)
    chosen = [*template.stacks, *(name for name in answers.stacks_enabled if name not in template.stacks)]
    names = sorted(chosen, key=lambda name: (-_priority(stack_templates.get(name)), name))
    return {
        "deployment": _deployment(template, answers),
        "environments": {
            name.value: _environment(template, answers, name)
            for name in EnvironmentName
            if name in template.environments
        },
        "stacks": {
            name: _stack(
                template.stacks.get(name, TemplateStack()), stack_templates.get(name), _is_on(template, answers, name)
            )
            for name in names
        },
    }


def _check_choice(template: DeploymentTemplate, answers: Answers, stack_templates: StackTemplates) -> None:
    known = {*template.stacks, *stack_templates}
    unknown = _unique(name for name in (*answers.stacks_enabled, *answers.stacks_disabled) if name not in known)
    both = _unique(name for name in answers.stacks_enabled if name in answers.stacks_disabled)
    there = ", ".join(sorted(known))
    problems = [f"the stack {name!r} is unknown: there are {there}" for name in unknown]
    problems += [f"the stack {name!r} is to be enabled and disabled" for name in both]
    if problems:
        named = zip((*unknown, *both), problems, strict=True)
        raise invalid_manifest(
            finding("UNKNOWN_STACK", "stacks", problem, stack=name, folder=name.replace("-", "_"))
            for name, problem in named
        )


def _unique(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))


def _is_on(template: DeploymentTemplate, answers: Answers, stack: str) -> bool:
    if stack in answers.stacks_disabled:
        return False
    return stack in answers.stacks_enabled if answers.stacks_enabled else template.stacks[stack].enabled


def _deployment(template: DeploymentTemplate, answers: Answers) -> dict[str, Any]:
    section: dict[str, Any] = {
        "id": answers.deployment_id,
        "org": answers.org,
        "project": answers.project,
        "domain": answers.domain,
        "template": template.name,
        "createdAt": answers.created_at,
        "version": FORMAT_VERSION,
        "pulumiOrg": answers.pulumi_org,
        "description": answers.description,
        "tags": dict(answers.tags),
        "contact": dict(answers.contact),
    }
    return {key: value for key, value in section.items() if value not in (None, {})}


def _environment(template: DeploymentTemplate, answers: Answers, name: EnvironmentName) -> dict[str, Any]:
    source = template.environments[name]
    section: dict[str, Any] = {
        "enabled": answers.environments_enabled.get(name, source.enabled),
        "account": answers.account(name),
        "region": answers.region_of(name),
    }
    return section | _filled({"tags": dict(source.tags), "config": dict(source.config)})


def _stack(source: TemplateStack, stack_template: StackTemplate | None, is_on: bool) -> dict[str, Any]:
    environments = {
        name.value: ({} if own.enabled else {"enabled": False}) | _filled({"config": dict(own.config)})
        for name, own in source.environments.items()
    }
    section: dict[str, Any] = {
        "enabled": is_on,
        "dependencies": list(stack_template.dependencies) if stack_template else [],
        "priority": _whole(_priority(stack_template)),
    }
    protect = {"protect": True} if source.protect else {}
    return section | protect | _filled({"config": dict(source.config), "environments": environments})


def _priority(stack_template: StackTemplate | None) -> float:
    return stack_template.priority if stack_template else DEFAULT_PRIORITY


def _whole(number: float) -> float:
    return int(number) if float(number).is_integer() else number


def _filled(section: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in section.items() if value}
