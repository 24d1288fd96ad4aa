"""What the operator fills in about customers, in words."""
