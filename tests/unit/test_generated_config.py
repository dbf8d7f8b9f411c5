"""The generated configuration files' content."""

from __future__ import annotations

from cloud_core.domain.manifest import Manifest, generated_config, generated_configs
from cloud_core.testing.manifests import ACCOUNT, TEMPLATES, a_manifest, a_network, a_security, an_environment


def test_values_are_texts_under_the_stacks_name_beside_what_every_stack_is_told() -> None:
    network = a_network(config={"vpcCidr": "10.0.0.0/16", "zones": ["a", "{{ENV:z}}"], "enableNat": False})
    manifest = Manifest.model_validate(a_manifest(network=network))
    assert generated_config(manifest, "network", "dev", TEMPLATES["network"], 1) == {
        "aws:region": "eu-west-1",
        "network:deploymentId": "D7KQ2M4",
        "network:environment": "dev",
        "network:org": "Birchway",
        "network:project": "landing",
        "network:domain": "landing.birchway.test",
        "network:region": "eu-west-1",
        "network:accountId": ACCOUNT,
        "network:stackName": "network",
        "network:layer": "1",
        "network:azCount": "2",
        "network:enableNat": "false",
        "network:vpcCidr": "10.0.0.0/16",
        "network:zones": '["a", "{{ENV:z}}"]',
    }


def test_placeholders_stay_text() -> None:
    config = generated_config(Manifest.model_validate(a_manifest()), "security", "dev", TEMPLATES["security"], 2)
    assert config["security:vpcId"] == "${network.vpcId}"


def test_a_secret_in_clear_is_left_out_and_a_placeholder_for_one_is_not() -> None:
    for value, is_there in (("hunter2", False), ("{{SECRET:db}}", True)):
        security = a_security(config={"password": value})
        manifest = Manifest.model_validate(a_manifest(network=a_network(), security=security))
        config = generated_config(manifest, "security", "dev", TEMPLATES["security"], None)
        assert (config.get("security:password") == value) is is_there
        assert ("hunter2" in str(config)) is False


def test_there_is_a_file_for_every_stack_in_every_environment_on_or_off() -> None:
    data = a_manifest(network=a_network(), security=a_security(environments={"stage": {"enabled": False}}))
    data["environments"]["stage"] = an_environment(enabled=False)
    files = generated_configs(Manifest.model_validate(data), TEMPLATES)
    assert set(files) == {(stack, env) for stack in ("network", "security") for env in ("dev", "stage")}
    assert files["security", "dev"]["security:layer"] == "2"
    assert "security:layer" not in files["security", "stage"]


def test_stacks_without_an_order_have_no_layer() -> None:
    stacks = {"a": a_network(dependencies=["b"]), "b": a_network(dependencies=["a"])}
    files = generated_configs(Manifest.model_validate(a_manifest(**stacks)), {})
    assert "a:layer" not in files["a", "dev"]
