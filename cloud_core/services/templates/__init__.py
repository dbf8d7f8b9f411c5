"""Deployment templates, stack templates, and the stacks that programs are there for."""
