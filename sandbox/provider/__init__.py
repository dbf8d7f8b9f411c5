"""The sandbox's `aws` provider: a real Pulumi resource provider over boto3, for the resource types of the stacks.

From the outside in: `__main__` and `control` (one process, an HTTP interface), `instances` (one gRPC server per
engine run), `servicer` (messages), `provider` (the steps), `checking`, `differences`, `lifecycle` and `rendering`
(what each step does for any type), `language` (the words that describe a type), `services/` (the types) and
`invokes/` (the functions). To add a type, describe it in the file of its AWS service and list it there.
"""
