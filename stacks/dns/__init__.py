"""The hosted zone of the deployment's domain, and a validated certificate for the domain and all names below it."""
