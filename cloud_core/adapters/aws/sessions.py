"""Clients per account and region, with the environment's role assumed.

Two worlds that never meet:

    sandbox  explicit dummy credentials and an explicit endpoint on this machine; the user's own AWS
             configuration, variables and proxies are not even read
    aws      the user's credentials (or named profile) and AWS's own endpoints, whatever variables say

In both the role of the environment's account is assumed; in the sandbox that is what keeps accounts apart.
"""

from __future__ import annotations

import ipaddress
import os
import threading
from typing import Any, Final
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.credentials import CredentialProvider, CredentialResolver, DeferredRefreshableCredentials
from botocore.session import Session as BotocoreSession

from cloud_core.adapters.aws.errors import translate_aws_errors
from cloud_core.domain.errors import AwsAccessFailed, InvalidInput
from cloud_core.ports.aws import AwsScope, CallerIdentity
from cloud_core.settings.tree import Profile

SANDBOX_CREDENTIAL: Final = "sandbox"
_ROLE_SESSION_NAME: Final = "cloud"
_ROLE_SECONDS: Final = 3600
_CONNECT_SECONDS: Final = 5
_READ_SECONDS: Final = 30
_ATTEMPTS: Final = 3
# (configuration name, variable, default, conversion): no variable is looked at.
NO_AMBIENT_CONFIGURATION: Final = {
    "profile": (None, None, None, None),
    "config_file": (None, None, os.devnull, None),
    "credentials_file": (None, None, os.devnull, None),
}


class AwsSessions:
    """Gives boto3 clients; safe between threads, credentials renew themselves.

    `role_name` is assumed in the scope's account. Without one the own credentials are used, but only in their
    own account: any other is AwsAccessFailed.
    """

    def __init__(
        self,
        profile: Profile,
        endpoint_url: str | None = None,
        role_name: str | None = None,
        credentials_profile: str | None = None,
    ) -> None:
        """Raises InvalidInput for a mixture of the two worlds."""
        _refuse_mixture(profile, endpoint_url, credentials_profile)
        self._profile = profile
        self._endpoint_url = endpoint_url
        self._role_name = role_name
        self._credentials_profile = credentials_profile
        self._config = _config(profile)
        self._lock = threading.RLock()
        self._home: BotocoreSession | None = None
        self._own_account: str | None = None
        self._sessions: dict[AwsScope, boto3.Session] = {}
        self._clients: dict[tuple[str, AwsScope], Any] = {}

    def client(self, service: str, scope: AwsScope) -> Any:
        """The boto3 client of that service there, made once; wrap its calls in `translate_aws_errors`.

        Raises AwsAccessFailed or Unavailable; a role that can't be assumed shows at the first call.
        """
        with self._lock:
            if (service, scope) not in self._clients:
                self._clients[service, scope] = self._new_client(self._session(scope), service, scope.region)
            return self._clients[service, scope]

    def role_arn(self, scope: AwsScope) -> str | None:
        """The role that is assumed there, in the region's partition; None when none is set."""
        if not self._role_name:
            return None
        with translate_aws_errors(f"use region {scope.region}"):
            partition = self._home_session().get_partition_for_region(scope.region)
        return f"arn:{partition}:iam::{scope.account}:role/{self._role_name}"

    def own_identity(self, region: str) -> CallerIdentity:
        """Who the credentials themselves belong to, before any role is assumed."""
        sts = self._home_client("sts", region)
        with translate_aws_errors("ask who we are"):
            answer = sts.get_caller_identity()
        return CallerIdentity(account=str(answer["Account"]), arn=str(answer["Arn"]))

    def _session(self, scope: AwsScope) -> boto3.Session:
        if scope not in self._sessions:
            self._sessions[scope] = self._new_session(scope)
        return self._sessions[scope]

    def _new_client(self, session: boto3.Session, service: str, region: str) -> Any:
        with translate_aws_errors(f"use {service} in {region}"):
            create: Any = session.client
            return create(service, region_name=region, endpoint_url=self._endpoint_url, config=self._config)

    def _new_session(self, scope: AwsScope) -> boto3.Session:
        role_arn = self.role_arn(scope)
        if role_arn is None:
            self._require_own_account(scope)
            return boto3.Session(botocore_session=self._home_session(), region_name=scope.region)
        session = self._botocore_session()
        # Reading the description of a service takes longer than most calls to it.
        session.register_component("data_loader", self._home_session().get_component("data_loader"))
        provider = _AssumedRole(lambda: self._assume(role_arn, scope.region))
        session.register_component("credential_provider", CredentialResolver([provider]))
        return boto3.Session(botocore_session=session, region_name=scope.region)

    def _assume(self, role_arn: str, region: str) -> dict[str, str]:
        """Credentials as botocore's refreshable ones take them."""
        sts = self._home_client("sts", region)
        with translate_aws_errors(f"assume {role_arn}"):
            answer = sts.assume_role(
                RoleArn=role_arn, RoleSessionName=_ROLE_SESSION_NAME, DurationSeconds=_ROLE_SECONDS
            )
        given = answer["Credentials"]
        return {
            "access_key": given["AccessKeyId"],
            "secret_key": given["SecretAccessKey"],
            "token": given["SessionToken"],
            "expiry_time": given["Expiration"].isoformat(),
        }

    def _require_own_account(self, scope: AwsScope) -> None:
        if self._own_account is None:
            self._own_account = self.own_identity(scope.region).account
        if self._own_account != scope.account:
            raise AwsAccessFailed(
                f"the credentials belong to account {self._own_account}, not {scope.account}, and no role is set",
                suggestion="set CLOUD_AWS__ROLE_NAME to a role that exists in the environment's account",
            )

    def _home_client(self, service: str, region: str) -> Any:
        with self._lock:
            session = boto3.Session(botocore_session=self._home_session(), region_name=region)
            return self._new_client(session, service, region)

    def _home_session(self) -> BotocoreSession:
        with self._lock:
            if self._home is None:
                self._home = self._botocore_session()
                if self._profile is Profile.SANDBOX:
                    self._home.set_credentials(SANDBOX_CREDENTIAL, SANDBOX_CREDENTIAL)
            return self._home

    def _botocore_session(self) -> BotocoreSession:
        if self._profile is Profile.SANDBOX:
            return BotocoreSession(session_vars=NO_AMBIENT_CONFIGURATION)
        with translate_aws_errors("read the AWS configuration"):
            session = BotocoreSession(profile=self._credentials_profile)
            session.get_scoped_config()  # a profile that does not exist shows here
            return session


