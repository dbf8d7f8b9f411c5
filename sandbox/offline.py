"""An AWS of one process's own, for previews without a running sandbox: server and provider end with the block."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from cloud_core.adapters.local.aws_access import NO_PLUGINS, provider_config
from cloud_core.adapters.local.environment import sandbox_environment
from cloud_core.adapters.pulumi.access import Attachment
from cloud_core.domain.errors import Unavailable
from cloud_core.ports.engine import StackTarget
from sandbox.provider.instances import Instance

_GENERATION: Final = "offline"


@contextmanager
def aws_server() -> Iterator[str]:
    """The sandbox's AWS server in a process of its own, which never outlives this one; gives its address."""
    command = [sys.executable, "-P", "-m", "sandbox.moto_server", "--port", "0", "--role", "aws", "--until-eof"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            first_line = process.stdout.readline() if process.stdout else ""
            found = re.search(r"http://127\.0\.0\.1:\d+", first_line)
            if found is None:
                raise Unavailable(f"the AWS server did not start: it said {first_line!r}")
            yield found.group()
        finally:
            process.terminate()


class OfflineAccess:
    """How engine runs of this process reach such a server: each through a provider instance of its own."""

    def __init__(self, endpoint: str, role_name: str) -> None:
        self._endpoint = endpoint
        self._role_name = role_name

    def environment(self) -> dict[str, str]:
        return sandbox_environment(self._endpoint, _GENERATION, os.environ)

    @contextmanager
    def attach(self, target: StackTarget) -> Iterator[Attachment]:
        instance = Instance.start(self._endpoint)
        attached = {**NO_PLUGINS, "PULUMI_DEBUG_PROVIDERS": f"aws:{instance.port}"}
        try:
            yield Attachment(self.environment() | attached, provider_config(target, self._role_name))
        finally:
            instance.stop()
