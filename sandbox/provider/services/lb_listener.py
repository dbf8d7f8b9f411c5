"""Elastic Load Balancing: listeners and their rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sandbox.provider.language import Create, Input, Kind, LiveObject, Output, Read, Resource, call, setting
from sandbox.provider.scope import Scope
from sandbox.provider.services import lb_words as words
from sandbox.provider.shapes import BLOCK, Shape, block, only, pascal

FORWARD: Final = block(
    {"arn": "TargetGroupArn", "duration": "DurationSeconds", "stickiness": "TargetGroupStickinessConfig"}
)
ACTIONS: Final = block(
    {
        "authenticateCognito": "AuthenticateCognitoConfig",
        "authenticateOidc": "AuthenticateOidcConfig",
        "fixedResponse": "FixedResponseConfig",
        "forward": ("ForwardConfig", FORWARD),
        "redirect": "RedirectConfig",
    }
)
CERTIFICATES: Final = only(
    Shape(lambda arn: {"CertificateArn": arn}, lambda certificate: certificate["CertificateArn"])
)

LISTENS: Final = "port protocol sslPolicy certificateArn alpnPolicy defaultActions"


def _create_listener(scope: Scope) -> str:
    """An application load balancer speaks HTTP unless the program says otherwise."""
    plain = "/app/" in scope.value("loadBalancerArn") and not scope.value("protocol")
    asked = {**({"Protocol": "HTTP"} if plain else {}), **scope.tag_parameter("Tags")}
    answer = scope.run(call("create_listener", f"loadBalancerArn {LISTENS}"), asked)
    return str(answer["Listeners"][0]["ListenerArn"])


LISTENER: Final = Resource(
    token="aws:lb/listener:Listener",
    service="elbv2",
    inputs=(
        Input("loadBalancerArn", required=True, replaces=True),
        Input("port"),
        Input("protocol", computed=True),
        Input("sslPolicy", computed=True),
        Input("certificateArn", "Certificates", shape=CERTIFICATES),
        Input("alpnPolicy", shape=only()),
        Input("defaultActions", kind=Kind.BLOCK, required=True, partial=True, shape=ACTIONS),
    ),
    outputs=(Output("arn", "ListenerArn"),),
    create=_create_listener,
    read=Read(
        call("describe_listeners", ListenerArns=["$id"]),
        at="Listeners[0]",
        gone=("ListenerNotFound",),
        details=(words.TOLD_TAGS,),
    ),
    settings=(
        setting(
            LISTENS,
            call("modify_listener", LISTENS, ListenerArn="$id"),
            on_create=False,
        ),
    ),
    delete=words.delete_by("delete_listener", "ListenerArn", "ListenerNotFound"),
    tags=words.TAGS,
)

# Conditions of a rule: Pulumi's name, AWS's field, and the key of its values.
FIELDS: Final = {
    "hostHeader": "host-header",
    "httpHeader": "http-header",
    "httpRequestMethod": "http-request-method",
    "pathPattern": "path-pattern",
    "queryStrings": "query-string",
    "sourceIp": "source-ip",
}
QUERY: Final = "queryStrings"


def _config(name: str) -> str:
    return pascal(name.removesuffix("s")) + "Config"


def _send_condition(condition: Mapping[str, Any]) -> dict[str, Any]:
    name, value = next((name, condition[name]) for name in FIELDS if condition.get(name))
    inner = {"Values": BLOCK.send(value)} if name == QUERY else BLOCK.send(value)
    return {"Field": FIELDS[name], _config(name): inner}


def _tell_condition(told: Mapping[str, Any]) -> dict[str, Any]:
    name = next(name for name, field in FIELDS.items() if field == told["Field"])
    # A condition that was made with values alone has them beside the field.
    inner = told.get(_config(name)) or {"Values": told.get("Values", [])}
    return {name: BLOCK.tell(inner["Values"] if name == QUERY else inner)}


CONDITIONS: Final = Shape(
    lambda given: [_send_condition(one) for one in given], lambda found: [_tell_condition(one) for one in found]
)
PRIORITY: Final = Shape(lambda number: number, lambda told: int(told) if str(told).isdigit() else None)


def _create_rule(scope: Scope) -> str:
    """Without a priority a rule comes after all others."""
    created = Create(
        call("create_rule", "listenerArn conditions actions", Priority=_priority(scope)),
        at="Rules[0].RuleArn",
        tags="Tags",
    )
    return created(scope)


def _priority(scope: Scope) -> int:
    if scope.value("priority"):
        return int(scope.value("priority"))
    rules = scope.request("describe_rules", {"ListenerArn": scope.value("listenerArn")})["Rules"]
    return max((int(rule["Priority"]) for rule in rules if rule["Priority"].isdigit()), default=0) + 1


_describe_rule: Final = Read(
    call("describe_rules", RuleArns=["$id"]),
    at="Rules[0]",
    gone=("RuleNotFound", "ListenerNotFound", "LoadBalancerNotFound"),
    details=(words.TOLD_TAGS,),
)


def _read_rule(scope: Scope) -> LiveObject | None:
    """AWS doesn't tell the listener: a rule's ARN begins with it."""
    live = _describe_rule(scope)
    listener = scope.id.rpartition("/")[0].replace(":listener-rule/", ":listener/")
    return None if live is None else {**live, "ListenerArn": listener}


LISTENER_RULE: Final = Resource(
    token="aws:lb/listenerRule:ListenerRule",
    service="elbv2",
    inputs=(
        Input("listenerArn", required=True, replaces=True),
        Input("priority", computed=True, shape=PRIORITY),
        Input("actions", kind=Kind.BLOCK, required=True, partial=True, shape=ACTIONS),
        Input("conditions", kind=Kind.SET, required=True, shape=CONDITIONS, unordered=("values",)),
    ),
    outputs=(Output("arn", "RuleArn"),),
    create=_create_rule,
    read=_read_rule,
    settings=(
        setting("actions conditions", call("modify_rule", "actions conditions", RuleArn="$id"), on_create=False),
        setting(
            "priority",
            call("set_rule_priorities", RulePriorities=[{"RuleArn": "$id", "Priority": "$priority"}]),
            on_create=False,
        ),
    ),
    delete=words.delete_by("delete_rule", "RuleArn", "RuleNotFound"),
    tags=words.TAGS,
)

RESOURCES: Final = (LISTENER, LISTENER_RULE)
