"""The values of a manifest's placeholders: looked up, calculated, put in."""
