"""The edge over HTTP: parse, one service call, answer. It starts without Pulumi, Prefect or AWS's library."""
