/*
 * Ids that have no place in the user namespace of this process.
 */
#ifndef MR_DIAGNOSE_IDS_H
#define MR_DIAGNOSE_IDS_H

#include "diagnose/evidence.h"

enum mr_id_place {
	MR_ID_MAPPED,
	MR_ID_UNMAPPED,
	MR_ID_UNCLEAR, /* the number that stands for all that are not is itself mapped, or the map is out of sight */
};

/* Of an id that a system call has given. */
enum mr_id_place mr_id_is_mapped(const struct mr_evidence *evidence, enum maproot_id_kind kind, uint32_t id);

/* The first id from `id` up to `end` that is not mapped here; `end` where all are, or the map is out of sight. */
uint64_t mr_id_first_unmapped(const struct mr_evidence *evidence, enum maproot_id_kind kind, uint64_t id, uint64_t end);

#endif
