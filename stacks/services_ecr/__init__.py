"""The deployment's image registry, for what runs on ECS and Kubernetes: base images and applications."""
