"""Bodies of requests, and what answers have besides the shapes of `cloud_core.answers`."""
