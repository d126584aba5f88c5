"""A whole data package whose truth is known, made of the answers of ``analysis.simulate``."""
