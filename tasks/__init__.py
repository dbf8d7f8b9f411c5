"""Prefect tasks: policy, and one service call."""
