"""V25: what AWS and the engine say to a manifest. Credentials lead to the environment's account and may make its
stacks, and there is an engine whose backend answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from cloud_core.domain.errors import AwsAccessFailed, CloudError, EngineMissing
from cloud_core.domain.manifest import normalise
from cloud_core.domain.names import ACCOUNT, REGION
from cloud_core.domain.stack_template import StackTemplate
from cloud_core.domain.validation import Finding, ValidationResult, finding, salvage
from cloud_core.ports.aws import AwsQueries, AwsScope
from cloud_core.ports.engine import EngineProbe
from cloud_core.ports.workspace import ManifestFile


@dataclass(frozen=True)
class _Target:
    """An environment whose account is asked for at AWS; `actions` maps each stack to the AWS actions that it needs."""

    environment: str
    scope: AwsScope
    file: str
    actions: Mapping[str, tuple[str, ...]]

    @property
    def account_place(self) -> str:
        return f"{self.file}:environments.{self.environment}.account"


class AccessChecks:
    """Asks each part once; `aws` and `engine` are made when they are asked, and what that raises is a finding."""

    def __init__(self, aws: Callable[[], AwsQueries], engine: Callable[[], EngineProbe]) -> None:
        self._aws = aws
        self._engine = engine

    def ask(
        self, file: ManifestFile, result: ValidationResult, templates: Mapping[str, StackTemplate]
    ) -> Iterator[Finding]:
        """Findings for the environments that `result` has looked at; those of AWS first."""
        chosen = {verdict.name for verdict in result.environments if verdict.status in ("valid", "invalid")}
        # The engine's login is a process of its own, so AWS is asked meanwhile.
        with ThreadPoolExecutor(1, "engine-login") as threads:
            engine = threads.submit(self._ask_engine, file.path.name)
            for target in _targets(file, chosen, templates):
                yield from self._ask_aws(target)
            yield from engine.result()

    def _ask_engine(self, file: str) -> list[Finding]:
        try:
            engine = self._engine()
            engine.probe()
            engine.check_backend()
        except EngineMissing as error:
            return [finding("PULUMI_MISSING", file, error.message)]
        except CloudError as error:
            return [finding("PULUMI_UNREACHABLE", file, error.message)]
        return []

    def _ask_aws(self, target: _Target) -> Iterator[Finding]:
        environments = [target.environment]
        try:
            aws = self._aws()
            identity = aws.caller_identity(target.scope)
            expected = target.scope.account
            if identity.account == expected:
                yield from _permissions(aws, target)
                return
        except AwsAccessFailed as error:
            yield finding("AWS_CREDENTIALS", target.account_place, error.message, environments=environments)
        except CloudError as error:
            yield finding("AWS_UNREACHABLE", target.account_place, error.message, environments=environments)
        else:
            message = f"the credentials for {target.environment!r} lead to the account {identity.account}"
            details = {"expected": expected, "environments": environments}
            yield finding("AWS_ACCOUNT_MISMATCH", target.account_place, message, **details)


def _permissions(aws: AwsQueries, target: _Target) -> Iterator[Finding]:
    """One finding for each stack that can't be made; a warning when that can't be told."""
    actions = dict.fromkeys(action for needed in target.actions.values() for action in needed)
    refusals = aws.refusals(target.scope, list(actions))
    principal, environments = refusals.principal, [target.environment]
    if refusals.unclear is not None:
        message = f"whether {principal} may make the stacks is not known: {refusals.unclear}"
        details = {"principal": principal, "environments": environments}
        yield finding("AWS_PERMISSIONS_UNKNOWN", target.account_place, message, **details)
    for stack, needed in target.actions.items():
        if missing := [action for action in needed if action in refusals.actions]:
            names = ", ".join(missing)
            message = f"stack {stack!r} needs {names} in {target.environment!r}, which {principal} may not do"
            yield finding(
                "AWS_PERMISSION_MISSING",
                f"{target.file}:stacks.{stack}",
                message,
                actions=names,
                principal=principal,
                environments=environments,
            )


def _targets(file: ManifestFile, chosen: set[str], templates: Mapping[str, StackTemplate]) -> Iterator[_Target]:
    """Environments whose account and region are well-formed; the others have findings of their own."""
    if not chosen:
        return
    data: Any = file.data
    manifest = salvage(normalise(data))
    for name, section in manifest.environments.items():
        if name in chosen and ACCOUNT.fullmatch(section.account) and REGION.fullmatch(section.region):
            stacks = [stack for stack in manifest.stacks_in(name) if stack in templates]
            actions = {stack: templates[stack].permissions for stack in stacks}
            yield _Target(name, AwsScope(section.account, section.region), file.path.name, actions)
