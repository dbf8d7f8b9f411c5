"""The Lambda functions out of their archive, in a process of their own, as one warm instance of each would run.

The process has the archive, and of the packages that are installed here only those that Lambda's Python has as well.
Events go in and answers come out as JSON lines; what the functions print or log goes to this process' stderr. One that
ended is started anew for the next event.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import zipfile
from collections.abc import Mapping
from importlib.metadata import distribution
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from cloud_core.adapters.local.function_package import OF_LAMBDA
from cloud_core.domain.errors import Unavailable
from realtime.requests import Answer, GatewayEvent

_MODULE: Final = "realtime.functions"
_LONGEST_LINE: Final = 1_048_576
_LOOP: Final = """
import importlib, json, os, sys
sys.path[:0] = sys.argv[1:]
answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)
module = importlib.import_module("%s")
module.desk()
answers.write("ready\\n")
answers.flush()
for line in sys.stdin:
    name, event = json.loads(line)
    try:
        answer = getattr(module, name)(event, None)
    except Exception as error:
        answer = {"errorType": type(error).__name__}
    answers.write(json.dumps(answer) + "\\n")
    answers.flush()
"""


class FunctionProcess:
    """`realtime.routes.Routes`. `variables` are all that the functions find in their environment."""

    def __init__(self, package: Path, variables: Mapping[str, str]) -> None:
        self._package = package
        self._variables = dict(variables)
        self._folder: TemporaryDirectory[str] | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()

    async def start(self) -> None:
        """Unpack, import and set up: seconds that nobody's first event should wait for. Raises Unavailable."""
        async with self._turn:
            await self._running()

    async def connect(self, event: GatewayEvent) -> Answer:
        return await self.call("connect", event)

    async def default(self, event: GatewayEvent) -> Answer:
        return await self.call("default", event)

    async def disconnect(self, event: GatewayEvent) -> Answer:
        return await self.call("disconnect", event)

    async def call(self, name: str, event: GatewayEvent) -> Answer:
        """The function's answer; one event after the other, as an instance works. Raises Unavailable when the process
        ends meanwhile, RuntimeError for what the function raised."""
        async with self._turn:
            process = await self._running()
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(json.dumps([name, event]).encode() + b"\n")
            try:
                await process.stdin.drain()
                line = await process.stdout.readline()
            except ConnectionError:
                line = b""
        if not line:
            raise Unavailable(f"the process of the functions ended (exit code {await process.wait()})")
        answer: dict[str, Any] = json.loads(line)
        if "errorType" in answer:
            raise RuntimeError(f"the function {name} raised {answer['errorType']}")
        return answer

    async def stop(self) -> None:
        """Nothing is left of it."""
        async with self._turn:
            if self._process is not None and self._process.returncode is None:
                self._process.kill()
                await self._process.wait()
            self._process = None
            if self._folder is not None:
                self._folder.cleanup()
                self._folder = None

    async def _running(self) -> asyncio.subprocess.Process:
        if self._process is None or self._process.returncode is not None:
            folder = await asyncio.to_thread(self._unpacked)
            command = ("-I", "-S", "-c", _LOOP % _MODULE, str(folder / "code"), str(folder / "runtime"))
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                *command,
                env=self._variables,
                cwd=folder,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                limit=_LONGEST_LINE,
            )
            assert self._process.stdout is not None
            if not await self._process.stdout.readline():
                raise Unavailable("the functions can't be set up; see the messages above")
        return self._process

    def _unpacked(self) -> Path:
        """Unavailable when the archive can't be read."""
        if self._folder is None:
            self._folder = TemporaryDirectory(prefix="cloud-functions-")
            folder = Path(self._folder.name)
            try:
                with zipfile.ZipFile(self._package) as archive:
                    archive.extractall(folder / "code")
            except (OSError, zipfile.BadZipFile) as error:
                raise Unavailable(
                    f"the functions' archive {self._package} can't be read: {error}",
                    suggestion="'cloud control-plane deploy' builds it; CLOUD_REALTIME__FUNCTIONS says where it is",
                ) from None
            _link_runtime(folder / "runtime")
        return Path(self._folder.name)


def _link_runtime(folder: Path) -> None:
    """Links to what Lambda has of itself, and to nothing else that is installed here."""
    folder.mkdir()
    for name in OF_LAMBDA:
        one = distribution(name)
        for part in {file.parts[0] for file in one.files or () if ".." not in file.parts}:
            target = folder / part
            if part != "__pycache__" and not target.exists():
                os.symlink(str(one.locate_file(part)), target)
