"""Hand out a published survey: links, QR codes, posters, who may answer, and by which code."""
