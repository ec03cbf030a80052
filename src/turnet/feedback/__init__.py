"""How patients felt met: asked once after a visit, counted, and called back."""
