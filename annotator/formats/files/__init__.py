"""Files of annotations: read any dialect piece by piece, and the envelope around an export."""
