"""Calculated values in the Deployments table: `PK=DEPLOYMENT#<id>`, `SK=CALC#<env>#<owner>#<digest of path and text>`.

A plain value is the attribute `text`; a secret is only there encrypted, as `ciphertext`.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any, Final

from boto3.dynamodb.conditions import Attr
from boto3.dynamodb.conditions import Key as KeyCondition

from cloud_core.adapters.dynamodb.errors import ConditionFailed
from cloud_core.adapters.dynamodb.keys import Key, key, partition
from cloud_core.adapters.dynamodb.paging import read_all
from cloud_core.adapters.dynamodb.table import Query, Table
from cloud_core.adapters.dynamodb.value_cipher import ValueCipher
from cloud_core.domain.values import SecretValue
from cloud_core.ports.values import Calculated, CalculationKey

CALCULATIONS: Final = "CALC#"


class DynamoCalculationStore:
    """`ports.values.CalculationStore` over the Deployments table."""

    def __init__(self, table: Table, cipher: ValueCipher) -> None:
        self._table = table
        self._cipher = cipher

    def get(self, key: CalculationKey) -> Calculated | None:
        item = self._table.get(_place(key))
        return None if item is None else self._value(item)

    def keep(self, key: CalculationKey, value: Calculated) -> Calculated:
        try:
            self._table.put(self._item(key, value), Attr("PK").not_exists())
        except ConditionFailed as failure:
            # The item comes with the refusal; without it (an older endpoint) it is read.
            item = failure.stored or self._table.get(_place(key))
            return value if item is None else self._value(item)
        return value

    def forget(self, deployment_id: str) -> int:
        place = KeyCondition("PK").eq(partition(deployment_id)) & KeyCondition("SK").begins_with(CALCULATIONS)
        items = read_all(self._table, Query(place))
        return sum(self._table.delete({"PK": item["PK"], "SK": item["SK"]}) for item in items)

    def _item(self, key: CalculationKey, value: Calculated) -> dict[str, Any]:
        place = {**_place(key), "calculation_path": key.path, "calculation": key.text}
        if isinstance(value, SecretValue):
            return place | {"ciphertext": self._cipher.encrypt(str(value.value))}
        return place | {"text": value}

    def _value(self, item: dict[str, Any]) -> Calculated:
        if "ciphertext" in item:
            return SecretValue(self._cipher.decrypt(item["ciphertext"]))
        return str(item["text"])


def _place(calculation: CalculationKey) -> Key:
    digest = hashlib.sha256(json.dumps([calculation.path, calculation.text]).encode()).hexdigest()
    return key(
        calculation.deployment_id,
        f"{CALCULATIONS}{calculation.environment.value}#{calculation.owner}#{digest[:32]}",
    )
