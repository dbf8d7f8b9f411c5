"""V16 to V23: placeholders, parameters, secrets, oversights."""

from __future__ import annotations

from typing import Any

import pytest

from cloud_core.domain.stack_template import StackTemplate, parse_stack_template
from cloud_core.domain.validation import Finding, Level, Scope, ValidationResult, validate_manifest
from cloud_core.testing.manifests import TEMPLATES, a_catalogue, a_manifest, a_network, a_security, an_environment


def validate(data: dict[str, Any], level: Level = Level.CONFIG, **catalogue: Any) -> ValidationResult:
    return validate_manifest(data, a_catalogue(**catalogue), Scope(level))


def findings(data: dict[str, Any], **catalogue: Any) -> list[Finding]:
    result = validate(data, **catalogue)
    return [*result.errors, *result.warnings]


def places(found: list[Finding]) -> list[tuple[str, str]]:
    return [(item.code, item.location.removeprefix("Deployment_Manifest.yaml:")) for item in found]


def network(**config: Any) -> dict[str, Any]:
    return a_network(config={"vpcCidr": "10.40.0.0/16", **config})


def test_the_sample_is_valid() -> None:
    result = validate(a_manifest())
    assert result.valid
    assert result.warnings == ()
    assert result.to_data() == {
        "valid": True,
        "level": "config",
        "errors": [],
        "warnings": [],
        "info": {
            "totalStacks": 2,
            "enabledStacks": 2,
            "environments": [{"name": "dev", "enabled": True, "status": "valid"}],
            "dependencyLayers": 2,
        },
    }


def test_lower_levels_do_not_look_at_the_configuration() -> None:
    assert validate(a_manifest(network=network(azCount="${")), Level.DEPENDENCIES).valid


@pytest.mark.parametrize(
    "text", ["{{RUNTIME:network}}", "${network}", "{{NOPE:x}}", "${network.vpcId", "{{VPC_CIDR_DEV}}", "${}"]
)
def test_v16_malformed_placeholders_at_their_place(text: str) -> None:
    data = a_manifest(network=network(zones=["a", {"b": f"x {text}"}]))
    (error,) = findings(data)
    assert places([error]) == [("INVALID_PLACEHOLDER", "stacks.network.config.zones[1].b")]
    assert "malformed" in error.message


def test_v16_every_tier_is_searched_once() -> None:
    data = a_manifest(
        network=network(zones="${", environments=None) | {"environments": {"dev": {"config": {"azCount": "${"}}}}
    )
    data["environments"]["dev"]["config"] = {"key": "${"}
    data["environments"]["stage"] = an_environment()
    grammar = [item for item in findings(data) if item.code == "INVALID_PLACEHOLDER"]
    assert {place for _code, place in places(grammar)} == {
        "stacks.network.config.zones",
        "stacks.network.environments.dev.config.azCount",
        "environments.dev.config.key",
    }


def test_v17_a_stack_that_is_not_there_or_off() -> None:
    absent = a_manifest(network=network(zones="${netwrok.zones}"))
    (error,) = findings(absent)
    assert places([error]) == [("UNRESOLVABLE_PLACEHOLDER", "stacks.network.config.zones")]
    assert error.message == ("'network' reads ${netwrok.zones}, but the stack 'netwrok' is not in the manifest")
    off = a_manifest(network=a_network(enabled=False), security=a_security())
    messages = [item.message for item in findings(off) if item.code == "UNRESOLVABLE_PLACEHOLDER"]
    assert messages == ["'security' reads ${network.vpcId}, but the stack 'network' is disabled"]


def test_v17_the_way_out_fits_what_is_wrong() -> None:
    data = a_manifest(network=a_network(), security=a_security(), dns=a_network(enabled=False, dependencies=[]))
    data["stacks"]["security"]["config"] = {"vpcId": "${dns.zone}", "zone": "${dnss.zone}"}
    found = {item.message: item.remediation for item in findings(data) if item.code == "UNRESOLVABLE_PLACEHOLDER"}
    assert found == {
        "'security' reads ${dns.zone}, but the stack 'dns' is disabled": "enable 'dns' there, or write a value",
        "'security' reads ${dnss.zone}, but the stack 'dnss' is not in the manifest: did you mean 'dns'?": (
            "add the stack 'dnss', or write a value"
        ),
    }


