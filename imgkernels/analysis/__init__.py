"""What a kernel is and does: design one, follow a pixel, prove a range, name what was found."""
