"""The public application: a load balancer with TLS, and the services on Fargate that it leads to."""
