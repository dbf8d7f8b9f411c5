"""Databases: drift, new objects in place of old ones, passwords, snapshots, refusals. Their whole life is in
`provider_cases/rds.py`."""

from __future__ import annotations

from typing import Any

import pulumi_aws as aws
import pytest
from pulumi import automation

from sandbox.provider.testing import Clients, changes

# The SDK warns about two names of its own whenever it is imported, and leaves its event loops to the collector.
pytestmark = [
    pytest.mark.filterwarnings("ignore:aws.* has been deprecated in favor of:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
]

SLOW = [{"name": "long_query_time", "value": "1"}, {"name": "slow_query_log", "value": "1"}]


def database(parameters: Any = SLOW, **more: Any) -> None:
    group = aws.rds.ParameterGroup("group", name="shop", family="mysql8.4", parameters=parameters)
    asked = {"instance_class": "db.t4g.micro", "engine": "mysql", "allocated_storage": 20, "username": "dbadmin"}
    asked |= {"manage_master_user_password": True, "skip_final_snapshot": True, "apply_immediately": True}
    aws.rds.Instance("shop", identifier="shop", parameter_group_name=group.name, **(asked | more))


def the_instance(clients: Clients) -> dict[str, Any]:
    (found,) = clients.rds.describe_db_instances(DBInstanceIdentifier="shop")["DBInstances"]
    return dict(found)


def test_changes_behind_our_back_are_found_and_undone(deploy: Any, clients: Clients) -> None:
    stack = deploy(database)
    stack.up()
    clients.rds.modify_db_instance(DBInstanceIdentifier="shop", DBInstanceClass="db.m7g.large", MultiAZ=True)
    wrong = {"ParameterName": "long_query_time", "ParameterValue": "99", "ApplyMethod": "immediate"}
    clients.rds.modify_db_parameter_group(DBParameterGroupName="shop", Parameters=[wrong])
    assert changes(stack.refresh()) == {"update": 2}
    assert changes(stack.up()) == {"update": 2}
    assert changes(stack.refresh()) == {}
    assert the_instance(clients)["DBInstanceClass"] == "db.t4g.micro"


def test_storage_that_grew_by_itself_is_left_alone(deploy: Any, clients: Clients) -> None:
    stack = deploy(lambda: database(max_allocated_storage=100))
    stack.up()
    clients.rds.modify_db_instance(DBInstanceIdentifier="shop", AllocatedStorage=40)
    stack.refresh()
    assert changes(stack.up()) == {}
    assert the_instance(clients)["AllocatedStorage"] == 40


def test_what_aws_can_not_change_is_made_anew_after_the_old_one(deploy: Any, clients: Clients) -> None:
    deploy(database).up()
    assert changes(deploy(lambda: database(storage_encrypted=True)).up()) == {"replace": 1}
    assert the_instance(clients)["StorageEncrypted"] is True


def test_a_parameter_that_is_taken_out_has_its_default_again(deploy: Any, clients: Clients) -> None:
    deploy(database).up()
    assert changes(deploy(lambda: database(SLOW[:1])).up()) == {"update": 1}
    found = clients.rds.describe_db_parameters(DBParameterGroupName="shop", Source="user")["Parameters"]
    assert [one["ParameterName"] for one in found] == ["long_query_time"]
    assert the_instance(clients)["DBParameterGroups"][0]["DBParameterGroupName"] == "shop"


def test_a_password_moves_from_aws_to_the_program_and_back(deploy: Any, clients: Clients) -> None:
    deploy(database).up()
    assert the_instance(clients)["MasterUserSecret"]["SecretStatus"] == "active"
    own = deploy(lambda: database(manage_master_user_password=None, password="first-password"))
    assert changes(own.up()) == {"update": 1}
    assert "MasterUserSecret" not in the_instance(clients)
    assert changes(own.refresh()) == {}
    assert changes(deploy(database).up()) == {"update": 1}
    assert "MasterUserSecret" in the_instance(clients)


def test_a_last_snapshot_is_taken_under_its_name(deploy: Any, clients: Clients) -> None:
    stack = deploy(lambda: database(skip_final_snapshot=False, final_snapshot_identifier="shop-last"))
    stack.up()
    stack.destroy()
    (snapshot,) = clients.rds.describe_db_snapshots(DBInstanceIdentifier="shop", SnapshotType="manual")["DBSnapshots"]
    assert snapshot["DBSnapshotIdentifier"] == "shop-last"
    clients.rds.delete_db_snapshot(DBSnapshotIdentifier="shop-last")


def test_refusals_carry_the_words_of_aws(deploy: Any) -> None:
    def program() -> None:
        aws.rds.Instance("wrong", identifier="1shop", instance_class="db.t4g.micro", engine="mysql")
        aws.rds.Instance("lost", parameter_group_name="nowhere", instance_class="db.t4g.micro", engine="mysql")

    with pytest.raises(automation.CommandError) as caught:
        deploy(program).up(continue_on_error=True)
    assert "InvalidParameterValue: The parameter DBInstanceIdentifier is not a valid identifier" in str(caught.value)
    assert "DBParameterGroupNotFound: DB Parameter Group nowhere not found" in str(caught.value)


def test_what_is_protected_stays(deploy: Any, clients: Clients) -> None:
    stack = deploy(lambda: database(deletion_protection=True))
    stack.up()
    with pytest.raises(automation.CommandError, match="InvalidParameterCombination: Cannot delete protected"):
        stack.destroy()
    deploy(lambda: database(deletion_protection=False)).up()


def test_an_instance_without_a_name_for_its_snapshot_is_not_deleted(deploy: Any) -> None:
    stack = deploy(lambda: database(skip_final_snapshot=False))
    stack.up()
    with pytest.raises(automation.CommandError, match="shop can't be deleted without a finalSnapshotIdentifier"):
        stack.destroy()
    deploy(database).up()


def test_a_second_subnet_group_of_a_name_is_refused(deploy: Any, clients: Clients) -> None:
    vpc = clients.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = clients.ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
    asked = {"DBSubnetGroupName": "taken", "DBSubnetGroupDescription": "taken", "SubnetIds": [subnet]}
    clients.rds.create_db_subnet_group(**asked)
    with pytest.raises(automation.CommandError, match="DBSubnetGroupAlreadyExists"):
        deploy(lambda: aws.rds.SubnetGroup("second", name="taken", subnet_ids=[subnet])).up()
    clients.rds.delete_db_subnet_group(DBSubnetGroupName="taken")
