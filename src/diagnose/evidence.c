/*
 * Reading what the checks look at. Everything that is a file goes through here, so that a directory can stand in for
 * the machine.
 */
#include "diagnose/evidence.h"

#include "base/cleanup.h"
#include "base/io.h"
#include "base/text.h"
#include "model/plan.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LINE_SIZE = 4096 };

bool mr_step_is_of(enum maproot_step step, const enum maproot_step *steps)
{
	for (; *steps != MAPROOT_STEP_NONE; steps++) {
		if (*steps == step)
			return true;
	}
	return false;
}

/* "mnt user", as mr_fail_created() writes it; nothing where there is another word. */
static unsigned int named_in(const char *object)
{
	unsigned int set = 0;

	while (*object != '\0') {
		size_t length = strcspn(object, " ");
		unsigned int type = 0;

		while (type < MAPROOT_NAMESPACE_COUNT && (strlen(maproot_namespace_name(type)) != length ||
							  strncmp(maproot_namespace_name(type), object, length) != 0))
			type++;
		if (type == MAPROOT_NAMESPACE_COUNT)
			return 0;
		set |= MAPROOT_NAMESPACE_BIT(type);
		object += length + (object[length] == ' ');
	}
	return set;
}

static unsigned int refused_namespaces(const struct mr_evidence *evidence)
{
	unsigned int asked = evidence->request->namespaces;
	unsigned int named;

	if (evidence->err->step != MAPROOT_STEP_CREATE)
		return 0;
	named = named_in(evidence->err->object);
	if (named != 0)
		return named;
	if (!evidence->in_place && (asked & MR_FOR_CHILDREN) != 0)
		return asked & MR_FOR_CHILDREN;
	return asked | MAPROOT_NAMESPACE_BIT(MAPROOT_NAMESPACE_USER) | MAPROOT_NAMESPACE_BIT(MAPROOT_NAMESPACE_MNT);
}

void mr_evidence_collect(const struct maproot_error *err, const struct maproot_request *request, const char *root,
			 struct mr_evidence *ret_evidence)
{
	static const struct maproot_request nothing;

	*ret_evidence = (struct mr_evidence){
		.err = err,
		.request = request ? request : &nothing,
		.has_request = request,
		.root = root && strcmp(root, "/") != 0 ? root : "",
	};
	ret_evidence->in_place = ret_evidence->request->in_place || strcmp(err->object, "in place") == 0;
	ret_evidence->creates = refused_namespaces(ret_evidence);
}

static int full_path(const struct mr_evidence *evidence, const char *path, char full[PATH_MAX])
{
	struct mr_text text = mr_text_in(full, PATH_MAX);

	mr_text_add(&text, evidence->root);
	mr_text_add(&text, path);
	return mr_text_is_cut(&text) ? -ENAMETOOLONG : 0;
}

