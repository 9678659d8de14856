"""Line two editions up: which provision became which, with a verdict on each."""
