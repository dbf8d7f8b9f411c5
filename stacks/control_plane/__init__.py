"""What the platform itself stands on in AWS. These are no product stacks: no template enables them."""
