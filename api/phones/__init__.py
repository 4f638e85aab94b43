"""What phones of collectors ask and send: OpenRosa 1.0, as ODK Collect speaks it."""
