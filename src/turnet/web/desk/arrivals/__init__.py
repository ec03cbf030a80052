"""How patients let us know that they are here, and what the clinic tells them around a visit."""
