"""`config-set`: one value of a deployment's manifest, set or taken out, in one tier."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, Protocol

from cloud_core.domain.digest import canonical_json
from cloud_core.domain.errors import InvalidInput, InvalidManifest
from cloud_core.domain.manifest import (
    ABSENT,
    ConfigTarget,
    Edit,
    Manifest,
    SetValue,
    TierName,
    dotted,
    merge_tiers,
    removal,
    setter_of,
    split_key,
    value_at,
)
from cloud_core.domain.placeholders import Calculation, Placeholder, PlaceholderKind, find_placeholders
from cloud_core.domain.stack_template import StackTemplate
from cloud_core.domain.validation import findings_of
from cloud_core.domain.values import leaves
from cloud_core.services.manifests.config_values import hidden_inputs, no_such_key, shown_value
from cloud_core.services.manifests.edits import EditedManifest, edited_data
from cloud_core.services.manifests.service import LoadedManifest
from cloud_core.services.templates.service import TemplateService

_SECRET_KINDS: Final = frozenset({PlaceholderKind.SECRET, PlaceholderKind.SSM, PlaceholderKind.OS_ENV})


@dataclass(frozen=True)
class ConfigChange:
    """A wish. `value` is plain, ABSENT to take the key out; `secret` wants a reference to a secret."""

    deployment_id: str
    target: ConfigTarget
    key: str
    value: Any = ABSENT
    secret: bool = False


@dataclass(frozen=True)
class ConfigChanged:
    """What became of it; values as people may see them. `old` is the tier's own value, `inherited` what was in force
    without one (both ABSENT for none). `overridden_in` names environments in which a stronger tier wins."""

    change: ConfigChange
    path: tuple[str, ...]
    old: Any
    new: Any
    inherited: Any
    overridden_in: tuple[str, ...]
    edited: EditedManifest | None

    @property
    def is_changed(self) -> bool:
        return self.edited is not None

    def to_data(self) -> dict[str, Any]:
        target = self.change.target
        return {
            "deployment_id": self.change.deployment_id,
            "stack": target.stack,
            "environment": target.environment,
            "key": self.change.key,
            "path": dotted(self.path),
            "tier": target.tier.value,
            "changed": self.is_changed,
            "old": _data(self.old),
            "new": _data(self.new),
            "inherited": _data(self.inherited),
            "overridden_in": list(self.overridden_in),
            **edited_data(self.edited),
        }


class Editor(Protocol):
    """Whoever can change the manifest: `edits.ManifestEditor` the file, `recorded_config.RecordEditor` the record."""

    def load(self, deployment_id: str) -> LoadedManifest: ...

    def apply(
        self,
        loaded: LoadedManifest,
        edits: Sequence[Edit],
        environment: str | None = None,
        rehearse: bool = False,
    ) -> EditedManifest: ...


class ConfigChanges:
    """Works on the file of the workspace, or on the record: as the editor does."""

    def __init__(self, editor: Editor, templates: TemplateService) -> None:
        self._editor = editor
        self._templates = templates

    def make(self, change: ConfigChange, rehearse: bool = False) -> ConfigChanged:
        """Set the value or take it out; one that is there already changes nothing.

        Raises InvalidInput for a clear value where a secret is meant, and for a key below something that is no map;
        NotFound for a key to take out that the tier does not have; StackNotFound; what the editor raises.
        """
        if change.secret:
            _require_reference(change.value)
        loaded = self._editor.load(change.deployment_id)
        templates = self._templates.stack_templates()
        layers = change.target.layers(loaded.manifest, templates.get(change.target.stack or ""))
        merged, own = merge_tiers(layers), _own(loaded.data, change.target)
        key = split_key(own if value_at(own, split_key(own, change.key)) is not ABSENT else merged, change.key)
        path, old = (*change.target.path, *key), value_at(own, key)
        edit = self._edit(change, path, loaded.data, own)
        hidden = hidden_inputs(templates, change.target.stack)
        edited = self._apply(change, loaded, edit, rehearse) if edit else None
        manifest = edited.manifest if edited else loaded.manifest
        return ConfigChanged(
            change=change,
            path=path,
            old=_shown(old, key, hidden),
            new=_shown(change.value, key, hidden),
            inherited=_shown(value_at(merged, key) if old is ABSENT else ABSENT, key, hidden),
            overridden_in=_overriding(manifest, change.target, key, templates),
            edited=edited,
        )

    def _apply(self, change: ConfigChange, loaded: LoadedManifest, edit: Edit, rehearse: bool) -> EditedManifest:
        with telling_of_texts(change):
            return self._editor.apply(loaded, [edit], change.target.environment, rehearse)

    def _edit(
        self, change: ConfigChange, path: tuple[str, ...], data: Mapping[str, Any], own: Mapping[str, Any]
    ) -> Edit | None:
        """None when it is as wished already."""
        key = path[len(change.target.path) :]
        old = value_at(own, key)
        if change.value is ABSENT:
            if old is ABSENT:
                raise no_such_key(change.key, own, f"{dotted(change.target.path)} has no key")
            return removal(data, path)
        for length in range(1, len(key)):
            above = value_at(own, key[:length])
            if above is not ABSENT and not isinstance(above, Mapping):
                raise InvalidInput(
                    f"{change.key!r} can't be set: {dotted((*change.target.path, *key[:length]))} is no map",
                    field=change.key,
                    suggestion=f"take {'.'.join(key[:length])!r} out with --unset first, or set it as a whole, as JSON",
                )
        return (
            None
            if old is not ABSENT and canonical_json(old) == canonical_json(change.value)
            else SetValue(path, change.value)
        )


@contextmanager
def telling_of_texts(change: ConfigChange) -> Iterator[None]:
    """Whoever gave a number or the like where a text belongs is told how to give one."""
    try:
        yield
    except InvalidManifest as error:
        wanted = [found.details.get("expected") for found in findings_of(error)]
        if not isinstance(change.value, str) and "string" in wanted:
            error.context["steps"] = ("nothing was saved: add --string to store the value as a text",)
        raise


def _own(data: Mapping[str, Any], target: ConfigTarget) -> Mapping[str, Any]:
    """The values of the target's tier as they are written."""
    found = value_at(data, target.path)
    return found if isinstance(found, Mapping) else {}