def test_v17_a_soft_dependency_may_be_off() -> None:
    dns = {"enabled": True, "dependencies": [], "config": {"vpcId": "${network.vpcId}"}}
    data = a_manifest(network=a_network(enabled=False), dns=dns)
    assert places(findings(data)) == [("STACK_DISABLED", "stacks.network")]


def test_v18_a_key_that_some_enabled_environment_lacks() -> None:
    data = a_manifest(network=network(azCount="{{ENV:azs}}"))
    data["environments"] = {
        "dev": an_environment(config={"azs": 2}),
        "stage": an_environment(config={"az": 2}),
        "prod": an_environment(enabled=False),
    }
    (error,) = findings(data)
    assert places([error]) == [("UNKNOWN_ENV_KEY", "stacks.network.config.azCount")]
    assert error.details["environments"] == ["stage"]
    assert error.message == "the environment 'stage' has no configuration key 'azs': did you mean 'az'?"


def test_v18_a_value_of_the_environment_that_needs_another_one() -> None:
    data = a_manifest()
    data["environments"]["dev"]["config"] = {"a": {"b": ["x-{{ENV:gone}}"]}}
    assert places(findings(data)) == [("UNKNOWN_ENV_KEY", "environments.dev.config.a.b[0]")]


def test_v18_a_template_whose_default_needs_a_key() -> None:
    template = parse_stack_template(
        {"name": "own", "parameters": {"inputs": {"x": {"type": "string", "default": "{{ENV:gone}}"}}}}, "own"
    )
    data = a_manifest(own={"enabled": True, "dependencies": []})
    catalogue = {"stack_templates": {"own": template}, "programs": frozenset({"own"})}
    assert ("UNKNOWN_ENV_KEY", "stacks.own") in places(findings(data, **catalogue))


def test_v19_values_that_lead_back_to_themselves() -> None:
    data = a_manifest(network=network(zones=["{{ENV:a}}"]))
    data["environments"]["dev"]["config"] = {"a": "{{ENV:b}}", "b": "x{{ENV:a}}", "c": "{{ENV:c}}"}
    loops = [item for item in findings(data) if item.code == "PLACEHOLDER_LOOP"]
    assert places(loops) == [
        ("PLACEHOLDER_LOOP", "environments.dev.config.a"),
        ("PLACEHOLDER_LOOP", "environments.dev.config.c"),
    ]
    assert loops[0].message == "the values lead back to themselves: a → b → a"


def test_v19_a_chain_that_is_too_deep() -> None:
    data = a_manifest(network=network(zones=["{{ENV:k0}}"]))
    chain = {f"k{number}": f"{{{{ENV:k{number + 1}}}}}" for number in range(12)} | {"k12": "end"}
    data["environments"]["dev"]["config"] = chain
    (error,) = findings(data)
    assert places([error]) == [("PLACEHOLDER_LOOP", "stacks.network.config.zones[0]")]
    assert "deep" in error.message


def test_v20_an_output_that_is_not_declared() -> None:
    data = a_manifest(network=network(), security=a_security(config={"vpcId": "${network.vpcID}"}))
    (error,) = findings(data)
    assert places([error]) == [("UNKNOWN_OUTPUT", "stacks.security.config.vpcId")]
    assert error.message == "${network.vpcID}: the stack 'network' has no output 'vpcID': did you mean 'vpcId'?"


def test_v20_a_stack_without_declared_outputs_is_not_judged() -> None:
    data = a_manifest(network=network(), dns={"enabled": True, "dependencies": []})
    data["stacks"]["security"] = a_security(dependencies=["network", "dns"], config={"vpcId": "${dns.whatever}"})
    assert not {code for code, _place in places(findings(data))} & {"UNKNOWN_OUTPUT", "OUTPUT_TYPE_MISMATCH"}


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("${network.privateSubnetIds}", "is of type array, but the input 'vpcId' of 'security' takes string"),
        ("${network.azCount}", "is of type number"),
        ("net-${network.privateSubnetIds}", "is of type array, which can't stand inside a text"),
        ("net-${network.azCount}", None),
        ("net-${network.vpcId}", None),
    ],
)
def test_v20_types(value: str, says: str | None) -> None:
    found = findings(a_manifest(network=network(), security=a_security(config={"vpcId": value})))
    assert [item.code for item in found] == ([] if says is None else ["OUTPUT_TYPE_MISMATCH"])
    assert all(says is not None and says in item.message for item in found)


