"""The files of a sandbox whose parts somebody else runs: for tests that need its AWS and nothing else of it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from cloud_core.adapters.local.sandbox_state import SandboxAddresses, SandboxPhase, SandboxState, write_state

_NOWHERE: Final = "http://127.0.0.1:9"


def write_sandbox(workspace: Path, endpoint: str, provider_control: str = _NOWHERE) -> SandboxAddresses:
    """A running sandbox, as `sandbox.json` tells of it: AWS and records are both at the endpoint, the rest nowhere."""
    folder = workspace / ".cloud" / "sandbox"
    (folder / "pulumi").mkdir(parents=True)
    addresses = SandboxAddresses(
        generation="of-a-test",
        state_dir=folder,
        aws_endpoint=endpoint,
        records_endpoint=endpoint,
        provider_control=provider_control,
        prefect_api=f"{_NOWHERE}/api",
        prefect_ui=_NOWHERE,
    )
    for file in (addresses.passphrase_file, addresses.digest_key_file):
        file.write_text("correct horse")
    write_state(SandboxState(SandboxPhase.RUNNING, "any", addresses))
    return addresses
