"""Manifests: made, read, edited, versioned, migrated; and the configuration in them."""
