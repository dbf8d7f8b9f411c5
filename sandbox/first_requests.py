"""What an account's or a service's first request costs.

By itself moto looks for a caller's access key in every partition of every account, and makes what it looks into: some
1500 managed policies each time, parsed anew. It also walks through all of botocore's folders for each service.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any


def look_only_where_keys_can_be() -> None:
    """Make moto look for a caller's account in what is there, and make nothing for it."""
    from moto.core.models import DEFAULT_ACCOUNT_ID
    from moto.iam import models

    def account_of(access_key: str) -> str:
        for account, partitions in list(models.iam_backends.items()):
            if any(access_key in backend.access_keys for backend in list(partitions.values())):
                return str(account)
        return DEFAULT_ACCOUNT_ID

    models.get_account_id_from = account_of


def parse_managed_policies_once() -> None:
    """Make accounts and partitions share the texts of AWS's own policies."""
    from moto.iam.models import AWSManagedPolicy, IAMBackend

    make: Any = AWSManagedPolicy
    backends: Any = IAMBackend

    def policies(backend: Any) -> list[Any]:
        account, region = backend.account_id, backend.region_name
        return [make(name, account_id=account, region=region, **given) for name, given in _managed_policies().items()]

    backends._init_aws_policies = policies


def find_service_models_once() -> None:
    """Make moto's services share one loader, which walks through botocore's folders once."""
    from moto.core import utils

    shared: Any = utils
    shared.create_loader = cache(shared.create_loader)


@cache
def _managed_policies() -> Mapping[str, Mapping[str, Any]]:
    """By name, as moto's own `AWSManagedPolicy.from_data` reads them."""
    from moto.iam.aws_managed_policies import aws_managed_policies_data
    from moto.settings import load_iam_aws_managed_policies

    known = json.loads(aws_managed_policies_data) if load_iam_aws_managed_policies() else {}
    return {
        name: {
            "default_version_id": data.get("DefaultVersionId"),
            "path": data.get("Path"),
            "document": json.dumps(data.get("Document")),
            "create_date": datetime.fromisoformat(data["CreateDate"]),
            "update_date": datetime.fromisoformat(data["UpdateDate"]),
        }
        for name, data in known.items()
    }
