"""The pages of the working group and of administrators, by what they are about."""
