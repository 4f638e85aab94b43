"""Hand out a published survey: links, QR codes, posters, words, who may answer and who asks."""
