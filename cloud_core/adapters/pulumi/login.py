"""Whether there is an engine, and whether its backend lets us in: asked before anything is run."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

from cloud_core.adapters.pulumi.access import AwsAccess, Backend
from cloud_core.adapters.pulumi.reading import read_engine, reason
from cloud_core.domain.errors import Unavailable
from cloud_core.ports.engine import EngineInfo

LOGIN_SECONDS: Final = 20.0
"""How long a backend may take to say who we are: people wait for the answer."""


class EngineLogin:
    """Implements the port EngineProbe; an engine that runs stacks takes it as its own."""

    def __init__(self, find: Callable[[], EngineInfo], backend: Backend, access: AwsAccess) -> None:
        self._find = find
        self._backend = backend
        self._access = access

    def probe(self) -> EngineInfo:
        return self._find()

    def check_backend(self) -> str:
        environment = self._backend.environment(self._access.environment())
        with tempfile.TemporaryDirectory(prefix="cloud-login-") as home:
            variables = {**environment, "PULUMI_HOME": home}
            answer = read_engine(self._find().path, ["whoami"], Path(home), variables, LOGIN_SECONDS)
        if answer.code != 0:
            raise Unavailable(
                f"the engine can't log in to its backend {self._backend.url}: {reason(answer.stderr, answer.code)}",
                suggestion="check CLOUD_ENGINE__BACKEND_URL, and the credentials or access token of the backend",
            )
        return answer.stdout
