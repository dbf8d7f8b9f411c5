"""What the API imports before its first request: it starts without the engine, the flow service or AWS's library."""

from __future__ import annotations

import json
import subprocess
import sys

HEAVY = ("boto3", "botocore", "grpc", "moto", "prefect", "pulumi", "rich", "typer")
_RUN = """
import json, sys
from api.app import create_app
from cloud_core.settings import Settings
create_app(Settings()).openapi()
print(json.dumps([name for name in {heavy!r} if name in sys.modules]))
"""


def test_the_application_is_made_without_heavy_libraries() -> None:
    ended = subprocess.run([sys.executable, "-c", _RUN.format(heavy=HEAVY)], text=True, capture_output=True, check=True)
    assert json.loads(ended.stdout) == []