def _shown(value: Any, key: tuple[str, ...], hidden: frozenset[str]) -> Any:
    return value if value is ABSENT else shown_value(value, key, hidden)


def _overriding(
    manifest: Manifest, target: ConfigTarget, key: tuple[str, ...], templates: Mapping[str, StackTemplate]
) -> tuple[str, ...]:
    """Environments in which a stronger tier than the target's sets the key; only for a stack everywhere."""
    if target.tier is not TierName.STACK:
        return ()
    found = []
    for name in manifest.environment_names:
        layers = ConfigTarget(target.stack, name).layers(manifest, templates.get(target.stack or ""))
        try:
            tier = setter_of(layers, key).name
        except KeyError:
            continue
        if tier in (TierName.ENVIRONMENT, TierName.STACK_ENVIRONMENT):
            found.append(name)
    return tuple(found)


def _require_reference(value: Any) -> None:
    """The refused value is not told: it may be the secret."""
    held = list(leaves(value))
    if not held or not all(map(_is_secret_reference, held)):
        raise InvalidInput(
            "with --secret the value must be a reference to a secret; a secret in clear is never stored",
            field="value",
            suggestion="store the value in Secrets Manager and write '{{SECRET:<name>}}' in its place "
            "('${aws.ssm./<path>}' for a parameter of SSM)",
        )


def _is_secret_reference(leaf: Any) -> bool:
    match find_placeholders(leaf):
        case [Placeholder(is_whole=True) as one]:
            drawn = one.kind is PlaceholderKind.CALCULATE and one.key == Calculation.PASSWORD
            return drawn or one.kind in _SECRET_KINDS
    return False


def _data(value: Any) -> Any:
    return None if value is ABSENT else value
