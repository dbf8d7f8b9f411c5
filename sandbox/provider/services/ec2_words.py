"""What all of EC2's types have in common."""

from __future__ import annotations

from typing import Any

from sandbox.provider.errors import AwsRefused
from sandbox.provider.language import Output, Tags, call
from sandbox.provider.tagging import TagForm


def ec2_tags(resource_type: str) -> Tags:
    """EC2 tags everything by its id; `resource_type` is EC2's name of the type."""
    return Tags(
        add=call("create_tags", Resources=["$id"], Tags="$new_tags"),
        remove=call("delete_tags", Resources=["$id"], Tags="$gone_tags"),
        form=TagForm.EC2,
        resource_type=resource_type,
    )


def arn(kind: str) -> Output:
    """The ARN of an object of this kind (`vpc`) in the run's account."""
    return Output("arn", text=f"arn:{{partition}}:ec2:{{region}}:{{account}}:{kind}/{{id}}")


def accepted(answer: Any, operation: str) -> Any:
    """The answer of a call on several objects, which tells its failures inside; AwsRefused for the first one."""
    for failure in answer.get("Unsuccessful") or ():
        code, text = failure["Error"]["Code"], failure["Error"]["Message"]
        raise AwsRefused(f"{code}: {text} ({operation})", aws_code=code, operation=operation)
    return answer
