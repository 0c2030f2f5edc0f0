/*
 * The command that every contender runs: ends at once with status 0. Static, so that what is timed is the
 * wrapper and not the dynamic loader of the command.
 */
int main(void)
{
	return 0;
}
