/*
 * Text of others, for those who parse it, and for those who read it on a terminal.
 */
#ifndef MR_CLI_ESCAPE_H
#define MR_CLI_ESCAPE_H

/* On stdout, in quotes. Bytes that are no UTF-8 become U+FFFD each: any text comes out as a valid string. */
void escape_json(const char *text);

/*
 * On stdout as it is, but for what a terminal might obey or can't show: a "?" for each such byte or control
 * character.
 */
void escape_plain(const char *text);

#endif
