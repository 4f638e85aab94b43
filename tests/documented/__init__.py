"""Every command of the documents is typed as its reader types it."""
