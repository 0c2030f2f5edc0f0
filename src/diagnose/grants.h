/*
 * Which subordinate ids are granted to this user, and what he is called.
 */
#ifndef MR_DIAGNOSE_GRANTS_H
#define MR_DIAGNOSE_GRANTS_H

#include "diagnose/evidence.h"

/* 0 with his name; -ENOENT where he has none; or -errno. */
int mr_find_user_name(const struct mr_evidence *evidence, char *name, size_t size);

/* 0 with the ranges as outer ids of `map`, which may be none; -ENOENT for none, or -errno. */
int mr_read_grants(const struct mr_evidence *evidence, enum maproot_id_kind kind, struct maproot_idmap *map);

#endif
