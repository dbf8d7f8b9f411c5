"""The front door of the deployment's API: one gateway with sign-in checks, limits, logs and a name of its own."""
