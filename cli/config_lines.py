"""How values of a configuration are shown: one change, one value, many."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from cli.config_text import written
from cli.output import Output
from cli.text import joined, styled, table
from cli.wording import STATES

if TYPE_CHECKING:
    from rich.text import Text

    from cli.tool_settings import ToolChange, ToolSetting
    from cloud_core.services.manifests.config_changes import ConfigChanged
    from cloud_core.services.manifests.config_values import ConfigEntry, ConfigListing
    from cloud_core.services.manifests.edits import EditedManifest

_UNSET = "(not set)"


def changed_lines(changed: ConfigChanged, rehearsed: bool) -> list[Any]:
    """`old → new`, and what there is to know about it."""
    # Lazy for start-up time: pydantic comes with it.
    from cloud_core.domain.manifest import ABSENT, dotted

    place, new = dotted(changed.path), _written(changed.new, ABSENT)
    if changed.edited is None:
        return [styled(f"Nothing to change: {place} is {new} already.")]
    old = _written(changed.old, ABSENT)
    if changed.inherited is not ABSENT:
        old = f"{_written(changed.inherited, ABSENT)} (inherited)"
    environments = ", ".join(changed.overridden_in)
    return [
        _change(place, old, new, rehearsed),
        *([styled(f"! in {environments} another value wins: see --show-origin", "yellow")] if environments else []),
        *edited_lines(changed.edited, rehearsed),
    ]


def edited_lines(edited: EditedManifest, rehearsed: bool) -> list[Any]:
    """Warnings that came with an edit of the manifest's file, errors that were there before, and what comes next."""
    # Lazy for start-up time, as above.
    from cli.problems import finding_lines

    lines = [line for found in edited.warnings for line in finding_lines(found.to_data())]
    if edited.errors:
        more = f", and {len(edited.errors) - 1} more" if len(edited.errors) > 1 else ""
        lines.append(styled(f"! still wrong, as before: {edited.errors[0].message}{more}", "yellow"))
    if edited.state is not None and not rehearsed:
        lines.append(styled(STATES[edited.state.value], "dim"))
    return lines


def entry_lines(entry: ConfigEntry, show_origin: bool) -> list[Any]:
    """The bare value, for scripts; texts as they are, everything else as JSON."""
    # Lazy for start-up time, as above.
    from cloud_core.domain.manifest.generated_config import as_text

    value = as_text(entry.value)
    return [joined(value, (f"  {entry.origin.value}  {entry.place}", "dim")) if show_origin else styled(value)]


def listing_lines(listing: ConfigListing, whole: bool, show_origin: bool) -> list[Any]:
    """A row a value; `whole` when it is of all stacks and environments."""
    if not listing.entries:
        return [styled("Nothing is set.")]
    headings = [*(("Stack", "Environment") if whole else ()), "Key", "Value", "Origin"]
    rows = [_row(entry, whole, show_origin) for entry in listing.entries]
    return [table([*headings, "Set at"] if show_origin else headings, rows)]


def tell_listing(output: Output, listing: ConfigListing) -> None:
    """What is not as it was asked for."""
    if listing.source.value == "record":
        output.note(styled("There is no folder of it in this workspace: these are the record's values.", "dim"))
    for entry in listing.entries:
        for reason in entry.unresolved:
            output.note(styled(f"! {entry.key}: {reason}", "yellow"))


def tool_changed_lines(change: ToolChange, rehearsed: bool) -> list[Any]:
    old, new = _written(change.old, None), _written(change.new, None)
    if change.old == change.new:
        return [styled(f"Nothing to change: {change.key} is {new} already.")]
    lines = [_change(change.key, old, new, rehearsed), styled(f"  {change.file}", "dim")]
    if change.overridden_by is not None:
        lines.append(styled(f"! {change.overridden_by} sets it as well, and wins", "yellow"))
    return lines


def tool_listing_lines(settings: Sequence[ToolSetting], bare: bool) -> list[Any]:
    """A row a setting; bare the value alone."""
    if bare:
        return [styled(str(one.value)) for one in settings]
    rows: list[list[str | Text]] = [
        [styled(one.key, "bold"), str(one.value), styled(str(one.file), "dim")] for one in settings
    ]
    return [table(("Key", "Value", "File"), rows)] if rows else [styled("Nothing is set.")]


def _row(entry: ConfigEntry, whole: bool, show_origin: bool) -> list[str | Text]:
    target = entry.target
    return [
        *([target.stack or "–", target.environment or "–"] if whole else []),
        styled(entry.key, "bold"),
        written(entry.value),
        styled(entry.origin.value, "dim"),
        *([styled(entry.place, "dim")] if show_origin else []),
    ]


def _change(what: str, old: str, new: str, rehearsed: bool) -> Text:
    mark = ("Would change ", "bold") if rehearsed else ("✓ ", "green")
    return joined(mark, f"{what}: {old} → {new}")


def _written(value: Any, absent: Any) -> str:
    return _UNSET if value is absent else written(value)
