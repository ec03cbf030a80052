"""What patients write by SMS and a person has to look at, and what of ours did not reach them."""
