"""What a machine does when it starts for the first time: it sends its logs, then it does what it is told."""

from __future__ import annotations

import base64
import json
from typing import Any, Final

import pulumi

from stacks.context import StackContext

_AGENT: Final = "/opt/aws/amazon-cloudwatch-agent"
# Where the applications leave their logs.
_APPLICATION_LOGS: Final = "/var/log/app/*.log"
_SCRIPT: Final = """#!/bin/bash
set -euo pipefail
export PORT={port} AWS_REGION={region}
mkdir -p /var/log/app
dnf install -y amazon-cloudwatch-agent
cat > {agent}/etc/amazon-cloudwatch-agent.json <<'SETTINGS'
{settings}
SETTINGS
{agent}/bin/amazon-cloudwatch-agent-ctl -a fetch-config -m ec2 -s -c file:{agent}/etc/amazon-cloudwatch-agent.json
{told}
"""


def start_up(
    context: StackContext, port: int, log_group: pulumi.Input[str], told: pulumi.Input[str]
) -> pulumi.Output[str]:
    """The script in base64, as EC2 takes it. `told`: shell lines at its end, run by root, with `PORT` and
    `AWS_REGION` set. Only packages of the image's own signed repository are installed."""

    def script(values: list[str]) -> str:
        group, lines = values
        settings = json.dumps(_agent_settings(group), indent=2)
        text = _SCRIPT.format(port=port, region=context.region, agent=_AGENT, settings=settings, told=lines)
        return base64.b64encode(text.encode()).decode()

    return pulumi.Output.all(log_group, told).apply(script)


def _agent_settings(log_group: str) -> dict[str, Any]:
    files = {"start-up": "/var/log/cloud-init-output.log", "app": _APPLICATION_LOGS}
    collected = [
        {"file_path": path, "log_group_name": log_group, "log_stream_name": f"{{instance_id}}/{what}"}
        for what, path in files.items()
    ]
    return {"logs": {"logs_collected": {"files": {"collect_list": collected}}}}
