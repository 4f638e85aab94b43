-- Wrong passphrases are counted in the memory of the process, by source too: counted by number alone
-- whoever knew a number could keep its owner out.
DROP TABLE case_attempts;
