"""What happens in deployments, told over sockets while it happens."""
