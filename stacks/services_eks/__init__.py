"""A managed Kubernetes cluster: control plane, nodes, the usual add-ons, and identities for pods."""
