"""Placeholders in configuration: what they look like, where they stand, what is wrong with them.

Two generations are read, in any mix and several in one string:

    first    {{ENV:key}}  {{RUNTIME:<stack>:<output>}}  {{AWS:route53:hostedZone:<domain>}}
             {{AWS:acm:certificate:<domain>}}  {{SECRET:<name>}}  {{RUNTIME:aws:<query>:...}}
             {{RUNTIME:calculate:<what>:...}}  {{RUNTIME:env:CLOUD_VAR_<NAME>}}
    second   ${<stack>.<output>}  ${stack.<stack>.<output>}  ${aws.<query>...}  ${calculate.<what>...}
             ${env.CLOUD_VAR_<NAME>}  ${deployment.id|org|project|domain}
             or the same between {{ and }}

Types of the first generation are upper case, heads of the second lower case. A double opener stands for itself:
`$${` is the text `${`, and `{{{{` is the text `{{`; closing braces need no escape. Keys of maps are never placeholders.
"""

from cloud_core.domain.placeholders.boundaries import (
    NO_BOUNDARIES,
    OWN_PREFIXES,
    PrefixTemplates,
    ValueBoundaries,
)
from cloud_core.domain.placeholders.expansion import (
    Problem,
    Reference,
    Text,
    Tree,
    environment_loops,
    expand,
    references,
    spelled,
)
from cloud_core.domain.placeholders.images import (
    ARCHITECTURES,
    DEFAULT_ARCHITECTURE,
    IMAGE_ALIASES,
    ImageAlias,
)
from cloud_core.domain.placeholders.model import (
    AwsQuery,
    Calculation,
    Placeholder,
    PlaceholderKind,
    PlaceholderProblem,
)
from cloud_core.domain.placeholders.search import check_placeholders, find_placeholders, may_hold_placeholders
from cloud_core.domain.placeholders.subnets import plan_subnets
from cloud_core.domain.placeholders.substitution import fill

__all__ = [
    "ARCHITECTURES",
    "AwsQuery",
    "Calculation",
    "DEFAULT_ARCHITECTURE",
    "IMAGE_ALIASES",
    "ImageAlias",
    "NO_BOUNDARIES",
    "OWN_PREFIXES",
    "Placeholder",
    "PlaceholderKind",
    "PlaceholderProblem",
    "PrefixTemplates",
    "Problem",
    "Reference",
    "Text",
    "Tree",
    "ValueBoundaries",
    "check_placeholders",
    "environment_loops",
    "expand",
    "fill",
    "find_placeholders",
    "may_hold_placeholders",
    "plan_subnets",
    "references",
    "spelled",
]
