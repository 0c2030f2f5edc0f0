/*
 * struct maproot_attributes as data: checked against the request, read, and said. Pure.
 */
#ifndef MR_MODEL_ATTRIBUTES_H
#define MR_MODEL_ATTRIBUTES_H

#include "base/text.h"

#include <maproot/run.h>
#include <stdbool.h>

/*
 * Refuses what can't be done, or would be done to more than what is new: 0 or -EINVAL (step REQUEST). `created`: what the request
 * creates. NULL attributes are fine.
 */
int mr_attributes_check(const struct maproot_request *request, unsigned int created, struct maproot_error *err);

/* The same for one of request->mounts. */
int mr_mount_check(const struct maproot_mount *mount, struct maproot_error *err);

/* Whether they need a mount namespace of their own. */
bool mr_attributes_want_mounts(const struct maproot_attributes *attributes);

/* "RLIMIT_NOFILE"; "" for a number that is none. */
const char *mr_rlimit_name(int resource);

/* A kernel parameter from "NAME=VALUE". */
enum { MR_SYSCTL_SIZE = 256 };
struct mr_sysctl {
	char path[MR_SYSCTL_SIZE]; /* below /proc/sys */
	const char *value;         /* inside the text that was read */
	int namespace;             /* whose it is: enum maproot_namespace; -1: the machine's */
};

/* 0, or -EINVAL: no name that can lie below /proc/sys, or no value. */
int mr_sysctl_read(const char *text, struct mr_sysctl *ret_sysctl);

/* In words: a line a call of `say`, but a mount is text. Kernel parameters are said by who describes the plan. */
typedef void mr_say(const void *out, const char *key, const char *value);
void mr_mount_describe(const struct maproot_mount *mount, struct mr_text *text);
void mr_attributes_describe_mounts(const struct maproot_attributes *attributes, mr_say *say, const void *out);
void mr_attributes_describe(const struct maproot_attributes *attributes, mr_say *say, const void *out);

#endif
