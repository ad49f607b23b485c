"""What views share: the frame, controls, and a sheet to draw on."""
