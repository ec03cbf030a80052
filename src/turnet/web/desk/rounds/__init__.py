"""By which rounds visits are written about, and what each would cost."""
