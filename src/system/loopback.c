/*
 * The loopback interface of a network namespace, which is born down. netdevice(7)
 */
#include "system/furniture.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/io.h"

#include <errno.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

int mr_loopback_up(struct maproot_error *err)
{
	struct ifreq request = { .ifr_name = "lo" };
	mr_auto_fd int fd = mr_raise_fd(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));

	if (fd < 0)
		return mr_fail(err, -fd, MAPROOT_STEP_LOOPBACK, request.ifr_name);
	if (ioctl(fd, SIOCGIFFLAGS, &request) < 0)
		return mr_fail(err, errno, MAPROOT_STEP_LOOPBACK, request.ifr_name);
	request.ifr_flags |= IFF_UP;
	if (ioctl(fd, SIOCSIFFLAGS, &request) < 0)
		return mr_fail(err, errno, MAPROOT_STEP_LOOPBACK, request.ifr_name);
	return 0;
}
