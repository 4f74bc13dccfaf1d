"""What a detection is: its folder, its metadata, its query; and hunting with detections."""
