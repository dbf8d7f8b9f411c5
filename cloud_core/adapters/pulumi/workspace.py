"""The Automation API's stack, made lean: one engine process for an `up`.

The stock `Stack.up()` starts five more processes: select, the version, the outputs twice and the history. We know
the version, read outputs from the program and counts from the events, and create the stack only when it is new.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Self

from pulumi.automation import LocalWorkspace, OutputMap, PulumiCommand, Stack, UpdateSummary
from pulumi.automation.errors import CommandError, StackAlreadyExistsError, StackNotFoundError

from cloud_core.adapters.pulumi.events import EventReader
from cloud_core.adapters.pulumi.run_folder import RunFolder
from cloud_core.ports.engine import InlineProgram

Entry = InlineProgram | None
"""An inline program; None runs the one of the work dir."""
# The last event is sent before the engine exits; this only bounds the wait when it never was.
EVENTS_SECONDS: Final = 5.0


class LeanStack(Stack):
    """A stack of an existing work folder; nothing is asked of the engine on construction."""

    def __init__(self, name: str, workspace: LocalWorkspace) -> None:
        self.name = name
        self.workspace = workspace

    @classmethod
    def in_folder(cls, name: str, folder: RunFolder, command: PulumiCommand) -> Self:
        """The stack of a run's folder."""
        return cls(
            name,
            LocalWorkspace(work_dir=str(folder.work_dir), pulumi_home=str(folder.home), pulumi_command=command),
        )

    def outputs(self) -> OutputMap:
        """Nothing: the program told its outputs already, with their secrets marked."""
        return {}

    def info(self, show_secrets: bool = True) -> UpdateSummary | None:
        """A placeholder that the API insists on; counts come from the events."""
        return UpdateSummary("update", datetime.fromtimestamp(0, UTC), "", {}, {}, "succeeded")

    def create_if_missing(self, secrets_provider: str | None) -> None:
        """Create the stack in the backend; no error when it is there already."""
        self.workspace.secrets_provider = secrets_provider
        try:
            self.workspace.create_stack(self.name)
        except StackAlreadyExistsError:
            return

    def apply(
        self, program: Entry, reader: EventReader, secrets_provider: str | None, known: bool, refresh: bool
    ) -> None:
        """Run `up`, reading AWS before if `refresh`; a stack that the backend does not know (`known` is a guess) is
        created first."""
        if not known:
            self.create_if_missing(secrets_provider)
        try:
            self._up(program, reader, refresh)
        except StackNotFoundError:
            self.create_if_missing(secrets_provider)
            self._up(program, reader, refresh)

    def _up(self, program: Entry, reader: EventReader, refresh: bool) -> None:
        self._operate(self.up, reader, program=program, refresh=refresh or None)

    def look_ahead(self, program: Entry, reader: EventReader, refresh: bool = False) -> None:
        """Run `preview`, reading AWS before if `refresh`; nothing is changed."""
        self._operate(self.preview, reader, program=program, refresh=refresh or None)

    def compare(self, reader: EventReader) -> None:
        """Run `refresh` as a preview, which needs no program: the state is compared with AWS; nothing is changed."""
        self._operate(self.preview_refresh, reader)

    def read_anew(self, reader: EventReader) -> None:
        """Run `refresh`, which needs no program: the state becomes what AWS tells."""
        self._operate(self.refresh, reader)

    def look_ahead_to_removal(self, reader: EventReader) -> None:
        """Run `destroy` as a preview, which needs no program; nothing is changed."""
        self._operate(self.preview_destroy, reader)

    def remove_everything(self, reader: EventReader) -> None:
        """Run `destroy`, which needs no program, then remove the stack's entry; resources left are an error."""
        self._operate(self.destroy, reader)
        self.workspace.remove_stack(self.name)

    def _operate(self, operation: Callable[..., object], reader: EventReader, **options: Any) -> None:
        """One of the Automation API's operations, which tells itself by its events alone, up to the last of them."""
        operation(on_event=reader.read, suppress_outputs=True, suppress_progress=True, color="never", **options)
        reader.finished.wait(EVENTS_SECONDS)

    def change_state(self, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
        """Write the state that `change` makes of the present one; its secrets stay encrypted."""
        self.replace_state(change(self.state(show_secrets=False)), force=False, secrets_provider=None)

    def state(self, show_secrets: bool = True) -> dict[str, Any]:
        """The state; {} for a stack that does not exist. With its secrets in clear it is for reading in memory only."""
        try:
            exported = self._call("export", *(["--show-secrets"] if show_secrets else []))
        except StackNotFoundError:
            return {}
        state = json.loads(exported)
        return {"version": state.get("version"), "deployment": state.get("deployment") or {}}

    def replace_state(self, state: Mapping[str, Any], force: bool, secrets_provider: str | None) -> None:
        """Give the stack this state, which the engine writes whole or not at all; a stack that is made for it is gone
        again when the engine refuses it."""
        path = Path(self.workspace.work_dir) / "state.json"
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            json.dump(state, file)
        arguments = ["--file", str(path), *(["--force"] if force else [])]
        try:
            self._call("import", *arguments)
        except StackNotFoundError:
            self.create_if_missing(secrets_provider)
            try:
                self._call("import", *arguments)
            except BaseException:
                with suppress(CommandError):
                    self.workspace.remove_stack(self.name)
                raise

    def _call(self, command: str, *arguments: str) -> str:
        """What `stack <command>` prints. The Automation API's own calls show secrets, and take no --force."""
        home = {"PULUMI_HOME": str(self.workspace.pulumi_home)}
        whole = ["stack", command, *arguments, "--stack", self.name]
        return self.workspace.pulumi_command.run(whole, self.workspace.work_dir, home).stdout
