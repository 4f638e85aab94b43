"""Operations of scrutiny panels."""
