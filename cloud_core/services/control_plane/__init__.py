"""The control plane: what is asked for it, and the engine's part of that, which runs in a process of its own."""
