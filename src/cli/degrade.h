/*
 * "try": what was asked for is done without where it can't be had, and that is said.
 */
#ifndef MR_CLI_DEGRADE_H
#define MR_CLI_DEGRADE_H

#include "cli/options.h"

/*
 * After a failure that has left nothing: whether it was of something that was only to be tried. Then the options do without it
 * from now on, which was said in one line.
 */
bool degrade(struct options *options, const struct maproot_error *err);

#endif
