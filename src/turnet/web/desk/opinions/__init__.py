"""What patients said afterwards: the picture, the words, and who has called back."""
