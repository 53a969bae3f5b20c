#include "draft.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum rc draft_begin(struct draft *d, const char *path, struct why *why)
{
	enum rc rc;

	*d = (struct draft){.path = path, .fd = -1};
	buf_init(&d->name, 8192);
	rc = buf_printf(&d->name, "%s.part-XXXXXX", path);
	if (rc != RC_OK)
		return rc;
	d->fd = mkstemp(d->name.data);                   /* 0600 */
	return d->fd < 0 ? why_set(why, RC_IO, "%s: cannot write here: %s", path, strerror(errno)) : RC_OK;
}

enum rc draft_stream(struct draft *d, FILE **stream, struct why *why)
{
	*stream = d->stream = fdopen(d->fd, "w");
	return d->stream ? RC_OK : why_set(why, RC_IO, "%s: cannot write here: %s", d->path, strerror(errno));
}

enum rc draft_end(struct draft *d, enum rc rc, struct why *why)
{
	if (d->stream && fflush(d->stream) != 0 && rc == RC_OK)
		rc = why_set(why, RC_IO, "%s: %s", d->path, strerror(errno));
	if (d->fd >= 0 && rc == RC_OK && (fsync(d->fd) != 0 || rename(d->name.data, d->path) != 0))
		rc = why_set(why, RC_IO, "%s: %s", d->path, strerror(errno));
	if (d->stream)
		fclose(d->stream);
	else if (d->fd >= 0)
		close(d->fd);
	if (d->fd >= 0 && rc != RC_OK)
		unlink(d->name.data);
	buf_free(&d->name);
	d->fd = -1;
	d->stream = NULL;
	return rc;
}