def test_v20_an_output_inside_a_list_is_not_judged_by_the_lists_type() -> None:
    dns = {"enabled": True, "dependencies": ["network"], "config": {"deployDomain": "x"}}
    stacks = {
        "network": network(),
        "dns": dns,
        "security": a_security(config={"vpcId": "x", "more": ["${network.vpcId}"]}),
    }
    assert [item.code for item in findings(a_manifest(**stacks))] == ["UNKNOWN_PARAMETER"]


def test_v21_a_required_input_without_a_value() -> None:
    data = a_manifest(network=a_network(config={}), security=a_security(config={"vpcId": None}))
    found = findings(data)
    assert places(found) == [
        ("MISSING_PARAMETER", "stacks.network.config"),
        ("MISSING_PARAMETER", "stacks.security.config"),
    ]
    assert found[0].remediation == "set 'vpcCidr' in the configuration of 'network'"


@pytest.mark.parametrize(
    ("name", "value", "good"),
    [
        ("azCount", 3, True),
        ("azCount", 1.5, True),
        ("azCount", "3", False),
        ("azCount", True, False),
        ("azCount", "{{ENV:three}}", True),
        ("azCount", "{{ENV:text}}", False),
        ("azCount", "{{SECRET:x}}", False),
        ("zones", ["a"], True),
        ("zones", "a", False),
        ("zones", {"a": 1}, False),
        ("zones", "${aws.availabilityZones.eu-west-1}", True),
        ("zones", "${calculate.subnets.10.0.0.0/16.24.2}", True),
        ("zones", "${env.CLOUD_VAR_ZONES}", False),
        ("zones", "x {{ENV:text}} y", False),
        ("enableNat", False, True),
        ("enableNat", "false", False),
        ("vpcCidr", "x-{{SECRET:a}}", True),
        ("vpcCidr", "{{ENV:three}}", False),
        ("vpcCidr", "${deployment.id}", True),
    ],
)
def test_v21_types_also_of_what_placeholders_will_give(name: str, value: Any, good: bool) -> None:
    data = a_manifest(network=network(**{name: value}))
    data["environments"]["dev"]["config"] = {"three": 3, "text": "x"}
    expected = [] if good else [("TYPE_MISMATCH", f"stacks.network.config.{name}")]
    assert places(findings(data)) == expected


def test_v21_the_place_is_where_the_value_comes_from() -> None:
    data = a_manifest(network=network() | {"environments": {"dev": {"config": {"azCount": "x"}}}})
    data["environments"]["dev"]["config"] = {"enableNat": "no"}
    assert places(findings(data)) == [
        ("TYPE_MISMATCH", "stacks.network.environments.dev.config.azCount"),
        ("TYPE_MISMATCH", "environments.dev.config.enableNat"),
    ]


def a_form(kind: str, form: str, **more: Any) -> dict[str, StackTemplate]:
    """The samples' templates, with a network whose input `blocks` has a form."""
    inputs = {"vpcCidr": {"type": "string"}, "blocks": {"type": kind, "format": form, **more}}
    return {**TEMPLATES, "network": parse_stack_template({"name": "network", "parameters": {"inputs": inputs}}, "")}


@pytest.mark.parametrize(
    ("kind", "form", "value", "place", "says"),
    [
        ("string", "cidr", "10.0.0.0/8", None, ""),
        ("string", "cidr", "10.0.0.1/8", "blocks", "'10.0.0.1/8': it must be an IPv4 CIDR block such as 10.0.0.0/16"),
        ("string", "cidr", "{{ENV:good}}", None, ""),
        ("string", "cidr", "{{ENV:bad}}", "blocks", "'garden': it must be an IPv4 CIDR block"),
        ("string", "cidr", "{{SECRET:block}}", None, ""),
        ("string", "cidr", "x{{SECRET:block}}", None, ""),
        ("string", "vpc-cidr", "10.0.0.0/16", None, ""),
        ("string", "vpc-cidr", "10.0.0.0/24", "blocks", "it must be a block between /16 and /20"),
        ("string", "vpc-cidr", "8.8.0.0/16", "blocks", "it must be a private block of RFC 1918"),
        ("array", "cidr", ["10.0.0.0/8", "garden"], "blocks[1]", "'blocks[1]' of 'network' is 'garden'"),
        ("array", "cidr", ["10.0.0.0/8", "{{SECRET:block}}", 7], None, ""),
    ],
)
def test_v21_texts_have_the_form_that_is_asked_for(
    kind: str, form: str, value: Any, place: str | None, says: str
) -> None:
    data = a_manifest(network=network(blocks=value))
    data["environments"]["dev"]["config"] = {"good": "10.0.0.0/16", "bad": "garden"}
    found = findings(data, stack_templates=a_form(kind, form))
    assert places(found) == ([("INVALID_VALUE", f"stacks.network.config.{place}")] if place else [])
    assert says in "".join(item.message for item in found)
    assert all(item.remediation.startswith("correct the value of 'blocks'") for item in found)


