"""Names of AWS resources: one pattern, AWS's limits, and a hash where a name has to be cut.

A name is `<project>-<environment>-<stack>-<what>`. A name that the whole account (or the whole world) shares holds the
deployment's id as well, so that two deployments of one project never meet:
`<project>-<id>-<environment>-<stack>-<what>`.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Final

_HASH_LENGTH: Final = 8


@dataclass(frozen=True)
class NameRule:
    """AWS's limit for one kind of name, in characters, and whether the account or the world shares such names."""

    limit: int
    shared: bool


ALARM: Final = NameRule(255, shared=True)
BACKUP: Final = NameRule(50, shared=True)
BUCKET: Final = NameRule(63, shared=True)
BUILD_PROJECT: Final = NameRule(150, shared=True)
CLUSTER: Final = NameRule(255, shared=True)
DASHBOARD: Final = NameRule(255, shared=True)
DATABASE: Final = NameRule(63, shared=True)
DATABASE_GROUP: Final = NameRule(255, shared=True)
EVENT_RULE: Final = NameRule(64, shared=True)
FUNCTION: Final = NameRule(64, shared=True)
INSTANCE_PROFILE: Final = NameRule(128, shared=True)
KEY_ALIAS: Final = NameRule(250, shared=True)
KEY_PAIR: Final = NameRule(255, shared=True)
KUBERNETES_CLUSTER: Final = NameRule(100, shared=True)
LAUNCH_TEMPLATE: Final = NameRule(128, shared=True)
LOAD_BALANCER: Final = NameRule(32, shared=True)
LOG_GROUP: Final = NameRule(400, shared=True)
# AWS takes 63 characters, of which a name that is made up keeps 26 for itself.
NODE_GROUP: Final = NameRule(36, shared=False)
POLICY: Final = NameRule(128, shared=True)
QUEUE: Final = NameRule(80, shared=True)
REPOSITORY: Final = NameRule(256, shared=True)
ROLE: Final = NameRule(64, shared=True)
SCALING_GROUP: Final = NameRule(255, shared=True)
SCALING_POLICY: Final = NameRule(255, shared=True)
SECRET: Final = NameRule(400, shared=True)
SECURITY_GROUP: Final = NameRule(255, shared=False)
SERVICE: Final = NameRule(255, shared=False)
STATE_MACHINE: Final = NameRule(80, shared=True)
TAG: Final = NameRule(256, shared=False)
TARGET_GROUP: Final = NameRule(32, shared=True)
TASK_FAMILY: Final = NameRule(255, shared=True)
TOPIC: Final = NameRule(256, shared=True)
TRAIL: Final = NameRule(128, shared=True)


def slug(text: str) -> str:
    """Lower case, each run of other characters than a-z and 0-9 one dash: 'My Shop (EU)' becomes 'my-shop-eu'."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def shorten(name: str, limit: int) -> str:
    """The name itself if it fits, else its beginning and a hash of all of it: different names stay different."""
    if len(name) <= limit:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:_HASH_LENGTH]
    return f"{name[: limit - _HASH_LENGTH - 1].rstrip('-')}-{digest}"
