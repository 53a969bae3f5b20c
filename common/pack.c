#include "pack.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "encode.h"
#include "json.h"
#include "pack_private.h"
#include "tarfile.h"

static const struct {
	const char *name;
	uint64_t max;                            /* the most that an honest one has */
} FILES[PACK_FILES] = {
	[PACK_ABOUT] = {"pack.json", PACK_ABOUT_MAX}, [PACK_SESSIONS] = {"sessions.jsonl", UINT64_MAX},
	[PACK_APPROVALS] = {"approvals.jsonl", UINT64_MAX}, [PACK_EMERGENCIES] = {"emergencies.jsonl", UINT64_MAX},
	[PACK_REVIEWS] = {"reviews.jsonl", UINT64_MAX}, [PACK_CHANGES] = {"changes.jsonl", UINT64_MAX},
	[PACK_LEDGER] = {"ledger.json", PACK_ABOUT_MAX}, [PACK_CHECKPOINT] = {"ledger.checkpoint", PACK_ABOUT_MAX},
	[PACK_LEAVES] = {"ledger.jsonl", UINT64_MAX}, [PACK_RESULTS] = {"results.jsonl", UINT64_MAX},
	[PACK_BUNDLES] = {"bundles.sha256", UINT64_MAX}, [PACK_INDEX] = {"index.md", UINT64_MAX}, [PACK_PAGE] = {"index.html", UINT64_MAX},
	[PACK_SUMS] = {"SHA256SUMS", 8 << 10}, [PACK_SIG] = {"SHA256SUMS.sig", 8 << 10},
};

const char *pack_name(enum pack_file file)
{
	return FILES[file].name;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(FILES[*(const int *)a].name, FILES[*(const int *)b].name);
}

enum rc pack_sums(unsigned char sums[PACK_SUMMED][SHA256_LEN], struct buf *out)
{
	int order[PACK_SUMMED];

	for (int i = 0; i < PACK_SUMMED; i++)
		order[i] = i;
	qsort(order, PACK_SUMMED, sizeof *order, by_name);
	for (int i = 0; i < PACK_SUMMED; i++) {
		char hex[SHA256_HEX];

		hex_encode(sums[order[i]], SHA256_LEN, hex);
		buf_printf(out, "%s  %s\n", hex, FILES[order[i]].name);
	}
	return out->rc;
}

/* ---- opening --------------------------------------------------------------------------------------------------------------- */

struct table {
	struct pack *p;
	int next;                                /* the first that may come */
};

/* "SESSION.PART.tar" */
static bool is_bundle(const char *name, struct pack_inside *out)
{
	size_t id = strspn(name, "0123456789ABCDEFGHJKMNPQRSTVWXYZ"), part;

	if (id != 26 || name[id] != '.')
		return false;
	part = strspn(name + id + 1, "0123456789");
	if (!part || part > 7 || strcmp(name + id + 1 + part, ".tar") != 0)
		return false;
	snprintf(out->session, sizeof out->session, "%.26s", name);
	snprintf(out->part, sizeof out->part, "%.*s", (int)part, name + id + 1);
	return true;
}

static enum rc add_inside(struct pack *p, const struct pack_inside *one)
{
	if (p->n_inside == p->inside_cap) {
		size_t cap = p->inside_cap ? 2 * p->inside_cap : 64;
		struct pack_inside *more = realloc(p->inside, cap * sizeof *more);

		if (!more)
			return RC_NOMEM;
		p->inside = more;
		p->inside_cap = cap;
	}
	p->inside[p->n_inside++] = *one;
	return RC_OK;
}

static enum rc on_member(void *arg, const struct tar_member *found, struct extent where, struct why *why)
{
	struct pack_inside inside = {.where = where};
	struct table *t = arg;

	if (t->next == PACK_AGENTS && t->p->whole && is_bundle(found->name, &inside))
		return add_inside(t->p, &inside);
	if (t->next == (t->p->whole ? PACK_FILES : PACK_AGENTS))
		return why_set(why, RC_BAD, "members: %s does not belong there", found->name);
	if (strcmp(found->name, FILES[t->next].name) != 0)
		return why_set(why, RC_BAD, "members: %s stands where %s must be", found->name, FILES[t->next].name);
	if (found->size > FILES[t->next].max)
		return why_set(why, RC_BAD, "members: %s is larger than any that is honest", found->name);
	t->p->files[t->next++] = where;
	return RC_OK;
}

static enum rc sum_files(struct pack *p, struct why *why)
{
	enum rc rc = RC_OK;

	for (int i = 0; i < (p->whole ? PACK_FILES : PACK_AGENTS) && rc == RC_OK; i++) {
		struct member_reader r;

		rc = member_open(&r, p->fd, p->files[i]);
		if (rc == RC_OK)
			rc = member_sum(&r, p->sums[i]);
	}
	return rc == RC_OK ? rc : why_set(why, rc, "it cannot be read");
}

static enum rc read_about(struct pack *p, struct why *why)
{
	struct buf text;
	char *room;
	enum rc rc;

