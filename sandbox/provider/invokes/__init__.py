"""The provider's functions; each file lists its `INVOKES`."""
