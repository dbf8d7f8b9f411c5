"""Whole operations: begun, guarded, approved, carried out, ended, retried, rolled back, found dead."""