def test_v21_a_secret_of_another_form_is_not_shown() -> None:
    found = findings(
        a_manifest(network=network(blocks="hunter2")), stack_templates=a_form("string", "cidr", secret=True)
    )
    assert {"INVALID_VALUE", "SECRET_IN_CLEAR"} == {item.code for item in found}
    assert "hunter2" not in str(found)


@pytest.mark.parametrize("value", ["hunter2", "{{ENV:password}}", 5])
def test_a_secret_in_clear_is_refused_and_not_shown(value: Any) -> None:
    data = a_manifest(network=network(), security=a_security(config={"password": value}))
    data["environments"]["dev"]["config"] = {"password": "hunter2"} if value == "{{ENV:password}}" else {}
    found = findings(data)
    assert "SECRET_IN_CLEAR" in {item.code for item in found}
    assert "hunter2" not in str(found)
    assert any("{{SECRET:<name>}}" in item.remediation for item in found)


@pytest.mark.parametrize("value", ["{{SECRET:db/master}}", "${env.CLOUD_VAR_PASSWORD}", "{{ENV:password}}", None])
def test_a_secret_behind_a_placeholder_is_fine(value: Any) -> None:
    data = a_manifest(network=network(), security=a_security(config={"password": value}))
    data["environments"]["dev"]["config"] = {"password": "${calculate.password.32}"}
    assert findings(data) == []


def test_a_secret_is_looked_for_in_what_is_disabled_or_overridden() -> None:
    own = {"stage": {"enabled": False, "config": {"password": "hunter2"}}}
    overridden = {"dev": {"config": {"password": "{{SECRET:x}}"}}}
    stacks = {
        "network": network(),
        "security": a_security(config={"password": "hunter2"}, environments=overridden | own),
    }
    data = a_manifest(**stacks)
    data["environments"]["stage"] = an_environment(enabled=False)
    assert places(findings(data)) == [
        ("SECRET_IN_CLEAR", "stacks.security.config.password"),
        ("SECRET_IN_CLEAR", "stacks.security.environments.stage.config.password"),
    ]


def test_a_key_that_the_stack_does_not_read_is_a_warning() -> None:
    result = validate(a_manifest(network=network(azCuont=3)))
    assert result.valid
    (warning,) = result.warnings
    assert places([warning]) == [("UNKNOWN_PARAMETER", "stacks.network.config.azCuont")]
    assert warning.message == "the stack 'network' has no input 'azCuont': did you mean 'azCount'?"


def test_v22_a_stack_that_is_off_in_an_enabled_environment() -> None:
    stacks = {"network": network(), "security": a_security(environments={"stage": {"enabled": False}})}
    data = a_manifest(**stacks)
    data["environments"]["stage"] = an_environment()
    (warning,) = findings(data)
    assert places([warning]) == [("STACK_DISABLED", "stacks.security")]
    assert warning.details["environments"] == ["stage"]


def test_v23_a_stack_that_depends_on_nothing() -> None:
    template = parse_stack_template({"name": "own"}, "own")
    soft = parse_stack_template({"name": "soft", "soft_dependencies": ["dns"]}, "soft")
    stacks = {name: {"enabled": True, "dependencies": []} for name in ("own", "soft", "dns", "network")}
    catalogue = {
        "stack_templates": {"own": template, "soft": soft},
        "programs": frozenset(stacks),
    }
    lonely = [item for item in findings(a_manifest(**stacks), **catalogue) if item.code == "NO_DEPENDENCIES"]
    assert places(lonely) == [("NO_DEPENDENCIES", "stacks.own.dependencies")]


