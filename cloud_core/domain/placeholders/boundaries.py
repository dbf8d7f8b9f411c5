"""How far placeholders may reach: prefixes of secrets, parameters and variables per organisation and environment."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from string import Formatter
from typing import Final

from cloud_core.domain.placeholders.model import Placeholder, PlaceholderKind
from cloud_core.domain.placeholders.rules import VARIABLE_PREFIX

# What may stand in a prefix unchanged: with a slash in it, one organisation's prefix could lie inside another's.
_SAFE: Final = re.compile(r"[A-Za-z0-9_.-]+")


def _names(organization: str, project: str, environment: str) -> dict[str, str]:
    names = {"organization": organization, "project": project, "environment": environment}
    return names | {name.upper(): re.sub(r"[^A-Z0-9]+", "_", text.upper()) for name, text in names.items()}


@dataclass(frozen=True)
class PrefixTemplates:
    """Prefixes with `{organization}`, `{project}` and `{environment}` in them; an empty one sets no limit.

    In `variable` the names may be written upper case too: they are filled in upper case, every run of other
    characters as one `_`, since variables know only letters, digits and `_`.
    """

    secret: str = ""
    parameter: str = ""
    variable: str = VARIABLE_PREFIX

    def __post_init__(self) -> None:
        """Raises ValueError for a template that names anything else."""
        for template in (self.secret, self.parameter, self.variable):
            for _, name, form, conversion in Formatter().parse(template):
                if name is not None and (name not in _names("", "", "") or form or conversion):
                    raise ValueError(
                        f"prefix {template!r} may hold {{organization}}, {{project}} and {{environment}}, not {name!r}"
                    )
        if not self.variable.startswith(VARIABLE_PREFIX):
            raise ValueError(f"the variables' prefix {self.variable!r} must start with {VARIABLE_PREFIX}")


NO_BOUNDARIES: Final = PrefixTemplates()
OWN_PREFIXES: Final = PrefixTemplates(
    secret="{organization}/{environment}/",
    parameter="/{organization}/{environment}/",
    variable=VARIABLE_PREFIX + "{ORGANIZATION}__{ENVIRONMENT}__",
)
"""Each organisation and environment by itself."""

_WHAT: Final[Mapping[PlaceholderKind, str]] = {
    PlaceholderKind.SECRET: "secrets",
    PlaceholderKind.SSM: "parameters",
    PlaceholderKind.OS_ENV: "variables",
}


@dataclass(frozen=True)
class ValueBoundaries:
    """The prefixes of one deployment's environment."""

    templates: PrefixTemplates
    organization: str
    project: str
    environment: str

    def refusal(self, placeholder: Placeholder) -> str | None:
        """Why this secret, parameter or variable may not be read here; None when it may, and for other kinds."""
        template = self._template(placeholder.kind)
        if not template:
            return None
        if odd := self._unsafe(template):
            return f"the prefix {template!r} can't be filled with {odd}: only letters, digits and _ . - are safe in it"
        prefix = template.format_map(_names(self.organization, self.project, self.environment))
        if (placeholder.key or "").startswith(prefix):
            return None
        return f"only {_WHAT[placeholder.kind]} whose names start with {prefix!r} may be read here"

    def _template(self, kind: PlaceholderKind) -> str:
        match kind:
            case PlaceholderKind.SECRET:
                return self.templates.secret
            case PlaceholderKind.SSM:
                return self.templates.parameter
            case PlaceholderKind.OS_ENV:
                return self.templates.variable
            case _:
                return ""

    def _unsafe(self, template: str) -> str | None:
        names = {"organization": self.organization, "project": self.project, "environment": self.environment}
        for name, text in names.items():
            if f"{{{name}}}" in template and not _SAFE.fullmatch(text):
                return f"the {name} {text!r}"
        return None
