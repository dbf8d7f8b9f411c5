"""What AWS says to an account: whether we get in, and may make our stacks."""

from __future__ import annotations

from pathlib import Path

from cloud_core.adapters.local.template_files import LocalTemplates
from cloud_core.adapters.local.workspace import Workspace
from cloud_core.ports.aws import AwsScope, CallerIdentity
from cloud_core.services.templates.service import TemplateService
from cloud_core.services.validation.account_checks import AccountCheck, AccountChecks
from cloud_core.testing.aws import FakeAwsQueries

ROOT = Path(__file__).resolve().parents[2]
HERE = AwsScope("123456789012", "us-east-1")


def checks(aws: FakeAwsQueries, tmp_path: Path) -> AccountChecks:
    catalog = LocalTemplates(ROOT / "templates", Workspace(tmp_path))
    return AccountChecks(lambda: aws, TemplateService(catalog))


def test_what_our_stacks_need_and_we_may_not_do_is_listed(tmp_path: Path) -> None:
    aws = FakeAwsQueries()
    aws.refused = {"ec2:CreateVpc"}
    found = checks(aws, tmp_path).check(HERE, list(AccountCheck))
    assert not found["valid"]
    assert found["errors"] == ["we may not do what our stacks need: ec2:CreateVpc"]
    assert found["checks"]["credentials"]["valid"]
    assert found["checks"]["permissions"] == {
        "valid": False,
        "missing_permissions": ["ec2:CreateVpc"],
        "message": None,
    }


def test_what_aws_cannot_tell_is_said(tmp_path: Path) -> None:
    aws = FakeAwsQueries()
    aws.unclear = "we may not ask"
    found = checks(aws, tmp_path).check(HERE, [AccountCheck.PERMISSIONS])
    assert found == {
        "valid": True,
        "errors": [],
        "checks": {"permissions": {"valid": True, "missing_permissions": [], "message": "we may not ask"}},
    }


class Elsewhere(FakeAwsQueries):
    """Credentials of another account."""

    def caller_identity(self, scope: AwsScope) -> CallerIdentity:
        return super().caller_identity(AwsScope("999999999999", scope.region))


def test_credentials_of_another_account_are_not_valid(tmp_path: Path) -> None:
    found = checks(Elsewhere(), tmp_path).check(HERE, [AccountCheck.CREDENTIALS])
    assert found["checks"]["credentials"] == {
        "valid": False,
        "account_id": "999999999999",
        "message": "the credentials lead to the account 999999999999",
    }
    assert found["errors"] == ["the credentials lead to the account 999999999999"]
