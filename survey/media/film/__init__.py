"""Films and sound in boxes (MP4, QuickTime, Matroska): what a device wrote is taken out."""
