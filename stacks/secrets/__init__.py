"""The applications' secrets in Secrets Manager, and the policy to read them."""
