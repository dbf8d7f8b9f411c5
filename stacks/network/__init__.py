"""The VPC that every other stack lives in: subnets in three tiers, egress, flow logs, endpoints."""
