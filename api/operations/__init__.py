"""What pages, JSON, commands and jobs share: answers, cases, exports, imports and rights."""
