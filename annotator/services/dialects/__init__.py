"""What other protocols ask of the site: W3C, Hypothesis, and our JSON views."""
