"""`aws:iam/getPolicyDocument`: an IAM policy document out of statements and other documents.

The rules are the real function's: source documents first, then the statements, then the overriding documents; a
statement replaces an earlier one with the same `Sid`, source documents may not share one. One value is written
as a text, several as a list in descending order; `&{…}` stands for IAM's own `${…}`.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Mapping
from typing import Any, Final

from sandbox.provider.aws import Aws
from sandbox.provider.errors import ProviderError
from sandbox.provider.invokes.function import Invoke
from sandbox.provider.invokes.identity import Arguments, Results

VERSION: Final = "2012-10-17"
Statement = dict[str, Any]
# The parts of a statement that are lists of texts: the argument and IAM's key, in the order they are written.
LISTS: Final = {
    "actions": "Action",
    "notActions": "NotAction",
    "resources": "Resource",
    "notResources": "NotResource",
}


def get_policy_document(aws: Aws, arguments: Arguments) -> Results:
    document = build(arguments)
    text = json.dumps(document, indent=2)
    return {
        **arguments,
        "version": document["Version"],
        "json": text,
        "minifiedJson": json.dumps(document, separators=(",", ":")),
        "id": str(zlib.crc32(text.encode())),
    }


def build(arguments: Arguments) -> dict[str, Any]:
    """The document with its keys in IAM's usual order; ProviderError for a `Sid` used twice."""
    sources = _documents(arguments, "sourceJson", "sourcePolicyDocuments")
    overrides = _documents(arguments, "overrideJson", "overridePolicyDocuments")
    own = [_statement(one) for one in arguments.get("statements") or ()]
    _unique(own, "statements")
    _unique([one for source in sources for one in _statements(source)], "sourcePolicyDocuments")
    mine = {"Version": arguments.get("version"), "Id": arguments.get("policyId"), "Statement": own}
    merged: dict[str, Any] = {"Version": VERSION, "Id": None, "Statement": []}
    for document in (*sources, mine, *overrides):
        merged["Version"] = document.get("Version") or merged["Version"]
        merged["Id"] = document.get("Id") or merged["Id"]
        merged["Statement"] = _merged(merged["Statement"], _statements(document))
    return {key: value for key, value in merged.items() if value not in (None, [])}


def _documents(arguments: Arguments, single: str, several: str) -> list[Mapping[str, Any]]:
    texts = [arguments.get(single), *(arguments.get(several) or ())]
    return [_parsed(text, several) for text in texts if text]


def _parsed(text: str, name: str) -> Mapping[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        raise ProviderError(f"an item of {name} is not readable JSON") from None
    if not isinstance(found, dict):
        raise ProviderError(f"an item of {name} is not a policy document")
    return found


def _statements(document: Mapping[str, Any]) -> list[Statement]:
    found = document.get("Statement") or []
    return [found] if isinstance(found, dict) else list(found)


def _unique(statements: Iterable[Statement], where: str) -> None:
    seen: set[str] = set()
    for sid in (one.get("Sid") for one in statements):
        if sid and sid in seen:
            raise ProviderError(f"duplicate Sid {sid!r} in {where}: every Sid may stand there once")
        seen.add(sid or "")


def _merged(before: list[Statement], new: Iterable[Statement]) -> list[Statement]:
    """`new` over `before`: the same Sid takes the old one's place."""
    result = list(before)
    for statement in new:
        sid = statement.get("Sid")
        place = next((index for index, one in enumerate(result) if sid and one.get("Sid") == sid), None)
        if place is None:
            result.append(statement)
        else:
            result[place] = statement
    return result


def _statement(given: Mapping[str, Any]) -> Statement:
    parts: dict[str, Any] = {"Sid": given.get("sid"), "Effect": given.get("effect") or "Allow"}
    parts |= {key: _texts(given.get(name)) for name, key in LISTS.items()}
    parts["Principal"] = _principals(given.get("principals") or ())
    parts["NotPrincipal"] = _principals(given.get("notPrincipals") or ())
    parts["Condition"] = _conditions(given.get("conditions") or ())
    return {key: value for key, value in parts.items() if value not in (None, "", [], {})}


def _texts(values: Iterable[Any] | None) -> Any:
    """One value as itself, several in descending order."""
    items = sorted({_variables(value) for value in values or ()}, reverse=True)
    return items[0] if len(items) == 1 else items


def _variables(value: Any) -> str:
    return str(value).replace("&{", "${")


def _principals(given: Iterable[Mapping[str, Any]]) -> Any:
    """By type; the type `*` is everybody and stands alone."""
    found: dict[str, list[Any]] = {}
    for one in given:
        found.setdefault(str(one["type"]), []).extend(one.get("identifiers") or ())
    if "*" in found:
        return "*"
    return {kind: _texts(identifiers) for kind, identifiers in sorted(found.items())}


def _conditions(given: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """By operator and variable; values keep their order, and the same variable named twice adds up."""
    found: dict[str, dict[str, list[str]]] = {}
    for one in given:
        values = found.setdefault(one["test"], {}).setdefault(one["variable"], [])
        values.extend(_variables(value) for value in one.get("values") or ())
    return {
        test: {name: values[0] if len(values) == 1 else values for name, values in sorted(variables.items())}
        for test, variables in sorted(found.items())
    }


INVOKES: Final = (Invoke("aws:iam/getPolicyDocument:getPolicyDocument", get_policy_document),)
