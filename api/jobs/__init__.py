"""Work that waits: each job reads, computes, keeps."""
