"""The installed command line in a workspace, driven as a person would: for tests on real parts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from ruamel.yaml import YAML

from cli.answers.testing import check_document

ACCOUNT: Final = "410000000017"
REGION: Final = "us-east-1"
_CLOUD: Final = Path(sys.executable).with_name("cloud")


@dataclass(frozen=True)
class Answer:
    """What a command printed, and how it ended."""

    code: int
    out: str
    err: str

    @property
    def text(self) -> str:
        return self.out + self.err


@dataclass(frozen=True)
class CommandLine:
    """`cloud` in a workspace."""

    workspace: Path
    variables: dict[str, str] = field(default_factory=dict)

    def __call__(self, *arguments: str, stdin: str | None = None) -> Answer:
        done = subprocess.run(
            [str(_CLOUD), *arguments],
            cwd=self.workspace,
            env=self.environment(),
            text=True,
            capture_output=True,
            input=stdin,
            check=False,
            timeout=300,
        )
        return Answer(done.returncode, done.stdout, done.stderr)

    def data(self, *arguments: str) -> Any:
        """The data of a command that must succeed."""
        answer = self(*arguments, "--json")
        assert answer.code == 0, answer.text
        document = json.loads(answer.out)
        check_document(arguments, document)
        return document["data"]

    def error(self, *arguments: str) -> dict[str, Any]:
        """The error of a command that must fail, with its exit code."""
        answer = self(*arguments, "--json")
        assert answer.code != 0, answer.text
        return {**json.loads(answer.out)["error"], "exit_code": answer.code}

    def environment(self) -> dict[str, str]:
        """The user's state is in the workspace, too: no test finds the login of another one, or of a person."""
        own = {"CLOUD_WORKSPACE": str(self.workspace), "XDG_STATE_HOME": str(self.logins), "NO_COLOR": "1"}
        return {**os.environ, **own, **self.variables}

    @property
    def logins(self) -> Path:
        """The folder that logins are kept below."""
        return self.workspace.with_name(f"{self.workspace.name}-state")

    @contextmanager
    def sandbox(self) -> Iterator[None]:
        """The workspace's sandbox around the block: started before, stopped after it."""
        try:
            started = self("sandbox", "start")
            assert started.code == 0, started.text
            yield
        finally:
            self("sandbox", "stop")

    def init(self, template: str, project: str = "shop") -> str:
        """A new deployment; its id."""
        origin = ("--org", "CompanyA", "--project", project, "--domain", "shop.example", "--template", template)
        place = ("--region", REGION, "--account-dev", ACCOUNT)
        return str(self.data("init", *origin, *place)["deployment_id"])

    def deployed(self, template: str, project: str) -> str:
        """A new deployment that is deployed to dev; its id."""
        deployment_id = self.init(template, project)
        answer = self("deploy", deployment_id, "--auto-approve")
        assert answer.code == 0, answer.text
        return deployment_id

    def configure(self, deployment_id: str, stack: str, **config: Any) -> None:
        """Give a stack this configuration in the manifest file, as a person would."""
        with self.edited(deployment_id) as document:
            document["stacks"][stack]["config"] = config

    @contextmanager
    def edited(self, deployment_id: str) -> Iterator[dict[str, Any]]:
        """The manifest file's document, which the block changes as a person would."""
        yaml, file = YAML(), self.manifest(deployment_id)
        document = yaml.load(file.read_text())
        yield document
        with file.open("w") as target:
            yaml.dump(document, target)

    def manifest(self, deployment_id: str) -> Path:
        """The deployment's manifest file."""
        (folder,) = (self.workspace / "deploy").glob(f"{deployment_id}-*")
        return folder / "Deployment_Manifest.yaml"
