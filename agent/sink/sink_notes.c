#include "sink_notes.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "digest.h"
#include "file.h"
#include "log.h"

/* Alone with it until it is closed. -1: errno. */
static int open_notes(const char *dir, int flags)
{
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof path, "%s/notes", dir);
	fd = open(path, flags | O_CLOEXEC | O_NOFOLLOW, 0600);
	while (fd >= 0 && flock(fd, LOCK_EX) != 0) {
		if (errno == EINTR)
			continue;
		close(fd);
		return -1;
	}
	return fd;
}

/* The agent reads and empties what root may have made. */
static bool give_to_agent(int fd, const char *dir)
{
	struct stat st;

	return geteuid() != 0 || (stat(dir, &st) == 0 && fchown(fd, st.st_uid, st.st_gid) == 0);
}

enum rc sink_note_pruned(const char *state_dir, const char *session, int part, const char *sha256, struct why *why)
{
	char dir[PATH_MAX - 16], line[256], hex[17], time[CLOCK_TEXT];
	int fd, n;
	bool kept;

	snprintf(dir, sizeof dir, "%s/events", state_dir);
	fd = open_notes(dir, O_WRONLY | O_CREAT | O_APPEND);
	if (fd < 0)
		return errno == ENOENT ? RC_OK : why_set(why, RC_IO, "%s/notes: %s", dir, strerror(errno));
	/* the line before it may be one that a kill tore */
	random_hex(8, hex);
	n = snprintf(line, sizeof line, "\npruned %.64s %d %.64s %s %s\n", session, part, sha256, clock_text_us(clock_wall_ns(), time), hex);
	kept = give_to_agent(fd, dir) && fd_write_all(fd, line, (size_t)n) == RC_OK && fsync(fd) == 0 && dir_sync(dir) == RC_OK;
	if (!kept)
		why_set(why, RC_IO, "%s/notes: %s", dir, strerror(errno));
	close(fd);
	return kept ? RC_OK : RC_IO;
}

static bool tell_line(const char *line, const char *agent, audit_fn *fn, void *arg)
{
	char session[65], sha256[65], time[65], hex[17], end;
	struct audit_session about = {.agent = agent, .version = PHIGATE_VERSION, .id = session};
	struct audit_event e = {.kind = AUDIT_PRUNED, .session = &about, .agent = agent, .version = PHIGATE_VERSION, .sha256 = sha256};

	if (sscanf(line, "pruned %64[A-Za-z0-9-] %d %64[0-9a-f] %64s %16[0-9a-f]%c", session, &about.part, sha256, time, hex, &end) != 6 || end != '\n' ||
	    clock_parse(slice_str(time), &e.wall_ns) != RC_OK)
		return false;
	snprintf(e.id, sizeof e.id, "live.%s", hex);
	fn(arg, &e);
	return true;
}

enum rc sink_notes_tell(const char *dir, const char *agent, audit_fn *fn, enum rc (*sync)(void *arg), void *arg)
{
	int fd = open_notes(dir, O_RDWR);
	FILE *notes = fd >= 0 ? fdopen(fd, "r+") : NULL;
	char line[256];
	bool any = false;
	enum rc rc = RC_OK;

	if (!notes) {
		rc = fd < 0 && errno == ENOENT ? RC_OK : RC_IO;
		if (fd >= 0)
			close(fd);
		return rc;
	}
	while (fgets(line, sizeof line, notes)) {
		any = true;
		if (strcmp(line, "\n") != 0 && !tell_line(line, agent, fn, arg))
			log_warn("note_not_read", L_TEXT("path", dir));          /* a kill tore it */
	}
	if (ferror(notes))
		rc = RC_IO;
	if (rc == RC_OK && any)
		rc = sync(arg);
	if (rc == RC_OK && any && (ftruncate(fd, 0) != 0 || fsync(fd) != 0))
		rc = RC_IO;
	fclose(notes);
	return rc;
}
