"""Runs this stack with the full Pulumi, without the platform: `pulumi preview` in this folder."""

from stacks.standalone import run

run("services-eks")