class _AssumedRole(CredentialProvider):
    METHOD = "cloud-assume-role"

    def __init__(self, refresh: Any) -> None:
        super().__init__()
        self._refresh = refresh

    def load(self) -> DeferredRefreshableCredentials:
        return DeferredRefreshableCredentials(refresh_using=self._refresh, method=self.METHOD)


def _refuse_mixture(profile: Profile, endpoint_url: str | None, credentials_profile: str | None) -> None:
    if profile is Profile.SANDBOX:
        if endpoint_url is None or not _is_loopback(endpoint_url):
            raise InvalidInput(
                f"profile 'sandbox' needs an http address of this machine as its endpoint, not {endpoint_url!r}",
                field="endpoint_url",
                suggestion="run 'cloud sandbox start'",
            )
        if credentials_profile is not None:
            raise InvalidInput(
                "profile 'sandbox' never uses real credentials: unset CLOUD_AWS__CREDENTIALS_PROFILE",
                field="credentials_profile",
            )
    elif endpoint_url is not None:
        raise InvalidInput(
            f"profile {profile.value!r} uses real credentials and talks to AWS itself, never to {endpoint_url!r}",
            field="endpoint_url",
        )


def _config(profile: Profile) -> Config:
    options: dict[str, Any] = {
        "connect_timeout": _CONNECT_SECONDS,
        "read_timeout": _READ_SECONDS,
        "retries": {"mode": "standard", "total_max_attempts": _ATTEMPTS},
        # An endpoint left over in a variable or file must not receive real credentials.
        "ignore_configured_endpoint_urls": True,
    }
    if profile is Profile.SANDBOX:
        options["proxies"] = {}
    return Config(**options)


def _is_loopback(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        return parts.scheme in ("http", "https") and (host == "localhost" or ipaddress.ip_address(host).is_loopback)
    except ValueError:
        return False
