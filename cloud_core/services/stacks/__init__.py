"""One stack in its turn: inputs, fingerprint, skip, preview, up, refresh, destroy, import."""