def test_verdicts_tell_what_was_not_validated() -> None:
    data = a_manifest(network=network(azCount="x"))
    data["environments"] |= {"stage": an_environment(), "prod": an_environment(enabled=False)}
    result = validate_manifest(data, a_catalogue(), Scope(environment="dev"))
    assert [(item.name, item.status) for item in result.environments] == [
        ("dev", "invalid"),
        ("stage", "not validated"),
        ("prod", "disabled (not validated)"),
    ]


def test_an_error_of_one_environment_leaves_the_verdict_of_the_others() -> None:
    data = a_manifest(network=network(azCount="{{ENV:azs}}"))
    data["environments"] = {"dev": an_environment(config={"azs": 2}), "stage": an_environment()}
    result = validate(data)
    assert [(item.name, item.status) for item in result.environments] == [("dev", "valid"), ("stage", "invalid")]


def test_a_cycle_leaves_no_layers_to_count() -> None:
    data = a_manifest(network=a_network(dependencies=["security"]), security=a_security())
    assert validate(data).dependency_layers == 0


def test_a_key_with_a_dot_is_found_again() -> None:
    config = {"vpcCidr": "x", "a.b": "${gone.x}", "c[0]": {"d": "${gone.x}"}}
    found = [item for item in findings(a_manifest(network=a_network(config=config))) if "gone" in item.message]
    assert [place for _code, place in places(found)] == [
        "stacks.network.config.a.b",
        "stacks.network.config.c[0].d",
    ]


def test_a_domain_that_a_stack_reads_is_there() -> None:
    data = a_manifest(network=a_network(), dns={"enabled": True, "dependencies": []})
    assert "MISSING_DOMAIN" not in [item.code for item in findings(data)]
    del data["deployment"]["domain"]
    (error,) = validate(data).errors
    assert places([error]) == [("MISSING_DOMAIN", "stacks.dns")]
    assert error.message == "'dns' reads ${deployment.domain}, but the deployment has no domain"
    data["stacks"]["dns"]["config"] = {"deployDomain": "a.birchway.test"}
    assert validate(data).valid


def prod_needs(**inputs: Any) -> dict[str, Any]:
    """A catalogue with a stack `apps` that has to be told its `imageTag` in prod."""
    declared = {"imageTag": {"type": "string", "required_in": ["prod"]}, **inputs}
    apps = parse_stack_template({"name": "apps", "parameters": {"inputs": declared}}, "apps")
    return {"stack_templates": {"apps": apps}, "programs": frozenset({"apps"})}


def in_dev_and_prod(apps: dict[str, Any], **config: Any) -> dict[str, Any]:
    data = a_manifest(apps={"enabled": True, "dependencies": [], **apps})
    data["environments"]["prod"] = an_environment(account="410000000025", config=config)
    return data


def test_v21_what_an_environment_needs_is_missing_there_alone() -> None:
    (error,) = validate(in_dev_and_prod({}), **prod_needs()).errors
    assert places([error]) == [("MISSING_PARAMETER", "stacks.apps.environments.prod.config")]
    assert error.message == "the stack 'apps' requires 'imageTag' in prod, which has no value"
    assert error.remediation == "set 'imageTag' in the configuration of 'apps'"
    assert error.details["environments"] == ["prod"]


@pytest.mark.parametrize(
    ("data", "place"),
    [
        (in_dev_and_prod({}, imageTag=""), "environments.prod.config.imageTag"),
        (in_dev_and_prod({"config": {"imageTag": ""}}), "stacks.apps.config.imageTag"),
    ],
)
def test_v21_an_empty_text_is_no_value_and_shows_the_place(data: dict[str, Any], place: str) -> None:
    assert places(list(validate(data, **prod_needs()).errors)) == [("MISSING_PARAMETER", place)]


@pytest.mark.parametrize("tag", ["4f2a91c", "${aws.ssm./Birchway/prod/tag}"])
def test_v21_what_an_environment_needs_may_come_from_any_tier(tag: str) -> None:
    for data in (
        in_dev_and_prod({}, imageTag=tag),
        in_dev_and_prod({"config": {"imageTag": tag}}),
        in_dev_and_prod({"environments": {"prod": {"config": {"imageTag": tag}}}}),
    ):
        assert validate(data, **prod_needs()).errors == ()
