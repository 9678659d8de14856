"""Other protocols: W3C Web Annotation and Hypothesis."""