	buf_init(&text, PACK_ABOUT_MAX);
	room = buf_room(&text, (size_t)p->files[PACK_ABOUT].size + 1);
	rc = room ? tarfile_read(p->fd, room, (size_t)p->files[PACK_ABOUT].size, p->files[PACK_ABOUT].off) : RC_NOMEM;
	if (rc == RC_OK) {
		buf_added(&text, (size_t)p->files[PACK_ABOUT].size);
		p->about = json_parse(buf_slice(&text));
		if (!cJSON_IsObject(p->about) || !json_object(p->about, "agent") || !json_text(json_object(p->about, "agent"), "name"))
			rc = why_set(why, RC_BAD, "members: pack.json is not what an agent writes");
	}
	buf_free(&text);
	return rc == RC_END ? RC_IO : rc;
}

enum rc pack_open(const char *path, bool whole, struct pack **out, struct why *why)
{
	struct pack *p = calloc(1, sizeof *p);
	struct table table = {.p = p};
	struct stat st;
	enum rc rc;

	*out = NULL;
	if (!p)
		return RC_NOMEM;
	p->whole = whole;
	p->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (p->fd < 0 || fstat(p->fd, &st) != 0) {
		rc = why_set(why, errno == ENOENT ? RC_NOT_FOUND : errno == EACCES ? RC_DENIED : RC_IO, "%s: %s", path, strerror(errno));
		goto out;
	}
	rc = S_ISREG(st.st_mode) ? tarfile_walk(p->fd, (uint64_t)st.st_size, on_member, &table, why) :
		why_set(why, RC_BAD, "archive: it is no file");
	if (rc == RC_OK && table.next < (whole ? PACK_FILES : PACK_AGENTS))
		rc = why_set(why, RC_BAD, "members: %s is missing", FILES[table.next].name);
	if (rc == RC_OK)
		rc = sum_files(p, why);
	if (rc == RC_OK)
		rc = read_about(p, why);
out:
	if (rc == RC_OK)
		*out = p;
	else
		pack_free(p);
	return rc;
}

void pack_free(struct pack *p)
{
	if (!p)
		return;
	if (p->fd >= 0)
		close(p->fd);
	cJSON_Delete(p->about);
	free(p->inside);
	free(p);
}

bool pack_looks_like(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	const char *first = FILES[PACK_ABOUT].name;
	char name[16] = "";
	bool is = fd >= 0 && tarfile_read(fd, name, sizeof name, 0) == RC_OK && memcmp(name, first, strlen(first) + 1) == 0;

	if (fd >= 0)
		close(fd);
	return is;
}

const cJSON *pack_about(const struct pack *p)
{
	return p->about;
}

const char *pack_signer(const struct pack *p)
{
	return p->signer;
}

struct extent pack_extent(const struct pack *p, enum pack_file file)
{
	return p->files[file];
}

int pack_fd(const struct pack *p)
{
	return p->fd;
}

void pack_sum(const struct pack *p, enum pack_file file, unsigned char out[SHA256_LEN])
{
	memcpy(out, p->sums[file], SHA256_LEN);
}

/* ---- rows ------------------------------------------------------------------------------------------------------------------ */

static enum rc one_row(struct slice line, enum pack_file file, uint64_t number, pack_on_row *on_row, void *arg, struct why *why)
{
	cJSON *row = json_parse(line);
	enum rc rc = cJSON_IsObject(row) ? on_row(arg, row, why) :
		why_set(why, RC_BAD, "%s, line %llu: it is no JSON object", FILES[file].name, (unsigned long long)number);

	cJSON_Delete(row);
	return rc;
}

enum rc pack_rows(const struct pack *p, enum pack_file file, pack_on_row *on_row, void *arg, struct why *why)
{
	struct member_reader r;
	struct slice piece;
	struct buf line;
	uint64_t number = 0;
	enum rc rc = member_open(&r, p->fd, p->files[file]);

	buf_init(&line, PACK_LINE_MAX);
	while (rc == RC_OK && (rc = member_piece(&r, PACK_LINE_MAX, &piece)) == RC_OK) {
		while (piece.n && rc == RC_OK) {
			const char *end = memchr(piece.p, '\n', piece.n);
			size_t n = end ? (size_t)(end - piece.p) + 1 : piece.n;

			if (buf_add(&line, piece.p, n) != RC_OK)
				rc = line.rc == RC_TOO_BIG ? why_set(why, RC_BAD, "%s: a line is too long", FILES[file].name) : line.rc;
			else if (end)
				rc = one_row(buf_slice(&line), file, ++number, on_row, arg, why);
			if (end)
				buf_clear(&line);
			piece = (struct slice){piece.p + n, piece.n - n};
		}
	}
	if (rc == RC_END)
		rc = line.len ? why_set(why, RC_BAD, "%s: its last line is cut", FILES[file].name) : RC_OK;
	else if (rc == RC_IO)
		why_set(why, rc, "it cannot be read");
	member_close(&r);
	buf_free(&line);
	return rc;
}
