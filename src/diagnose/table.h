/*
 * How the rows of the table of causes are written: lists of steps and of errno values, and steps that go together.
 */
#ifndef MR_DIAGNOSE_TABLE_H
#define MR_DIAGNOSE_TABLE_H

#include <errno.h>
#include <maproot/error.h>

#define STEPS(...)                             \
	(const enum maproot_step[])            \
	{                                      \
		__VA_ARGS__, MAPROOT_STEP_NONE \
	}
#define CODES(...)             \
	(const int[])          \
	{                      \
		__VA_ARGS__, 0 \
	}
#define S(name) MAPROOT_STEP_##name

#define MAPS      S(WRITE_UID_MAP), S(WRITE_GID_MAP), S(SETGROUPS_FILE)
#define MOUNTING  S(PROPAGATION), S(MOUNT), S(BIND), S(ROOT), S(MASK), S(READ_ONLY)
#define FURNISH   S(HOSTNAME), S(LOOPBACK), S(TIME), S(GROUPS), S(SET_UID), S(SET_GID), S(LACKING), S(CAPABILITIES)
#define PROCESSES S(CREATE), S(COMMAND), S(INIT), S(PREPARE), S(HELPER), S(PROGRAM), S(HOOK)
#define ON_DISK   S(RECORD), S(PIN), S(UNPIN), S(PROGRAM)
#define FILES     ON_DISK, S(OPEN), S(CHDIR), S(ROOT), S(BIND), S(FACTS), S(OPEN_NAMESPACE)
#define OF_PROC   MAPS, S(REEXEC), S(OPEN), S(FACTS), S(OPEN_NAMESPACE), S(TIME), S(INSPECT), S(NAME), S(NO_PROCESS)

#define FROM_FILE                                                                                                  \
	"grant it to the program: in /etc/apparmor.d/maproot, \"abi <abi/4.0>, include <tunables/global> profile " \
	"maproot %s "                                                                                              \
	"flags=(unconfined) { userns, }\"; then apparmor_parser -r /etc/apparmor.d/maproot"

#endif
