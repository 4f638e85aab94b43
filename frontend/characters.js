// How many characters a text has for the server: one for an emoji, not two, and none for blanks at its ends.
export const countCharacters = (text) => [...text.normalize("NFC").replace(/\r\n/g, "\n").trim()].length;
