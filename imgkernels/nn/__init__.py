"""Layers, models, data and the view inside, on the engine of the filters."""
