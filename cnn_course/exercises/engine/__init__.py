"""How answers are read, judged, run and kept."""
