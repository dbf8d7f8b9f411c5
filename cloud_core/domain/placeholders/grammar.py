"""From the body between the braces to a placeholder: the first word chooses among the forms."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final, NoReturn

from cloud_core.domain.placeholders import forms
from cloud_core.domain.placeholders.model import AwsQuery, Placeholder
from cloud_core.domain.placeholders.rules import Handler, choose, fail

_TEMPLATE_VARIABLE: Final = re.compile(r"[A-Z][A-Z0-9_]*")


def parse(text: str, body: str) -> Placeholder:
    """The placeholder written as `text` with this trimmed body; MalformedPlaceholder tells what is wrong."""
    found = re.search(r"[.:]", body)
    if found is None:
        _refuse_bare(body, text)
    head, rest = body[: found.start()], body[found.end() :]
    if found.group() == ".":
        placeholder = _SECOND_GENERATION.get(head, forms.output_of(head))(rest, ".")
    elif text.startswith("${"):
        fail(f"types with a colon stand between {{{{ and }}}}: write {{{{{body}}}}}; $${{ is a literal ${{")
    else:
        placeholder = choose(_FIRST_GENERATION, "type", head)(rest, ":")
    return replace(placeholder, text=text)


def _refuse_bare(body: str, text: str) -> NoReturn:
    escape = "$${ is a literal ${" if text.startswith("${") else "{{{{ is a literal {{"
    if not body:
        fail(f"there is nothing between the braces; {escape}")
    if _TEMPLATE_VARIABLE.fullmatch(body) and text.startswith("{{"):
        fail(f"{body} is a template variable: those are rendered by 'cloud init' and do not exist afterwards")
    fail(f"it names no type and no stack: write ${{<stack>.<output>}} or {{{{ENV:<key>}}}}; {escape}")


def _runtime(rest: str, separator: str) -> Placeholder:
    head, _sep, tail = rest.partition(separator)
    if head in _RUNTIME_WORDS:
        return _RUNTIME_WORDS[head](tail, separator)
    return forms.stack_output(head, tail)


_RUNTIME_WORDS: Final[Mapping[str, Handler]] = {
    "aws": forms.AWS_QUERIES,
    "calculate": forms.calculate,
    "env": forms.variable,
}
_FIRST_GENERATION: Final[Mapping[str, Handler]] = {
    "ENV": forms.environment,
    "RUNTIME": _runtime,
    "AWS": forms.service(
        {
            "route53": forms.service({"hostedZone": forms.by_domain(AwsQuery.HOSTED_ZONE)}),
            "acm": forms.service({"certificate": forms.by_domain(AwsQuery.CERTIFICATE)}),
        }
    ),
    "SECRET": forms.secret,
}
_SECOND_GENERATION: Final[Mapping[str, Handler]] = {
    "aws": forms.AWS_QUERIES,
    "calculate": forms.calculate,
    "env": forms.variable,
    "stack": forms.explicit_stack,
    "deployment": forms.deployment,
}
