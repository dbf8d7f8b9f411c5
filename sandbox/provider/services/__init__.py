"""The types: one file per AWS service (a large one has a file per family). Each lists its `RESOURCES` and `GAPS`."""
