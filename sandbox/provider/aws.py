"""The way to AWS of one engine run: fixed sandbox credentials, an explicit loopback endpoint, nothing ambient.

A session never looks at the environment, the shared configuration files or the metadata service, so real
credentials can't reach the sandbox and sandbox calls can't reach AWS.
"""

from __future__ import annotations

import ipaddress
import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, cast
from urllib.parse import urlsplit

import botocore.session
from botocore.config import Config
from botocore.loaders import Loader

from cloud_core.domain.errors import InvalidInput
from sandbox.provider.errors import aws_errors

ACCESS_KEY: Final = "sandbox"
CONFIG: Final = Config(
    retries={"max_attempts": 2, "mode": "standard"},
    max_pool_connections=32,
    connect_timeout=5,
    # A server that stands still answers once it goes on; a second request would make a second object meanwhile.
    read_timeout=300,
    proxies={},
    inject_host_prefix=False,
    s3={"addressing_style": "path"},
)
# Session variables as (configuration key, environment variable, default, cast): none is read from outside.
ISOLATED: Final = {
    "profile": (None, None, None, None),
    "config_file": (None, None, os.devnull, None),
    "credentials_file": (None, None, os.devnull, None),
}
KEEPER_ROLE: Final = "arn:aws:iam::000000000000:role/sandbox-keeper"
PARTITIONS: Final = (("cn-", "aws-cn", "amazonaws.com.cn"), ("us-gov-", "aws-us-gov", "amazonaws.com"))


def loopback(url: str) -> str:
    """`url` when it is an http(s) address of this machine; InvalidInput otherwise."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not is_loopback(parts.hostname or ""):
        raise InvalidInput(
            f"the sandbox's AWS endpoint {url!r} is not an http address of this machine; "
            "the sandbox never talks to another host",
            suggestion="pass an address such as http://127.0.0.1:5000",
        )
    return url


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def partition_of(region: str) -> str:
    """The AWS partition that a region belongs to."""
    return next((name for prefix, name, _ in PARTITIONS if region.startswith(prefix)), "aws")


def dns_suffix_of(region: str) -> str:
    """The domain that the endpoints of a region's services end in."""
    return next((suffix for prefix, _, suffix in PARTITIONS if region.startswith(prefix)), "amazonaws.com")


@dataclass(frozen=True)
class Credentials:
    access_key: str = ACCESS_KEY
    secret_key: str = ACCESS_KEY
    token: str | None = None

    def __repr__(self) -> str:
        return "Credentials(***)"


class Aws:
    """boto3's clients for one engine run: one session, one client per service and region, safe for threads."""

    def __init__(self, endpoint: str, region: str, credentials: Credentials | None = None) -> None:
        self.endpoint = loopback(endpoint)
        self.region = region
        self._credentials = credentials or Credentials()
        self._session = _session(self._credentials)
        self._clients: dict[tuple[str, str], Any] = {}
        self._making = threading.Lock()
        self._identity: dict[str, str] | None = None
        self._keeper: Aws | None = None

    def client(self, service: str, region: str | None = None) -> Any:
        key = (service, region or self.region)
        with self._making:
            if key not in self._clients:
                self._clients[key] = self._session.create_client(
                    service, region_name=key[1], endpoint_url=self.endpoint, config=CONFIG
                )
            return self._clients[key]

    def call(self, service: str, operation: str, parameters: Mapping[str, Any], region: str | None = None) -> Any:
        """Call AWS, every page of it where the call is paginated; AwsRefused with AWS's own words."""
        with aws_errors(operation):
            client = self.client(service, region)
            if client.can_paginate(operation):
                return client.get_paginator(operation).paginate(**parameters).build_full_result()
            return getattr(client, operation)(**parameters)

    def assume(self, role_arn: str, session_name: str = "sandbox") -> Aws:
        """The same endpoint and region in the account of another role."""
        answer = self.call("sts", "assume_role", {"RoleArn": role_arn, "RoleSessionName": session_name})
        found = answer["Credentials"]
        credentials = Credentials(found["AccessKeyId"], found["SecretAccessKey"], found["SessionToken"])
        return Aws(self.endpoint, self.region, credentials)

    def keeper(self) -> Aws:
        """The same server in an account that no environment has: where the provider keeps objects of its own."""
        with self._making:
            if self._keeper is None:
                self._keeper = Aws(self.endpoint, "us-east-1", self._credentials).assume(KEEPER_ROLE)
            return self._keeper

    @property
    def identity(self) -> Mapping[str, str]:
        """`Account`, `Arn` and `UserId` of this session."""
        if self._identity is None:
            self._identity = dict(self.call("sts", "get_caller_identity", {}))
        return self._identity

    @property
    def account(self) -> str:
        return self.identity["Account"]


@cache
def _loader() -> Loader:
    """AWS's service models, shared by all sessions: EC2's alone takes half a second to read."""
    return Loader()


def _session(credentials: Credentials) -> botocore.session.Session:
    session = botocore.session.Session(session_vars=cast("Any", ISOLATED))
    session.register_component("data_loader", _loader())
    session.set_credentials(credentials.access_key, credentials.secret_key, credentials.token)
    return session
