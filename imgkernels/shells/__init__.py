"""What a person touches. Nothing here computes a pixel."""
