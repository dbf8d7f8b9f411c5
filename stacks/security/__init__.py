"""Security groups, the roles of containers and Kubernetes, and three encryption keys that the other stacks share."""