bool mr_evidence_exists(const struct mr_evidence *evidence, const char *path)
{
	char full[PATH_MAX];

	/* ns/user is a link to nowhere but in /proc: not to be followed. */
	return full_path(evidence, path, full) == 0 && faccessat(AT_FDCWD, full, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

int mr_evidence_open(const struct mr_evidence *evidence, const char *path)
{
	char full[PATH_MAX];
	int code = full_path(evidence, path, full);

	return code < 0 ? code : mr_open(full, O_RDONLY | O_NONBLOCK, 0);
}

int mr_evidence_read(const struct mr_evidence *evidence, const char *path, char *buffer, size_t size)
{
	mr_auto_fd int fd = mr_evidence_open(evidence, path);
	size_t length = 0;
	ssize_t got = fd;

	while (fd >= 0 && length < size - 1 && (got = mr_read(fd, buffer + length, size - 1 - length)) > 0)
		length += (size_t)got;
	if (got < 0)
		return (int)got;
	buffer[length] = '\0';
	if (length > 0 && buffer[length - 1] == '\n')
		buffer[length - 1] = '\0';
	return 0;
}

int mr_evidence_number(const struct mr_evidence *evidence, const char *path, uint64_t *ret_number)
{
	char text[64];
	const char *end;
	int code = mr_evidence_read(evidence, path, text, sizeof(text));

	if (code < 0)
		return code;
	if (strcmp(text, "max") == 0)
		return -ERANGE;
	return mr_text_read_number(text, &end, INT64_MAX, ret_number);
}

/* Lines out of a buffer that is filled again and again. */
struct reader {
	int fd;
	char buffer[LINE_SIZE];
	size_t length;
};

/* Hands on the whole lines that are in the buffer, and keeps the rest. False: enough. */
static bool hand_on(struct reader *reader, bool (*line)(void *, const char *), void *arg)
{
	char *start = reader->buffer;
	char *end;

	while ((end = memchr(start, '\n', reader->length - (size_t)(start - reader->buffer)))) {
		*end = '\0';
		if (!line(arg, start))
			return false;
		start = end + 1;
	}
	reader->length -= (size_t)(start - reader->buffer);
	memmove(reader->buffer, start, reader->length);
	if (reader->length == sizeof(reader->buffer))
		reader->length = 0;
	return true;
}

int mr_evidence_lines(const struct mr_evidence *evidence, const char *path, bool (*line)(void *arg, const char *line),
		      void *arg)
{
	struct reader reader = { .fd = mr_evidence_open(evidence, path) };
	mr_auto_fd int fd = reader.fd;
	ssize_t got;

	if (fd < 0)
		return fd;
	while ((got = mr_read(fd, reader.buffer + reader.length, sizeof(reader.buffer) - reader.length)) > 0) {
		reader.length += (size_t)got;
		if (!hand_on(&reader, line, arg))
			return 0;
	}
	return got < 0 ? (int)got : 0;
}

struct status_search {
	const char *name;
	char *value;
	size_t size;
	bool found;
};

static bool find_status(void *arg, const char *line)
{
	struct status_search *search = arg;
	size_t length = strlen(search->name);
	struct mr_text text = mr_text_in(search->value, search->size);

	if (strncmp(line, search->name, length) != 0 || line[length] != ':')
		return true;
	line += length + 1;
	mr_text_add(&text, line + strspn(line, " \t"));
	search->found = true;
	return false;
}

bool mr_evidence_status(const struct mr_evidence *evidence, const char *name, char *value, size_t size)
{
	struct status_search search = { name, value, size, false };

	return mr_evidence_lines(evidence, "/proc/self/status", find_status, &search) == 0 && search.found;
}

bool mr_list_has(const char *list, const char *word)
{
	size_t length = strlen(word);

	while (*list != '\0') {
		size_t item = strcspn(list, ",");

		if (item == length && strncmp(list, word, length) == 0)
			return true;
		list += item + (list[item] == ',');
	}
	return false;
}

/* Manager and the file that it leaves in every container. */
static const struct {
	const char *path;
	const char *name;
} marks[] = {
	{ "/var/run/secrets/kubernetes.io", "kubernetes" },
	{ "/run/secrets/kubernetes.io", "kubernetes" },
	{ "/run/.containerenv", "podman" },
	{ "/.dockerenv", "docker" },
	{ "/.flatpak-info", "flatpak" },
};

const char *mr_evidence_container(const struct mr_evidence *evidence, char *buffer, size_t size)
{
	for (size_t at = 0; at < sizeof(marks) / sizeof(marks[0]); at++) {
		if (mr_evidence_exists(evidence, marks[at].path))
			return marks[at].name;
	}
	/* systemd's, of whoever started it: "lxc", "systemd-nspawn" */
	if (mr_evidence_read(evidence, "/run/systemd/container", buffer, size) == 0 && buffer[0] != '\0')
		return buffer;
	return NULL;
}

bool mr_evidence_is_outermost(const struct mr_evidence *evidence)
{
	enum { PROC_USER_INIT_INO = 0xEFFFFFFD }; /* <linux/proc_ns.h>; promised by the kernel */
	struct stat info;

	return mr_may_try(evidence) && stat("/proc/self/ns/user", &info) == 0 && info.st_ino == PROC_USER_INIT_INO;
}
