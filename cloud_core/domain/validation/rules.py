"""The table of rules, in the order of their numbers within a level; V1 to V3 and V25 have places of their own.

V1 to V3 need no manifest yet (`structure`), V25 asks AWS and the engine (`services.validation`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from cloud_core.domain.validation import (
    config_rules,
    dependency_rules,
    dns_rules,
    placeholder_rules,
    schema_rules,
    unknown_keys,
)
from cloud_core.domain.validation.findings import Finding, Level
from cloud_core.domain.validation.subject import Subject


class Rule(NamedTuple):
    """`number` is the rule's own, or `+` for what goes beyond the numbered ones."""

    number: str
    level: Level
    check: Callable[[Subject], Iterator[Finding]]


RULES: Final = (
    Rule("V4", Level.SCHEMA, schema_rules.check_id),
    Rule("V5", Level.SCHEMA, schema_rules.check_names),
    Rule("+", Level.SCHEMA, schema_rules.check_domain),
    Rule("V6", Level.SCHEMA, schema_rules.check_template),
    Rule("V7", Level.SCHEMA, schema_rules.check_timestamps),
    Rule("V8", Level.SCHEMA, schema_rules.check_environments),
    Rule("V9", Level.SCHEMA, schema_rules.check_accounts),
    Rule("V9", Level.SCHEMA, schema_rules.check_regions),
    Rule("V10", Level.SCHEMA, schema_rules.check_priorities),
    Rule("V10", Level.SCHEMA, schema_rules.check_stack_names),
    Rule("+", Level.SCHEMA, unknown_keys.check_unknown_keys),
    Rule("+", Level.SCHEMA, schema_rules.check_shared_account),
    Rule("V11", Level.DEPENDENCIES, dependency_rules.check_template_stacks),
    Rule("V12", Level.DEPENDENCIES, dependency_rules.check_missing_dependencies),
    Rule("V13", Level.DEPENDENCIES, dependency_rules.check_disabled_dependencies),
    Rule("V14", Level.DEPENDENCIES, dependency_rules.check_cycles),
    Rule("V15", Level.DEPENDENCIES, dependency_rules.check_template_dependencies),
    Rule("V24", Level.DEPENDENCIES, dependency_rules.check_known_stacks),
    Rule("+", Level.DEPENDENCIES, dependency_rules.check_undeclared),
    Rule("V16", Level.CONFIG, placeholder_rules.check_grammar),
    Rule("V17", Level.CONFIG, placeholder_rules.check_references),
    Rule("+", Level.CONFIG, placeholder_rules.check_domain_is_there),
    Rule("V18", Level.CONFIG, placeholder_rules.check_env_keys),
    Rule("V19", Level.CONFIG, placeholder_rules.check_loops),
    Rule("V20", Level.CONFIG, placeholder_rules.check_outputs),
    Rule("V21", Level.CONFIG, config_rules.check_parameters),
    Rule("+", Level.CONFIG, config_rules.check_clear_secrets),
    Rule("+", Level.CONFIG, config_rules.check_unknown_parameters),
    Rule("+", Level.CONFIG, dns_rules.check_dns_names),
    Rule("V22", Level.CONFIG, config_rules.check_disabled_stacks),
    Rule("V23", Level.CONFIG, config_rules.check_lonely_stacks),
)
