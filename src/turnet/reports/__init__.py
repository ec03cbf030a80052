"""What messages cost and what they save, against what the clinic was like before."""
