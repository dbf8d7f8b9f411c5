"""The canonical manifest: frozen, keys as in the file (camelCase), unknown keys kept.

Types and required fields are enforced here; values (patterns, known names, references) are the business of
`domain.validation`, which reports every broken rule at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Annotated, Any, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer
from pydantic.alias_generators import to_camel

from cloud_core.domain.errors import InvalidInput, StackNotFound
from cloud_core.domain.names import EnvironmentName

ALL: Final = "ALL"
FORMAT_VERSION: Final = "3.1"


def _name_tuple(value: Any) -> Any:
    if value == ALL:
        return (ALL,)
    return tuple(value) if isinstance(value, list) else value


def _whole(value: float | None) -> float | None:
    return int(value) if value is not None and value.is_integer() else value


Names = Annotated[tuple[str, ...], BeforeValidator(_name_tuple)]
Priority = Annotated[float | None, PlainSerializer(_whole, return_type=Any)]
Config = dict[str, Any]


class ManifestPart(BaseModel):
    """Strict types (a quoted number is not a number), unknown keys kept for the round trip."""

    model_config = ConfigDict(frozen=True, strict=True, extra="allow", alias_generator=to_camel)


class Contact(ManifestPart):
    email: str | None = None
    team: str | None = None


class PulumiSection(ManifestPart):
    backend: str | None = None


class DeploymentSection(ManifestPart):
    """Immutable but for `updated_at`, `description` and `tags`. Times are ISO 8601 texts in UTC."""

    id: str
    org: str
    project: str
    template: str
    created_at: str
    updated_at: str | None = None
    description: str | None = None
    tags: dict[str, str] = Field(default_factory=dict)
    domain: str | None = None
    contact: Contact | None = None
    pulumi_org: str | None = None
    pulumi: PulumiSection | None = None
    version: str | None = None
    metadata: dict[str, Any] = Field(default_factory=dict)


class EnvironmentSection(ManifestPart):
    """One account and region; `config` is the third tier of inheritance and the target of `{{ENV:key}}`."""

    enabled: bool
    account: str
    region: str
    tags: dict[str, str] = Field(default_factory=dict)
    config: Config = Field(default_factory=dict)


class StackEnvironment(ManifestPart):
    enabled: bool = True
    config: Config = Field(default_factory=dict)


class StackSection(ManifestPart):
    """`dependencies` may hold `ALL`; `layer` is informational; `protect` keeps rollbacks away."""

    enabled: bool
    dependencies: Names
    priority: Priority = None
    layer: int | None = None
    protect: bool = False
    config: Config = Field(default_factory=dict)
    environments: dict[str, StackEnvironment] = Field(default_factory=dict)


class Manifest(ManifestPart):
    deployment: DeploymentSection
    environments: dict[str, EnvironmentSection]
    stacks: dict[str, StackSection]

    @property
    def environment_names(self) -> list[str]:
        """The environments of the manifest, in the order of promotion."""
        return [name.value for name in EnvironmentName if name.value in self.environments]

    @property
    def enabled_environments(self) -> list[str]:
        return [name for name in self.environment_names if self.environments[name].enabled]

    def environment(self, name: str) -> EnvironmentSection:
        """InvalidInput when the manifest has no such environment."""
        if name not in self.environments:
            raise InvalidInput(
                f"environment {name!r} is not in the manifest: it has {', '.join(self.environment_names) or 'none'}",
                field="environment",
                value=name,
                suggestion=f"add 'environments.{name}' to the manifest",
            )
        return self.environments[name]

    def stack(self, name: str) -> StackSection:
        """StackNotFound when the manifest has no such stack."""
        if name not in self.stacks:
            near = get_close_matches(name, self.stacks, n=1)
            raise StackNotFound(
                f"stack {name!r} is not in the manifest: it has {', '.join(sorted(self.stacks)) or 'none'}",
                stack=name,
                suggestion=f"did you mean {near[0]}?" if near else "check the name, or add the stack to the manifest",
            )
        return self.stacks[name]

    def is_switched_on(self, stack: str, environment: str) -> bool:
        """The stack's own flags: globally and for the environment, whether or not that environment is enabled."""
        section = self.stack(stack)
        own = section.environments.get(environment)
        return section.enabled and (own is None or own.enabled)

    def is_enabled(self, stack: str, environment: str) -> bool:
        """Effective: the stack, the stack in the environment, and the environment itself are enabled."""
        return self.is_switched_on(stack, environment) and self.environment(environment).enabled

    def stacks_in(self, environment: str) -> list[str]:
        """Stacks that are switched on for the environment, by name."""
        return sorted(name for name in self.stacks if self.is_switched_on(name, environment))

    def to_data(self) -> dict[str, Any]:
        """Plain data as written: aliases, unknown keys, no defaults; placeholders stay text."""
        return self.model_dump(mode="json", by_alias=True, exclude_unset=True)


def known_keys(part: type[ManifestPart]) -> Mapping[str, str]:
    """The keys that a section may have in the file, mapped to the names of the fields."""
    return {field.alias or name: name for name, field in part.model_fields.items()}
