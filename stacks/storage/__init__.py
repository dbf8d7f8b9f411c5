"""The deployment's storage: buckets by what they are for, a shared file system, backups."""
