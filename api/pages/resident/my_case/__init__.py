"""The page of a case for its owner: status, messages, files, contact, erasing."""
