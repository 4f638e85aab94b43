"""The administrators' pages: accounts, the audit, and how the service is."""
