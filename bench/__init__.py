"""Measured comparisons. None of them is part of the product, and none passes or fails by a time."""
