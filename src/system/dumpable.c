/*
 * One lock: shared by those who need the setting as it is, alone for one who changes it. Who waits for it waits at a
 * gate that lets nobody else in, as most kinds of lock prefer those who share, and a crowd of them would never let
 * anybody alone.
 */
#include "system/dumpable.h"

#include <pthread.h>
#include <sys/prctl.h>

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;

int mr_dumpable_hold(bool changes)
{
	(void)pthread_mutex_lock(&gate); /* these fail where this thread holds them, which it doesn't */
	if (changes)
		(void)pthread_rwlock_wrlock(&lock);
	else
		(void)pthread_rwlock_rdlock(&lock);
	(void)pthread_mutex_unlock(&gate);
	return prctl(PR_GET_DUMPABLE, 0, 0, 0, 0);
}

void mr_dumpable_release(bool changes, int former)
{
	/* Two can't be set, only be there. */
	if (changes && (former == 0 || former == 1))
		(void)prctl(PR_SET_DUMPABLE, former, 0, 0, 0);
	(void)pthread_rwlock_unlock(&lock);
}

void mr_dumpable_forget(void)
{
	static const pthread_mutex_t fresh_gate = PTHREAD_MUTEX_INITIALIZER;
	static const pthread_rwlock_t fresh_lock = PTHREAD_RWLOCK_INITIALIZER;

	gate = fresh_gate;
	lock = fresh_lock;
}
